"""Places are told seldom while they are far, and at every step when they are near."""

from __future__ import annotations

import pytest

from bot.core.places import is_news, rung
from tests.bot.conftest import DirectDoor, FakeFront, House, picture, running, until
from worker.jobs.model import Estimate


def test_rungs() -> None:
    """The ladder is the one that people asked for, and any place stands on or under a rung."""
    ladder = sorted({rung(place) for place in range(1, 48)})
    assert [1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 23, 29, 37, 47] == ladder
    assert all(place <= rung(place) < 1.34 * place + 1 for place in range(1, 100_000, 7))


@pytest.mark.parametrize(
    ("told", "now", "expected"),
    [
        ((12, 600), (12, 590), False),
        ((14, 600), (12, 500), False),
        ((14, 600), (11, 400), True),
        ((11, 600), (14, 700), False),
        ((3, 60), (2, 50), True),
        ((3, 600), (3, 301), False),
        ((3, 600), (3, 299), True),
        ((3, 300), (3, 600), True),
        ((1, 8), (1, 2), False),
        ((1, 8), (0, 0), True),
        ((0, 0), (0, 0), False),
        ((0, 0), (1, 5), True),
    ],
)
def test_news(told: tuple[int, float], now: tuple[int, float], expected: bool) -> None:
    """News is a lower rung, a beginning, and a time that is half or twice what was told."""
    told_then, stands = (Estimate(place=place, seconds=time) for place, time in (told, now))
    assert expected == is_news(told_then, stands)


async def test_only_rungs_are_told(house: House) -> None:
    """While sixteen places are climbed the chat hears of eleven."""
    front = FakeFront()
    await house.announce("swirl")
    for number in range(16):
        await DirectDoor(house, "en", f"u{number}").say("/swirl", [picture()])
    last = (await house.queue.jobs_of("fake:u15"))[0].job.id
    async with running(house.delivery(front, look=0.01).run()):
        for left in range(15, 0, -1):
            await house.finish(await house.claim())
            expected = [place for place in (14, 11, 9, *range(7, 0, -1)) if place >= left]
            await until(lambda expected=expected: expected == _places(front, last))
    assert [14, 11, 9, 7, 6, 5, 4, 3, 2, 1] == _places(front, last)


def _places(front: FakeFront, job: str) -> list[int]:
    return [reply.status.place for _, reply in front.sent if reply.slot == job and reply.status]
