"""When a place in the queue is worth a new message: seldom while it is far, often at the end."""

from __future__ import annotations

from worker.jobs.model import Estimate

__all__ = ["is_news", "rung"]

_FACTOR = 2.0
_LEAST = 10.0


def rung(place: int) -> int:
    """The smallest of 1–7, 9, 11, 14, 18, 23, 29, 37 … that is not below `place`."""
    found = 1
    while found < place:
        found += max(1, 2 * found // 7)
    return found


def is_news(told: Estimate, now: Estimate) -> bool:
    """Whether to tell `now` to who heard `told`: the place has fallen to the next rung, work has
    begun or the job waits again, or the time has halved or doubled (by 10 s or more).
    """
    if (told.place == 0) != (now.place == 0):
        return True
    if rung(now.place) < rung(told.place):
        return True
    low, high = sorted((told.seconds, now.seconds))
    return now.place > 0 and high >= _FACTOR * low and high - low >= _LEAST
