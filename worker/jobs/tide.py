"""Who is likely to come: arrivals as they were at these hours of the days before.

Jobs that come later may be served before one that waits: those of a better tier, and the first
jobs of users who have none, before somebody's fourth. A forecast that forgets them promises too
much, so a replay lets them come: by half-hours of the local day, by tier and effect, as many as on
the days before (the mean of the last one and of the mean before it), in the proportion of the last
hour to its own history. On the first day nobody is foretold: taking the last hour for all that
follow kept fewer promises in the simulator than none.

What it can't know: a rush without a precedent, a weekday unlike the one before, who in particular
will come. It looks twelve hours ahead, and the further the coarser: then one arrival stands for
several.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter

from worker.jobs.policy import MICRO

__all__ = ["Arrival", "Tide", "slot_of"]

SLOT = 1800
"""Seconds that are counted together."""
SLOTS = 48
_HORIZON = 12 * 3600
_LUMP = 20
"""The work of one arrival that stands for several is at most this part of its distance."""

_Key = tuple[str, str]
"""Tier and effect."""


def slot_of(date: int, midnight: float, now: float) -> tuple[int, int, float]:
    """The date, the half-hour of the day that ends at `midnight`, and seconds since it began. On
    a day of 25 hours the first counts for the one after it.
    """
    slot, into = divmod(max(0.0, SLOTS * SLOT - (midnight - now)), SLOT)
    return date, int(slot), into


@dataclass(frozen=True, slots=True)
class Arrival:
    """`times` jobs that come `after` so many seconds and are served as one; `cost` is of each. They
    are the `first` of somebody who has none, or come behind others of their user.
    """

    after: float
    tier: str
    effect: str
    cost: int
    first: bool
    times: int


@dataclass(slots=True)
class _Count:
    """Jobs, those of users who had none, and cost; of one day, or of an average one."""

    jobs: float = 0.0
    first: float = 0.0
    cost: float = 0.0

    def add(self, other: _Count, share: float = 1.0) -> None:
        self.jobs += share * other.jobs
        self.first += share * other.first
        self.cost += share * other.cost


@dataclass(frozen=True, slots=True)
class _Row:
    """What came in a slot on the day `date`, and the mean of the days before."""

    date: int
    came: _Count
    mean: _Count | None

    def expected(self, date: int, slot: bool) -> _Count:
        """Of the slot on the day `date`; `slot`: it is the one now, not whole yet."""
        if slot and self.date == date:
            return self.mean or _Count()
        found = _Count()
        fade = 0.5 ** max(0, date - self.date - 1)
        found.add(self.came, fade * (0.5 if self.mean else 1.0))
        if self.mean:
            found.add(self.mean, fade * 0.5)
        return found


@lru_cache(4096)
def _row(value: str) -> _Row:
    date, *came = map(int, value.split())
    return _Row(date, _Count(*came[:3]), _Count(*came[3:]) if came[3] >= 0 else None)


class Tide:
    """`fields`: "slot|tier|effect" -> date, jobs, first, cost of that day, and the mean of the
    days before: jobs, first, cost (-1: none); as `submit.lua` keeps them.
    """

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        self.fields = dict(fields or {})

    def learn(self, date: int, slot: int, tier: str, effect: str, cost: int, first: bool) -> None:
        """A job came. `first`: its user had none."""
        field = f"{slot}|{tier}|{effect}"
        row = [int(part) for part in self.fields.get(field, f"{date} 0 0 0 -1 0 0").split()]
        if row[0] != date:
            came, mean = row[1:4], row[4:]
            known = [(a + b) // 2 for a, b in zip(came, mean, strict=True)]
            row = [date, 0, 0, 0, *(came if mean[0] < 0 else known)]
        row[1], row[2], row[3] = row[1] + 1, row[2] + first, row[3] + cost
        self.fields[field] = " ".join(map(str, row))

    @cached_property
    def _rows(self) -> dict[int, dict[_Key, _Row]]:
        rows: defaultdict[int, dict[_Key, _Row]] = defaultdict(dict)
        for field, value in sorted(self.fields.items()):
            slot, tier, effect = field.split("|")
            rows[int(slot)][tier, effect] = _row(value)
        return rows

    @cached_property
    def _first_day(self) -> int:
        rows = [row for some in self._rows.values() for row in some.values()]
        return min((0 if row.mean else row.date for row in rows), default=0)

    def coming(self, date: int, slot: int, into: float) -> Iterator[Arrival]:
        """Those to come, in order of time, from `into` seconds after the begin of a slot on;
        nobody on the first day.
        """
        if self._first_day >= date:
            return
        pace = self._pace(date, slot, into)
        slots: dict[int, list[tuple[_Key, _Count]]] = {}
        # evenly spaced, and what is rare when half of it is due: a future drawn by lot would put
        # something large into one minute that most such minutes do without
        due: defaultdict[_Key, float] = defaultdict(lambda: 0.5)
        firsts: defaultdict[_Key, float] = defaultdict(lambda: 0.5)
        begin = 0.0
        while begin < _HORIZON:
            length = max(10.0, begin / 10)
            number = slot + int((into + begin) // SLOT)
            if number not in slots:
                slots[number] = self._usually(date, slot, number, pace)
            piece: list[Arrival] = []
            for key, count in slots[number]:
                times = max(1, int(begin * MICRO * count.jobs / (_LUMP * count.cost)))
                rate = count.jobs / SLOT / times
                since = due[key] / rate
                due[key] += rate * length
                cost = max(1, round(count.cost / count.jobs))
                for one in range(1, int(due[key]) + 1):
                    firsts[key] += count.first / count.jobs
                    first = firsts[key] >= 1
                    firsts[key] -= first
                    piece.append(Arrival(begin + one / rate - since, *key, cost, first, times))
                due[key] %= 1
            yield from sorted(piece, key=attrgetter("after", "tier", "effect"))
            begin += length

    def _pace(self, date: int, slot: int, into: float) -> float:
        """How many came lately over how many usually do."""
        came = usual = 20.0
        for number, share in (((slot - 1) % SLOTS, 1.0), (slot, into / SLOT)):
            for row in self._rows.get(number, {}).values():
                if row.mean and row.date == date:
                    came += row.came.jobs
                    usual += share * row.mean.jobs
        return came / usual

    def _usually(self, date: int, slot: int, number: int, pace: float) -> list[tuple[_Key, _Count]]:
        found = []
        for key, row in self._rows.get(number % SLOTS, {}).items():
            count = _Count()
            count.add(row.expected(date, number == slot), pace)
            if count.jobs > 0:
                found.append((key, count))
        return found
