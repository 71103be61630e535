"""Place and time of waiting jobs: a replay of the policy over a snapshot of Redis."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from typing import Any

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.errors import NoSuchJob
from worker.jobs.model import Estimate, WorkerInfo
from worker.jobs.policy import MICRO, Order, Schedule, Server, Waiting, replay
from worker.jobs.records import Record

__all__ = ["SMALL", "Forecast"]

SMALL = 50
"""A queue of so many jobs is replayed for every question."""
# The replay of a longer one serves for a while, so that no more than a tenth of the time goes
# into replays; jobs that come in between are squeezed in.
_SHARE = 10


class Forecast:
    """Estimates, each as of the last replay."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: Schedule | None = None
        self._good_until = 0.0
        self._replaying = asyncio.Lock()

    async def of(self, job: str, now: str) -> Estimate:
        """The estimate of any job. Raises `NoSuchJob`."""
        record, snapshot = await self._connection.run("snapshot", now, job, SMALL)
        return await self.judge(job, record, snapshot, now)

    async def judge(self, job: str, raw: str | None, snapshot: Any, now: str) -> Estimate:
        """The same, from the job's record and, of a short queue, a snapshot."""
        if raw is None:
            raise NoSuchJob(endings.UNKNOWN)
        record = Record.model_validate_json(raw)
        if record.state == "running":
            if not now:
                seconds, micros = await self._connection.read(lambda client: client.time())
                now = f"{seconds}{micros:06}"
            left = _remaining(record.started, record.cost, int(now))
            return Estimate(place=0, seconds=left)
        if record.state != "waiting":
            return Estimate(place=0, seconds=0.0)
        if snapshot:
            return _replay(snapshot).estimates[job]
        schedule = await self._schedule(job, now)
        known = schedule.estimates.get(job)
        return known or schedule.squeeze_in(job, record.user, record.cost)

    async def _schedule(self, job: str, now: str) -> Schedule:
        """The last replay of the whole queue, or a new one; the old one while that is made."""
        if self._last is None or not (self._replaying.locked() or self._is_good()):
            async with self._replaying:
                if self._last is None or not self._is_good():
                    begun = time.monotonic()
                    _, snapshot = await self._connection.run("snapshot", now, job, sys.maxsize)
                    self._last = await asyncio.to_thread(_replay, snapshot)
                    done = time.monotonic()
                    self._good_until = done + _SHARE * (done - begun)
        return self._last

    def _is_good(self) -> bool:
        return time.monotonic() <= self._good_until


def _replay(snapshot: Any) -> Schedule:
    now, virtual, users, tags, ready, lines, running, infos = snapshot
    busy: defaultdict[str, float] = defaultdict(float)
    for member in running:
        _, worker, started, cost = member.split("|")
        left = _remaining(int(started), int(cost), int(now))
        busy[worker] = max(busy[worker], left)
    workers = [WorkerInfo.model_validate_json(info) for info in infos]
    servers = [Server(busy[info.name], frozenset(info.effects)) for info in workers]
    finish = {user: int(tag) for user, tag in zip(users, tags, strict=True) if tag}
    waiting = [*map(_tagged, ready), *map(_untagged, lines)]
    return replay(waiting, Order(int(virtual), finish), servers)


def _remaining(started: int, cost: int, now: int) -> float:
    return max(0, started + cost - now) / MICRO


def _tagged(member: str) -> Waiting:
    effect, tag, seq, job, user, cost = member.split("|")
    return Waiting(int(seq), job, user, effect, int(cost), int(tag))


def _untagged(member: str) -> Waiting:
    user, seq, job, effect, cost = member.split("|")
    return Waiting(int(seq), job, user, effect, int(cost))
