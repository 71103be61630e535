"""What a replay found, and how it is read while time goes on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from worker.jobs.model import Estimate
from worker.jobs.policy import LATER, MICRO, User
from worker.jobs.tide import Tide

__all__ = ["HEADS", "PROMISED", "SMALL", "Oracle", "Schedule"]

PROMISED, SMALL = 300, 50
"""A replay of so many jobs is made for what is promised when one is submitted, of so many for every
other question. Work that waits for the night, which may be much more, is not counted.
"""
HEADS = 50
"""So much of it has a part in a replay, what may be served meanwhile; common.lua has it too."""
# A replay of more serves for a while, so that about a hundredth of the time goes into replays, but
# no longer than so; jobs that come in between are squeezed in.
_EACH, _LONGEST = 3 * MICRO // 100, 120 * MICRO
_MINUTE = 60 * MICRO


@dataclass(frozen=True, slots=True)
class Schedule:
    """Of a replay at `at`, in microseconds: `estimates` of the jobs it served; for jobs that came
    later, the start of each service, and, tier by tier, V, when it came (-1: it waited) and start
    of each. `takes` (effect, cost) is in seconds; `weights` of so many seconds after `at`.
    """

    at: int
    estimates: dict[str, Estimate]
    starts: list[float]
    served: defaultdict[str, list[tuple[int, float, float]]]
    users: Mapping[str, User]
    takes: Callable[[str, int], float]
    weights: Callable[[float], Mapping[str, int]]
    late: dict[str, int] = field(default_factory=dict)

    def of(self, job: str, effect: str, cost: int, now: int) -> Estimate | None:
        """A waiting job's estimate as of `now`; None when it came later."""
        known = self.estimates.get(job)
        if known is None or now == self.at:
            return known
        age = (now - self.at) / MICRO
        return Estimate(
            place=max(1, known.place - bisect_left(self.starts, age)),
            seconds=max(self.takes(effect, cost), known.seconds - age),
        )

    def squeeze_in(
        self, job: str, user: str, tier: str, effect: str, cost: int, now: int
    ) -> Estimate:
        """About when a job is served that was submitted after the replay."""
        tag, index = self._find(user, tier, now)
        start = self._start(tier, index, now)
        place = bisect_left(self.starts, start)
        self.late[user] = tag + cost
        age = (now - self.at) / MICRO
        self.served[tier].insert(index, (tag, age, start))
        self.starts.insert(place, start)
        self.estimates[job] = Estimate(place=place + 1, seconds=start + self.takes(effect, cost))
        return self.of(job, effect, cost, now) or self.estimates[job]

    def foresee(self, user: str, tier: str, effect: str, cost: int, now: int) -> Estimate:
        """About when a job would be served that was submitted now."""
        age = (now - self.at) / MICRO
        start = self._start(tier, self._find(user, tier, now)[1], now)
        place = bisect_left(self.starts, start) - bisect_left(self.starts, age)
        seconds = start - age + self.takes(effect, cost)
        return Estimate(place=max(0, place) + 1, seconds=seconds)

    def until_served(self, share: float) -> float:
        """Seconds until such a share of all has begun."""
        return self.starts[int(share * len(self.starts))]

    def _find(self, user: str, tier: str, now: int) -> tuple[int, int]:
        """The tag of the user's next job, and how many of the tier are served before it."""
        served, age = self.served[tier], (now - self.at) / MICRO
        begun = bisect_left(served, age, key=lambda row: row[2])
        known = self.users.get(user)
        finish = self.late.get(user, known.finish if known else 0)
        tag = max(finish, served[max(0, begun - 1)][0] if served else 0)
        return tag, max(begun, bisect_right(served, (tag, age), key=lambda row: row[:2]))

    def _start(self, tier: str, index: int, now: int) -> float:
        served, age = self.served[tier], (now - self.at) / MICRO
        if index < len(served) and served[index][1] <= age:
            return max(served[index][2], age)
        if index == len(served) and tier == LATER:
            return max(self._opening(self.starts[-1 if served else 0]), age)
        # a tier with nothing more waiting is served next
        after = max(served[index - 1][2], age) if index else age
        free = (bisect_right if index else bisect_left)(self.starts, after)
        start = max(self.starts[min(free, len(self.starts) - 1)], age)
        return min(start, served[index][2]) if index < len(served) else start

    def _opening(self, start: float) -> float:
        """When deferred work is first served from `start` on: by night, or when all else is."""
        first = bisect_left(self.starts, start)
        night = bisect_left(
            self.starts, True, first, len(self.starts) - 1,
            key=lambda seconds: self.weights(seconds)[LATER] > 0,
        )  # fmt: skip
        return self.starts[night]


class Oracle:
    """Keeps the tide and the last replays: of all that waits, and of what does not wait for the
    night.
    """

    def __init__(self) -> None:
        self.tide = Tide()
        self._read = -_MINUTE
        self._last: dict[bool, tuple[Schedule, int]] = {}

    def wants_tide(self, now: int) -> bool:
        """Whether the tide that is known is older than a minute."""
        return not 0 <= now - self._read < _MINUTE

    def take_tide(self, fields: Mapping[str, str], now: int) -> None:
        """Learn it anew."""
        self.tide, self._read = Tide(fields), now

    def last(self, now: int, *, whole: bool, stale: bool = False) -> Schedule | None:
        """The last one, while it is fresh enough or if a `stale` one will do; the one of the
        `whole` queue or the other.
        """
        last, serves = self._last.get(whole, (None, 0))
        if last is None or stale:
            return last
        return last if 0 <= now - last.at <= serves else None

    def keep(self, schedule: Schedule, *, whole: bool) -> Schedule:
        """Remember it."""
        served = sum(map(len, schedule.served.values()))
        self._last[whole] = schedule, min(_LONGEST, _EACH * served)
        return schedule
