"""Who is served next: start-time fair queueing between users (Goyal, Vin, Cheng 1997).

Each user's jobs stand in a line, first in, first out. The head of the line gets a start tag
when it becomes the head, S = max(V, F), and moves the user's finish tag to F = S + cost; the
smallest tag is served, and V follows it. So twenty jobs of one user never hold up another's
first, and who was idle comes back without hoarded credit. When nothing waits or runs any more, V
takes the largest finish tag: what was used of an idle service is held against nobody. Tags and
costs are integers in microseconds of expected service.

This is the reference: the in-memory queue runs it, estimates replay it, and the Lua scripts of
the Redis queue are tested against it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from worker.jobs.model import Estimate

__all__ = ["Order", "Schedule", "Server", "Waiting", "replay"]

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting job. `seq` is its place in the order of arrival; `tag` is there once it has
    been the head of its user's line.
    """

    seq: int
    job: str
    user: str
    effect: str
    cost: int
    tag: int | None = None


class Order:
    """All waiting jobs, in fair order.

    A job that is given back keeps its tag and stands beside its user's present head.
    """

    def __init__(self, virtual: int = 0, finish: Mapping[str, int] | None = None) -> None:
        self.virtual = virtual
        self.finish = dict(finish or {})
        self._lines: defaultdict[str, deque[Waiting]] = defaultdict(deque)
        self._ready: dict[str, Waiting] = {}
        self._heaps: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
        self._heads: Counter[str] = Counter()

    def add(self, entry: Waiting) -> None:
        """Put a job at the end of its user's line; or, if it has a tag, back among the heads."""
        if entry.tag is None:
            self._lines[entry.user].append(entry)
            self._promote(entry.user)
        else:
            self._stand(entry, entry.tag)

    def take(self, effects: Iterable[str]) -> Waiting | None:
        """Remove and return the job to serve next among those of `effects`."""
        first = min((head for effect in effects if (head := self._first(effect))), default=None)
        if first is None:
            return None
        tag, _, job = first
        entry = self._ready.pop(job)
        heapq.heappop(self._heaps[entry.effect])
        self.virtual = max(self.virtual, tag)
        self._leave(entry.user)
        return entry

    def remove(self, entry: Waiting) -> None:
        """Take a cancelled job out; a head's cost is returned to its user."""
        head = self._ready.pop(entry.job, None)
        if head is None:
            self._lines[entry.user].remove(entry)
            return
        if entry.user in self.finish:
            self.finish[entry.user] -= entry.cost
        self._leave(entry.user)

    def rest(self) -> None:
        """Nothing waits or runs: the busy period is over."""
        self.virtual = max([self.virtual, *self.finish.values()])
        self.finish.clear()

    def waiting(self) -> list[Waiting]:
        """All jobs, those with a tag first."""
        return [*self._ready.values(), *(entry for line in self._lines.values() for entry in line)]

    def _first(self, effect: str) -> tuple[int, int, str] | None:
        heap = self._heaps[effect]
        while heap and heap[0][2] not in self._ready:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _stand(self, entry: Waiting, tag: int) -> None:
        self._ready[entry.job] = entry
        self._heads[entry.user] += 1
        heapq.heappush(self._heaps[entry.effect], (tag, entry.seq, entry.job))

    def _leave(self, user: str) -> None:
        self._heads[user] -= 1
        self._promote(user)

    def _promote(self, user: str) -> None:
        if self._heads[user] or not self._lines[user]:
            return
        entry = self._lines[user].popleft()
        tag = max(self.virtual, self.finish.get(user, 0))
        self.finish[user] = tag + entry.cost
        self._stand(replace(entry, tag=tag), tag)


@dataclass(frozen=True, slots=True)
class Server:
    """A worker in a replay: when it is free, in seconds from now, and what it can run."""

    free: float
    effects: frozenset[str]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a replay found: `estimates` of the jobs it served; for jobs that came later, the
    virtual time and the start of each service, and each user's finish tag.
    """

    estimates: dict[str, Estimate]
    tags: list[int]
    starts: list[float]
    finish: dict[str, int]

    def squeeze_in(self, job: str, user: str, cost: int) -> Estimate:
        """About when a job is served that was submitted after the replay."""
        tag = max(self.finish.get(user, 0), self.tags[0] if self.tags else 0)
        self.finish[user] = tag + cost
        index = bisect_right(self.tags, tag)
        estimate = Estimate(place=index + 1, seconds=self.starts[index] + cost / MICRO)
        self.tags.insert(index, tag)
        self.starts.insert(index, self.starts[index])
        self.estimates[job] = estimate
        return estimate


def replay(waiting: Iterable[Waiting], order: Order, servers: Iterable[Server]) -> Schedule:
    """Serve all of `waiting` in thought.

    `waiting` comes as from `Order.waiting`; `order` has V and the finish tags, and no job yet.
    Effects that no server can run are counted as if one more server ran them all.
    """
    effects = set()
    for entry in waiting:
        order.add(entry)
        effects.add(entry.effect)
    # the order of servers that are free at once must not depend on who lists them
    crew = sorted(servers, key=lambda server: (len(server.effects), sorted(server.effects)))
    missing = effects.difference(*(server.effects for server in crew))
    if missing or not crew:
        crew.append(Server(0.0, frozenset(missing)))
    free = [(server.free, index) for index, server in enumerate(crew)]
    heapq.heapify(free)
    schedule = Schedule({}, [], [], order.finish)
    idle: list[tuple[float, int]] = []
    while free:
        now, index = heapq.heappop(free)
        served = order.take(crew[index].effects)
        if served is None:
            idle.append((now, index))
            continue
        end = now + served.cost / MICRO
        schedule.tags.append(order.virtual)
        schedule.starts.append(now)
        place = len(schedule.tags)
        schedule.estimates[served.job] = Estimate(place=place, seconds=end)
        heapq.heappush(free, (end, index))
        # the next head of that user may be what an idle server can run
        for since, other in idle:
            heapq.heappush(free, (max(since, now), other))
        idle.clear()
    schedule.starts.append(min(since for since, _ in idle))
    return schedule
