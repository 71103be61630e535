"""A file of rules: which line is at fault, and that what it holds is put in force once."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.jobs.errors import BadSettings
from worker.jobs.memory import MemoryQueue
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Rules, read_rules
from worker.jobs.rules_file import read_rules_file

RULES = """\
zone = "Europe/Moscow"

[[nights]]
begins = "22:00"
ends = "07:00"

[[nights]]
begins = "12:00"  # a siesta
ends = "13:00"

[tiers.free]
daily = 100
effects = [
  "paint",
  "draw",
]
"""


def test_a_sound_file(tmp_path: Path) -> None:
    """What it does not name has the defaults."""
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    rules = read_rules_file(file).rules
    assert ("Europe/Moscow", 100) == (rules.zone, rules.tiers["free"].daily)
    assert ["22:00–07:00", "12:00–13:00"] == [str(night) for night in rules.nights]
    assert Rules().heavy == rules.heavy


@pytest.mark.parametrize(
    ("before", "after", "line", "fault"),
    [
        ("12:00", "06:59", 7, "The windows 22:00–07:00 and 06:59–13:00 overlap."),
        ("13:00", "13:00:30", 9, "nights.1: 13:00:30 must be hours and minutes alone."),
        ('ends = "13:00"', "", 7, "nights.1.ends: Field required."),
        ("13:00", "25:00", 9, "nights.1.ends: "),
        ("daily = 100", "dayly = 100", 12, "There is no field tiers.free.dayly; daily may be"),
        ("daily = 100", "daily = 1e9", 12, "tiers.free.daily: must be from 1 to 1000000, not 1"),
        ("daily = 100", "daily = 1\ndaily = 2", 13, "this is not TOML: "),
        ('"draw"', '"dr aw"', 15, "tiers.free.effects.1: "),
        (",\n]\n", "", 15, "this is not TOML: "),
        ("tiers.free", "tiers.fred", 11, "The tier 'free' is missing."),
        ("tiers.free", 'tiers."Fr ee"', 11, "tiers.Fr ee: "),
        ("zone", "version = 7\nzone", 1, "version: versions are counted, not given."),
        ("zone", "Zone", 1, "There is no field Zone; zone may be meant."),
    ],
)  # fmt: skip
def test_the_line_at_fault(tmp_path: Path, before: str, after: str, line: int, fault: str) -> None:
    """One sentence, which begins with file and line."""
    file = tmp_path / "rules.toml"
    assert before in RULES
    file.write_text(RULES.replace(before, after))
    with pytest.raises(BadSettings) as caught:
        read_rules_file(file)
    assert str(caught.value).startswith(f"{file}:{line}: {fault}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"zone = \xff"])
def test_an_unreadable_file(tmp_path: Path, content: bytes | None) -> None:
    """Missing or in another encoding: one sentence that names it."""
    file = tmp_path / "rules.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadSettings, match=r"^ATELIER_RULES: .*rules\.toml can't be read: "):
        read_rules_file(file)


async def test_rules_are_adopted_once(queue: MemoryQueue | RedisQueue) -> None:
    """The same source again changes nothing, though admins have changed the rules since; another
    does. Tiers that are not named stay.
    """
    office = queue.office
    tiers = Rules().model_dump()["tiers"]
    mine = read_rules({"zone": "Europe/Berlin", "tiers": tiers})
    assert await office.adopt(mine, source="one", who="file")
    changed = (await office.rules()).model_copy(update={"zone": "Asia/Tokyo"})
    await office.set_rules(changed, who="admin")
    assert not await office.adopt(mine, source="one", who="file")
    assert "Asia/Tokyo" == (await office.rules()).zone
    less = read_rules({"zone": "Europe/Berlin", "tiers": {"free": {"daily": 7}}})
    assert await office.adopt(less, source="two", who="file")
    rules = await office.rules()
    assert ("Europe/Berlin", 3, 7) == (rules.zone, rules.version, rules.tiers["free"].daily)
    assert mine.tiers["plus"] == rules.tiers["plus"]
    assert ["file", "admin", "file"] == [change.who for change in await office.changes()]
