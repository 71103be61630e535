"""How often something may be done: a bucket for each who does it, in bounded memory."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Rate", "Seats"]

_MOST = 20_000


class Rate:
    """`most` at once, and as many in `seconds` in the long run, for each key.

    The generic cell rate algorithm (ITU-T I.371): of each key only the time is kept at which its
    bucket will be full again.
    """

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float], *, remembered: int = _MOST
    ) -> None:
        self._step = seconds / most
        self._span = seconds - self._step
        self._clock = clock
        self._remembered = remembered
        self._full: dict[str, float] = {}

    def take(self, key: str) -> float:
        """0.0, and it is counted; or the seconds until there is one again, and it is not."""
        now = self._clock()
        full = max(now, self._full.get(key, now))
        early = full - now - self._span
        if early > 1e-6:
            return early
        self._full[key] = full + self._step
        if len(self._full) > self._remembered:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Those whose bucket is full again; when they are too few, those that have most left."""
        kept = ((full, key) for key, full in self._full.items() if full > now)
        emptiest = heapq.nlargest(self._remembered // 2, kept)
        self._full = {key: full for full, key in emptiest}


class Seats:
    """At most so many at a time for each key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: Counter[str] = Counter()

    @contextmanager
    def seat(self, key: str) -> Iterator[bool]:
        """Gives whether there is one; it is held in the block."""
        free = self._taken[key] < self._most
        self._taken[key] += free
        try:
            yield free
        finally:
            self._taken[key] -= free
            if not self._taken[key]:
                del self._taken[key]
