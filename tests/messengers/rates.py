"""Counts how often a messenger's limits on the rate of sending were broken; its clock."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable

__all__ = ["Window", "quick"]


def quick(speed: float) -> Callable[[], float]:
    """A clock that goes so many times faster than ours, for a server whose front does, too."""
    begun = time.time()
    return lambda: begun + speed * (time.time() - begun)


class Window:
    """At most `most` events in any `seconds`, for each name apart. `broken` counts those over."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)
        self.broken = 0

    def note(self, name: str, now: float) -> float:
        """Count an event; returns the seconds until it would have been allowed, 0 when it is."""
        times = self._times[name]
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if len(times) >= self._most:
            self.broken += 1
            return times[0] + self._seconds - now
        times.append(now)
        return 0.0
