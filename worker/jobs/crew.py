"""The workers as a replay finds them: what each can run, and until when it is busy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from worker.jobs.model import WorkerInfo
from worker.jobs.policy import MICRO
from worker.jobs.replay import DEFAULT_POOL, Server
from worker.jobs.speeds import Speeds

__all__ = ["Running", "crew", "remaining"]


_OVERDUE = 0.05


@dataclass(frozen=True, slots=True)
class Running:
    """A running job; `started` and `cost` in microseconds."""

    worker: str
    started: int
    cost: int
    effect: str
    user: str


def remaining(job: Running, pool: str, speeds: Speeds, now: int) -> float:
    """Seconds that it is still expected to need; overdue, a twentieth of what was expected: it is
    not done before it is done, and with many workers there is always one overdue.
    """
    expected = speeds.takes(pool, job.effect, job.cost)
    return max(_OVERDUE * expected, expected - (now - job.started) / MICRO)


def crew(
    running: Iterable[Running], infos: Iterable[WorkerInfo], speeds: Speeds, now: int
) -> list[Server]:
    """All who are alive, and all who hold jobs: those that are gone hold their jobs' users up,
    but take nothing new.
    """
    alive = {info.name: info for info in infos}
    busy: defaultdict[str, float] = defaultdict(float)
    users: defaultdict[str, list[str]] = defaultdict(list)
    for job in running:
        pool = alive[job.worker].pool if job.worker in alive else DEFAULT_POOL
        busy[job.worker] = max(busy[job.worker], remaining(job, pool, speeds, now))
        users[job.worker].append(job.user)
    return [
        Server(
            busy[name],
            frozenset(alive[name].effects) if name in alive else frozenset(),
            tuple(users[name]),
            alive[name].pool if name in alive else DEFAULT_POOL,
        )
        for name in {*alive, *users}
    ]
