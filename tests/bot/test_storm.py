"""A short storm on each messenger, with the bot killed in it; `make bench` has the long one."""

from __future__ import annotations

import pytest

from tests.messengers.storm import Plan, Storm


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["telegram", "vk"])
async def test_storm(platform: str, redis_program: str) -> None:
    """Every photo is answered by a picture though calls fail and the bot is killed; none twice on
    VK, on Telegram only where a reply was cut or the bot killed between; limits hold.
    """
    storm = await Storm.blow(Plan(platform, people=20, seconds=5, kills=1))
    assert [] == storm.missing
    assert 0 == storm.broken_limits
    if platform == "vk":
        assert {} == storm.doubles
    assert len(storm.doubles) <= storm.by_cut + storm.by_kill
    assert len(storm.standing) <= storm.cut["sendMessage"] + len(storm.killed)
    assert storm.faults > 0
    assert "Traceback" not in storm.log
