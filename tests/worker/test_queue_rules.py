"""The policy's document: its hours, its bounds, and what is said of a faulty one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from worker.jobs.errors import BadRules
from worker.jobs.rules import Calendar, Rules, read_rules

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(*windows: tuple[str, str]) -> Rules:
    """Rules whose nights are these windows of Berlin."""
    nights = [{"begins": begins, "ends": ends} for begins, ends in windows]
    return read_rules({"zone": "Europe/Berlin", "nights": nights})


def at(*when: int, fold: int = 0) -> float:
    """Unix seconds of a local time in Berlin."""
    return datetime(*when, tzinfo=BERLIN, fold=fold).timestamp()  # type: ignore[misc, arg-type]


def test_a_night_over_midnight() -> None:
    """The first second is night, the last is not; before and after midnight are one window."""
    rules = berlin(("22:00", "06:30"))
    assert not rules.is_night(at(2026, 7, 1, 21, 59, 59))
    assert rules.is_night(at(2026, 7, 1, 22, 0))
    assert rules.is_night(at(2026, 7, 2, 0, 0))
    assert rules.is_night(at(2026, 7, 2, 6, 29, 59))
    assert not rules.is_night(at(2026, 7, 2, 6, 30))
    assert at(2026, 7, 2, 6, 30) == rules.next_change(at(2026, 7, 1, 23, 0))
    assert at(2026, 7, 2, 22, 0) == rules.next_change(at(2026, 7, 2, 6, 30))


def test_the_night_clocks_go_forward_is_an_hour_shorter() -> None:
    """On 29 March 2026 the hour from 2 to 3 is missing."""
    rules = berlin(("22:00", "06:00"))
    begins, ends = at(2026, 3, 28, 22, 0), at(2026, 3, 29, 6, 0)
    assert 7 * 3600 == ends - begins
    assert (begins, ends) == (rules.next_change(begins - 1), rules.next_change(begins))
    assert rules.is_night(ends - 1)
    assert not rules.is_night(ends)


def test_the_night_clocks_go_back_is_an_hour_longer() -> None:
    """On 25 October 2026 the hour from 2 to 3 comes twice, and both are night."""
    rules = berlin(("22:00", "06:00"))
    begins, ends = at(2026, 10, 24, 22, 0), at(2026, 10, 25, 6, 0)
    assert 9 * 3600 == ends - begins
    assert ends == rules.next_change(begins)
    assert all(rules.is_night(at(2026, 10, 25, 2, 30, fold=fold)) for fold in (0, 1))


def test_edges_inside_the_missing_hour() -> None:
    """An edge that the clock leaps over is the moment of the leap; a window in it is no window."""
    leap = at(2026, 3, 29, 3, 0)
    rules = berlin(("01:00", "02:30"))
    assert leap == rules.next_change(at(2026, 3, 29, 1, 0))
    rules = berlin(("02:30", "05:00"))
    assert leap == rules.next_change(at(2026, 3, 29, 1, 0))
    rules = berlin(("02:10", "02:50"))
    assert at(2026, 3, 30, 2, 10) == rules.next_change(at(2026, 3, 29, 1, 0))


def test_edges_inside_the_doubled_hour() -> None:
    """Of an hour that comes twice the first one counts, so that no night falls twice."""
    rules = berlin(("23:00", "02:30"))
    assert at(2026, 10, 25, 2, 30, fold=0) == rules.next_change(at(2026, 10, 25, 1, 0))
    assert not rules.is_night(at(2026, 10, 25, 2, 15, fold=1))


def test_windows_that_touch_are_one() -> None:
    """No change is told between two windows without a gap; without windows there is none ever."""
    rules = berlin(("20:00", "23:00"), ("23:00", "01:00"))
    assert at(2026, 7, 2, 1, 0) == rules.next_change(at(2026, 7, 1, 21, 0))
    assert berlin().next_change(at(2026, 7, 1, 21, 0)) is None
    always = berlin(("00:00", "12:00"), ("12:00", "00:00"))
    assert always.is_night(at(2026, 7, 1, 12, 0))
    assert always.next_change(at(2026, 7, 1, 12, 0)) is None


def test_remembered_weights_follow_the_clock() -> None:
    """The weights at hand change with the window, forth and back."""
    calendar = Calendar(read_rules({"tiers": {"free": {"day": 1, "night": 5}}}))
    night = datetime(2026, 7, 1, 23, 0, tzinfo=ZoneInfo("UTC")).timestamp()
    whens = [night - 1, night, night - 1, night + 8 * 3600 - 1, night + 8 * 3600]
    assert [1, 5, 1, 5, 1] == [calendar.weights(when)["free"] for when in whens]


def test_days_are_the_zones_own() -> None:
    """A day ends at local midnight, also when clocks make it an hour shorter or longer."""
    calendar = Calendar(berlin())
    for day, hours in ((28, 24), (29, 23), (30, 24)):
        noon, midnight = at(2026, 3, day, 12), at(2026, 3, day)
        assert (calendar.date(noon)[0], midnight + hours * 3600) == calendar.date(midnight)
        assert calendar.date(midnight)[0] == calendar.date(midnight - 1)[0] + 1
    assert at(2026, 10, 25) + 25 * 3600 == calendar.date(at(2026, 10, 25))[1]


def test_rules_survive_json() -> None:
    """What is stored is what is read."""
    rules = berlin(("22:00", "06:30"))
    assert rules == Rules.model_validate_json(rules.model_dump_json())


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"zone": "Mars/Olympus"}, "There is no time zone 'Mars/Olympus'."),
    ({"zone": "../etc/passwd"}, "There is no time zone '../etc/passwd'."),
    (
        {"nights": [{"begins": "22:00", "ends": "22:00"}]},
        "nights.0: the window 22:00–22:00 is empty.",
    ),
    (
        {"nights": [{"begins": "22:00", "ends": "06:00"}, {"begins": "05:00", "ends": "07:00"}]},
        "The windows 22:00–06:00 and 05:00–07:00 overlap.",
    ),
    (
        {"nights": [{"begins": "01:00", "ends": "03:00"}, {"begins": "02:00", "ends": "04:00"}]},
        "The windows 01:00–03:00 and 02:00–04:00 overlap.",
    ),
    (
        {"nights": [{"begins": "01:00", "ends": "03:00"}, {"begins": "01:00", "ends": "03:00"}]},
        "The windows 01:00–03:00 and 01:00–03:00 overlap.",
    ),
    ({"tiers": {"plus": {}}}, "The tier 'free' is missing."),
    ({"tiers": {"free": {"day": 0}}}, "tiers.free.day: must be from 1 to 1000, not 0."),
    ({"tiers": {"free": {"waiting": -5}}}, "tiers.free.waiting: must be from 1 to 100000, not -5."),
    (
        {"tiers": {"free": {"running": 10**9}}},
        "tiers.free.running: must be from 1 to 1000, not 1000000000.",
    ),
    (
        {"tiers": {"free": {"runing": 2}}},
        "There is no field tiers.free.runing; running may be meant.",
    ),
    ({"longest": -1}, "longest: must be from 1 to 1000000, not -1."),
    ({"version": -1}, "version: Input should be greater than or equal to 0."),
    ({"tier": {}}, "There is no field tier; tiers may be meant."),
    ({"tiers": {"free": {"side": 7}}}, "tiers.free.side: must be from 64 to 16384, not 7."),
    (
        {"tiers": {"free": {"side": 900, "night_side": 800}}},
        "tiers.free: night_side, 800, must not be less than side, 900.",
    ),
    (
        {"tiers": {"free": {"night_steps": 800}}},
        "tiers.free: night_steps, 800, must not be less than steps, open.",
    ),
    ({"heavy": 0}, "heavy: must be from 1 to 86400, not 0."),
    ({"version": -1}, "version: Input should be greater than or equal to 0."),
]  # fmt: skip


@pytest.mark.parametrize(("document", "sentence"), FAULTS)
def test_a_fault_is_one_sentence(document: dict[str, Any], sentence: str) -> None:
    """Whatever is wrong with a policy is named where it stands, with what is allowed."""
    with pytest.raises(BadRules) as caught:
        read_rules(document)
    assert sentence == str(caught.value)
