"""Place and time of every waiting job, by serving them all in thought."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from worker.jobs.model import Estimate
from worker.jobs.policy import MICRO, Order, User

__all__ = ["Schedule", "Server", "replay"]


@dataclass(frozen=True, slots=True)
class Server:
    """A worker in a replay: when it is free, in seconds from now, what it can run, and whose
    jobs it runs until then.
    """

    free: float
    effects: frozenset[str]
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a replay found: `estimates` of the jobs it served; for jobs that came later, the start
    of each service, and, tier by tier, V and start of each.
    """

    estimates: dict[str, Estimate]
    starts: list[float]
    served: defaultdict[str, list[tuple[int, float]]]
    users: Mapping[str, User]
    late: dict[str, int] = field(default_factory=dict)

    def squeeze_in(self, job: str, user: str, tier: str, cost: int) -> Estimate:
        """About when a job is served that was submitted after the replay."""
        served = self.served[tier]
        known = self.users.get(user)
        finish = self.late.get(user, known.finish if known else 0)
        tag = max(finish, served[0][0] if served else 0)
        self.late[user] = tag + cost
        index = bisect_right(served, tag, key=lambda row: row[0])
        # a tier with nothing waiting is served next
        start = served[index][1] if index < len(served) else self.starts[-1 if served else 0]
        place = bisect_left(self.starts, start)
        estimate = Estimate(place=place + 1, seconds=start + cost / MICRO)
        served.insert(index, (tag, start))
        self.starts.insert(place, start)
        self.estimates[job] = estimate
        return estimate


def replay(
    order: Order, servers: list[Server], weights: Callable[[float], Mapping[str, int]]
) -> Schedule:
    """Serve all that waits in `order`, and empty it; `weights` of so many seconds from now.

    Effects that no server can run are counted as if one more server ran them all.
    """
    effects = {entry.effect for entry in order.waiting()}
    # the order of servers that are free at once must not depend on who lists them
    crew = sorted(
        servers, key=lambda one: (len(one.effects), sorted(one.effects), sorted(one.users))
    )
    missing = effects.difference(*(server.effects for server in crew))
    if missing or not crew:
        crew.append(Server(0.0, frozenset(missing)))
    free = [(server.free, index) for index, server in enumerate(crew)]
    heapq.heapify(free)
    users = [list(server.users) for server in crew]
    schedule = Schedule({}, [], defaultdict(list), order.users)
    idle: list[tuple[float, int]] = []
    while free:
        now, index = heapq.heappop(free)
        for user in users[index]:
            order.end(user)
        # the next head of that user, or of one whose job has ended, may be for an idle server
        changed = bool(users[index])
        users[index].clear()
        served = order.take(crew[index].effects, weights(now))
        if served is None:
            idle.append((now, index))
        else:
            changed = True
            end = now + served.cost / MICRO
            schedule.starts.append(now)
            schedule.served[served.tier].append((order.classes.virtual[served.tier], now))
            schedule.estimates[served.job] = Estimate(place=len(schedule.starts), seconds=end)
            users[index].append(served.user)
            heapq.heappush(free, (end, index))
        if changed:
            again = [one for one in idle if one[1] != index]
            for since, other in again:
                heapq.heappush(free, (max(since, now), other))
            idle = [one for one in idle if one[1] == index]
    schedule.starts.append(min(since for since, _ in idle))
    return schedule
