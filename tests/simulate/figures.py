"""What a simulated day says in figures, and whether the goals are met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tests.simulate.day import DAY, MORNING
from tests.simulate.world import Story, World

__all__ = ["DAWN", "DUSK", "TIERS", "Goal", "goals", "promises", "report", "span"]

TIERS = ("free", "plus", "pro", "staff")
DUSK = (23 - MORNING) * 3600.0
"""When the night falls; both in seconds since the morning."""
DAWN = float(DAY)
_STARVES = 3600.0
"""Seconds after which one who waits starves."""
_BY_NIGHT = 300.0
"""Seconds in which what is sent by night must begin, at p95."""
_KEPT = 0.8
_FINISHED = 0.99


@dataclass(frozen=True)
class Goal:
    """One that must be met."""

    name: str
    found: str
    met: bool


def span(seconds: float) -> str:
    """Seconds for people: 0.4 s, 12 s, 3.4 min, 1.2 h."""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3570 else f"{seconds / 3600:.1f} h"


def report(world: World) -> str:
    """All figures, in lines."""
    return "\n".join(
        [
            *_overview(world),
            "",
            *_by_tier(world),
            "",
            *_by_hour(world),
            "",
            *_promise(world),
        ]
    )


def goals(world: World) -> list[Goal]:
    """What the service owes its people on such a day."""
    stories = world.stories.values()
    lost = sum(story.endings != 1 for story in stories)
    undone = sum(story.ended is None for story in stories)
    now = [story for story in stories if not story.deferred]
    longest = max(story.wait for story in now)
    found = [
        Goal("everything accepted ended once", f"{lost} astray, {undone} failed", lost == 0),
        Goal("nobody starves: all begin within an hour", span(longest), longest < _STARVES),
    ]
    for name, some in (("all", now), *_tiers(now)):
        share = float(np.mean(promises(some))) if some else 1.0
        goal = f"promise within max(25 %, 5 s) for 80 %: {name}"
        found.append(Goal(goal, f"{share:.1%}", share >= _KEPT))
    night = _percentiles(story for story in now if DUSK <= story.wish.at < DAWN)
    found.append(
        Goal("sent by night, begun within 5 min at p95", span(night[1]), night[1] < _BY_NIGHT)
    )
    deferred = [story for story in stories if story.deferred and story.wish.at < DAWN]
    done = np.mean([(story.ended or np.inf) <= DAWN for story in deferred]) if deferred else 1.0
    goal = "deferred work done when the night ends, 99 %"
    return [*found, Goal(goal, f"{done:.2%} of {len(deferred)}", bool(done >= _FINISHED))]


def promises(stories: Iterable[Story]) -> list[bool]:
    """Whether each was done when it was promised to be."""
    return [
        story.ended is not None
        and abs(story.wish.at + story.promised - story.ended)
        <= max(0.25 * (story.ended - story.wish.at), 5.0)
        for story in stories
    ]


def _overview(world: World) -> list[str]:
    stories = list(world.stories.values())
    users = len({story.wish.user for story in stories})
    work = sum(story.work for story in stories)
    deferred = [story for story in stories if story.deferred]
    speed = sum(worker.speed for worker in world.crew)
    night = {
        name: sum(story.work for story in some if DUSK <= story.started < DAWN)
        for name, some in (("all", stories), ("deferred", deferred))
    }
    refused = ", ".join(f"{count} {code}" for code, count in sorted(world.refused.items()))
    return [
        f"{len(stories)} requests of {users} users, {work / 3600:.0f} h of work; "
        f"refused: {refused or 'none'}, of {len(world.turned_away)} users.",
        f"{len(world.crew)} workers as good as {speed:.2f} reference workers, "
        f"{speed * DAY / work:.2f} times the mean load; {world.deaths} deaths, "
        f"{sum(story.attempts - 1 for story in stories)} attempts too many.",
        f"Deferred: {len(deferred)} requests, "
        f"{sum(story.work for story in deferred) / work:.0%} of the work, "
        f"{_share(night['deferred'], sum(story.work for story in deferred))} of it done by night.",
        f"Done by night: {_share(night['all'], work)} of all work.",
    ]


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "nothing"


def _by_tier(world: World) -> list[str]:
    lines = [
        f"{'Wait until it begins':<24}{'jobs':>8}{'p50':>11}{'p95':>11}{'p99':>11}{'worst':>11}"
    ]
    now = [story for story in world.stories.values() if not story.deferred]
    single = [story for story in now if story.alone]
    rows = [("all", now), *_tiers(now), ("with nothing else there", single)]
    rows.append(("by morning", [story for story in world.stories.values() if story.deferred]))
    for name, some in rows:
        waits = [story.wait for story in some] or [0.0]
        figures = [*np.percentile(waits, [50, 95, 99]), max(waits)]
        lines.append(f"{name:<24}{len(some):>8}" + "".join(f"{span(f):>11}" for f in figures))
    return lines


def _by_hour(world: World) -> list[str]:
    lines = [
        f"{'Hour':<6}{'jobs':>6}  " + "".join(f"{f'{tier}: p50 p95 p99':^30}" for tier in TIERS)
    ]
    now = [story for story in world.stories.values() if not story.deferred]
    for hour in range(24):
        some = [story for story in now if int(story.wish.at // 3600) == hour]
        cells = ""
        for _, rows in _tiers(some):
            figures = _percentiles(rows) if rows else []
            cells += "".join(f"{span(f):>9}" for f in figures) + " " * (30 - 9 * len(figures))
        lines.append(f"{(hour + MORNING) % 24:02}:00 {len(some):>6}  {cells}".rstrip())
    return lines


def _promise(world: World) -> list[str]:
    lines = [
        f"{'Promised against found':<24}{'kept':>8}{'early':>8}{'late':>8}{'ratio p10 p50 p90':>24}"
    ]
    now = [story for story in world.stories.values() if not story.deferred and story.ended]
    for name, some in (("all", now), *_tiers(now)):
        if not some:
            continue
        kept = np.array(promises(some))
        took = np.array([(story.ended or 0.0) - story.wish.at for story in some])
        ratio = took / np.maximum([story.promised for story in some], 1e-3)
        early, late = (~kept & (ratio < 1)).mean(), (~kept & (ratio > 1)).mean()
        spread = "".join(f"{value:>8.2f}" for value in np.percentile(ratio, [10, 50, 90]))
        lines.append(f"{name:<24}{kept.mean():>8.1%}{early:>8.1%}{late:>8.1%}{spread}")
    return lines


def _tiers(stories: Iterable[Story]) -> list[tuple[str, list[Story]]]:
    stories = list(stories)
    return [(tier, [story for story in stories if story.wish.tier == tier]) for tier in TIERS]


def _percentiles(stories: Iterable[Story]) -> list[float]:
    waits = [story.wait for story in stories]
    return [float(value) for value in np.percentile(waits, [50, 95, 99])] if waits else [0.0] * 3
