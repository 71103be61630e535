"""Place and time of every waiting job, by serving them all in thought."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worker.jobs.model import Estimate, WorkerInfo
from worker.jobs.policy import MICRO, Order
from worker.jobs.schedule import Schedule

__all__ = ["DEFAULT_POOL", "Server", "replay"]

DEFAULT_POOL: str = WorkerInfo.model_fields["pool"].default
"""Of a worker that has not said."""


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
) -> Schedule:
    """Serve all that waits in `order` at `at`, and empty it; `weights` of so many seconds from now,
    `takes` (pool, effect, cost) in seconds.

    Effects that no server can run are counted as if one more server ran them all, and jobs of the
    banned as if they came after all others.
    """
    effects = {entry.effect for entry in order.waiting()}

    def rank(one: Server) -> tuple[object, ...]:
        # of those that are free at once the fastest is first, as it is when they are woken
        pace = sum(takes(one.pool, effect, MICRO) for effect in one.effects)
        effects = sorted(one.effects)
        return pace / (len(effects) or 1), len(effects), effects, sorted(one.users), one.pool

    crew = sorted(servers, key=rank)
    missing = effects.difference(*(server.effects for server in crew))
    if missing or not crew:
        crew.append(Server(0.0, frozenset(missing)))
    free = [(server.free, index) for index, server in enumerate(crew)]
    heapq.heapify(free)
    users = [list(server.users) for server in crew]
    pools = {effect: server.pool for server in reversed(crew) for effect in server.effects}
    schedule = Schedule(
        at, {}, [], defaultdict(list), order.users,
        lambda effect, cost: takes(pools.get(effect, DEFAULT_POOL), effect, cost),
    )  # fmt: skip
    idle: list[tuple[float, int]] = []
    while free:
        now, index = heapq.heappop(free)
        for user in users[index]:
            order.end(user)
        # the next head of that user, or of one whose job has ended, may be for an idle server
        changed = bool(users[index])
        users[index].clear()
        served = order.take(crew[index].effects, weights(now))
        if not served:
            idle.append((now, index))
        for one in served:
            changed = True
            end = now + takes(crew[index].pool, one.effect, one.cost)
            schedule.starts.append(now)
            schedule.served[one.tier].append((order.classes.virtual[one.tier], now))
            schedule.estimates[one.job] = Estimate(place=len(schedule.starts), seconds=end)
            users[index].append(one.user)
            heapq.heappush(free, (end, index))
        if changed:
            again = [one for one in idle if one[1] != index]
            for since, other in again:
                heapq.heappush(free, (max(since, now), other))
            idle = [one for one in idle if one[1] == index]
    schedule.starts.append(min(since for since, _ in idle))
    last = max(since for since, _ in idle)
    for entry in order.waiting():
        schedule.estimates[entry.job] = Estimate(
            place=len(schedule.starts), seconds=last + schedule.takes(entry.effect, entry.cost)
        )
    return schedule
