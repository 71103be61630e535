"""The memory of every process, looked at all the time; whether it grows."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass
from statistics import linear_regression, median

import psutil

from tests.soak.site import Site

__all__ = ["Growth", "Memory"]

_EVERY = 2.0
_WARM = 60.0
"""Seconds of a process's life that do not count: it loads, and meets each kind of work once."""
_FEWEST = 60
"""Looks at one process, below which nothing can be said of it."""
_LONG = 5.0
"""Minutes, below which it is not judged: each kind of work is met for the first time."""
_STEEP = 1.0
"""MB a minute: the leak of one small picture (240 x 180, 3 bytes a pixel) with each job of a worker
would be three times as much.
"""
_MB = 2**20


@dataclass(frozen=True)
class Growth:
    """Of the process of a name that lived longest. In MB, after it was warm."""

    name: str
    minutes: float
    second: float
    """Median of the second quarter of that life."""
    last: float
    """… and of the last."""
    slope: float
    """MB a minute over its second half."""
    most: float

    @property
    def grows(self) -> bool:
        """Whether the last quarter is more than 15 % and 3 MB above the second (allocators keep a
        page here and there, and small processes are smaller than their noise), or it is steep.
        """
        more = self.last > 1.15 * self.second + 3
        return self.minutes >= _LONG and (more or self.slope > _STEEP)


class Memory:
    """Looks at a site's processes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen: defaultdict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            for name, pid in self._site.processes().items():
                try:
                    used = psutil.Process(pid).memory_info().rss / _MB
                except psutil.NoSuchProcess:
                    continue
                if used:  # one that ended and was not waited for has none
                    self._seen[name, pid].append((time.monotonic(), used))
            await asyncio.sleep(_EVERY)

    def growths(self) -> list[Growth]:
        """Of each name, where it lived long enough."""
        found: dict[str, Growth] = {}
        for (name, _), looks in self._seen.items():
            warm = [look for look in looks if look[0] > looks[0][0] + _WARM]
            if len(warm) < _FEWEST:
                continue
            growth = _growth(name, warm)
            if name not in found or growth.minutes > found[name].minutes:
                found[name] = growth
        return sorted(found.values(), key=lambda growth: growth.name)

    def most(self) -> dict[str, float]:
        """MB at most, of all that had a name."""
        peaks: defaultdict[str, float] = defaultdict(float)
        for (name, _), looks in self._seen.items():
            peaks[name] = max(peaks[name], *(used for _, used in looks))
        return dict(peaks)


def _growth(name: str, looks: list[tuple[float, float]]) -> Growth:
    used = [each for _, each in looks]
    quarter = len(looks) // 4
    half = looks[2 * quarter :]
    slope = linear_regression([moment for moment, _ in half], [each for _, each in half]).slope
    return Growth(
        name,
        minutes=(looks[-1][0] - looks[0][0]) / 60,
        second=median(used[quarter : 2 * quarter]),
        last=median(used[-quarter:]),
        slope=60 * slope,
        most=max(used),
    )
