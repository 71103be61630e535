"""Place and time of every waiting job, by serving them all in thought."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter

from worker.jobs.model import Estimate, WorkerInfo
from worker.jobs.policy import MICRO, Order, Waiting
from worker.jobs.schedule import Schedule
from worker.jobs.tide import Arrival

__all__ = ["DEFAULT_POOL", "LATE", "Server", "replay"]

DEFAULT_POOL: str = WorkerInfo.model_fields["pool"].default
"""Of a worker that has not said."""
LATE = 2**52
"""Whoever comes later stands behind all that have come: the first sequence number of those."""


@dataclass(frozen=True, slots=True)
class Server:
    """A worker in a replay: when it is free, in seconds from now, what it can run, whose jobs
    it runs until then, and its pool.
    """

    free: float
    effects: frozenset[str]
    users: tuple[str, ...] = ()
    pool: str = DEFAULT_POOL


def replay(
    at: int,
    order: Order,
    servers: list[Server],
    weights: Callable[[float], Mapping[str, int]],
    takes: Callable[[str, str, int], float],
    coming: Iterable[Arrival] = (),
    wanted: str = "",
) -> Schedule:
    """Serve all that waits in `order` at `at`; `weights` of so many seconds from now, `takes`
    (pool, effect, cost) in seconds, `coming` who is likely to come meanwhile: they are served in
    their turn, but no place counts them. With a job that is `wanted` it ends where that one begins.

    Effects that no server can run are counted as if one more server ran them all, and jobs of the
    banned as if they came after all others.
    """
    return _Replay(at, order, servers, weights, takes, coming).run(wanted)


class _Replay:
    def __init__(
        self,
        at: int,
        order: Order,
        servers: list[Server],
        weights: Callable[[float], Mapping[str, int]],
        takes: Callable[[str, str, int], float],
        coming: Iterable[Arrival],
    ) -> None:
        waiting = order.waiting()
        self.order, self.weights, self.takes, self.coming = order, weights, takes, iter(coming)
        self.left = sum(not order.is_banned(entry.user) for entry in waiting)
        self.crew = self._line_up(servers, {entry.effect for entry in waiting})
        self.users = [list(server.users) for server in self.crew]
        self.free = [(server.free, index) for index, server in enumerate(self.crew)]
        heapq.heapify(self.free)
        self.idle: list[tuple[float, int]] = []
        self.times: dict[str, int] = {}
        self.came: dict[str, float] = {}
        self.crowds: dict[str, list[str]] = {}
        # fixed, so that the same state is always foretold alike
        self.rng = random.Random(0)  # noqa: S311 - no secret
        pools = {effect: server.pool for server in reversed(self.crew) for effect in server.effects}
        self.schedule = Schedule(
            at, {}, [], defaultdict(list), order.users,
            lambda effect, cost: takes(pools.get(effect, DEFAULT_POOL), effect, cost), weights,
        )  # fmt: skip

    def _line_up(self, servers: list[Server], effects: set[str]) -> list[Server]:
        def rank(one: Server) -> tuple[object, ...]:
            # of those that are free at once the fastest is first, as it is when they are woken
            pace = sum(self.takes(one.pool, effect, MICRO) for effect in one.effects)
            able = sorted(one.effects)
            return pace / (len(able) or 1), len(able), able, sorted(one.users), one.pool

        crew = sorted(servers, key=rank)
        missing = effects.difference(*(server.effects for server in crew))
        return [*crew, Server(0.0, frozenset(missing))] if missing or not crew else crew

    def run(self, wanted: str) -> Schedule:
        arrival, estimates = next(self.coming, None), self.schedule.estimates
        while self.left and (self.free or arrival) and wanted not in estimates:
            if arrival and not (self.free and self.free[0][0] <= arrival.after):
                self._arrive(arrival)
                arrival = next(self.coming, None)
            else:
                self._serve(*heapq.heappop(self.free))
        schedule, ends = self.schedule, [*self.free, *self.idle]
        schedule.starts.append(min(ends)[0])
        last = max(ends)[0]
        for entry in self.order.waiting():
            if entry.job not in self.times:
                schedule.estimates[entry.job] = Estimate(
                    place=len(schedule.starts),
                    seconds=last + schedule.takes(entry.effect, entry.cost),
                )
        return schedule

    def _arrive(self, arrival: Arrival) -> None:
        name = f"~{len(self.times)}"
        self.times[name], self.came[name] = arrival.times, arrival.after
        user = name if arrival.first else self._someone(arrival.tier) or name
        if arrival.tier in self.crowds:
            self.crowds[arrival.tier].append(user)
        entry = Waiting(LATE + len(self.times), name, user, arrival.effect, arrival.cost)
        self.order.arrive(entry, arrival.tier)
        self._rouse(arrival.after)

    def _someone(self, tier: str) -> str | None:
        """A user of the tier who has jobs here; who has sent many sends more."""
        crowd = self._crowd(tier)
        while crowd:
            index = self.rng.randrange(len(crowd))
            user = crowd[index]
            known = self.order.users.get(user)
            if known and (known.running or self.order.waiting_of(user)):
                return user
            crowd[index] = crowd[-1]
            crowd.pop()
        return None

    def _crowd(self, tier: str) -> list[str]:
        """Users of the tier, once for each of their jobs."""
        if tier not in self.crowds:
            users = sorted(self.order.users.items(), key=itemgetter(0))
            self.crowds[tier] = [
                name
                for name, user in users
                if user.tier == tier and not self.order.is_banned(name)
                for _ in range(self.order.waiting_of(name) + user.running)
            ]
        return self.crowds[tier]

    def _serve(self, now: float, index: int) -> None:
        """A server is free: its jobs end, and it takes the next."""
        for user in self.users[index]:
            self.order.end(user)
        # the next head of that user, or of one whose job has ended, may be for an idle server
        changed = bool(self.users[index])
        self.users[index].clear()
        weights = self.weights(now)
        taken = self.order.take(self.crew[index].effects, weights)
        if changed or taken:
            self._rouse(now)
        if taken:
            ends = [self._begin(one, now, index, weights) for one in taken]
            heapq.heappush(self.free, (max(ends), index))
        else:
            self.idle.append((now, index))

    def _begin(self, one: Waiting, now: float, index: int, weights: Mapping[str, int]) -> float:
        times = self.times.get(one.job)
        classes, schedule = self.order.classes, self.schedule
        end = now + (times or 1) * self.takes(self.crew[index].pool, one.effect, one.cost)
        came = self.came.get(one.job, -1.0)
        schedule.served[one.tier].append((classes.virtual[one.tier], came, now))
        if times is None:
            self.left -= 1
            schedule.starts.append(now)
            schedule.estimates[one.job] = Estimate(place=len(schedule.starts), seconds=end)
        elif weights[one.tier]:
            # its tier pays for all that it stands for
            classes.finish[one.tier] += (times - 1) * one.cost // weights[one.tier]
        self.users[index].append(one.user)
        return end

    def _rouse(self, now: float) -> None:
        for since, other in self.idle:
            heapq.heappush(self.free, (max(since, now), other))
        self.idle.clear()
