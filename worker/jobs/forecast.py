"""Place and time of waiting jobs: a replay of the policy over a snapshot of Redis."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.errors import NoSuchJob
from worker.jobs.model import Estimate, WorkerInfo
from worker.jobs.policy import MICRO, Order, Server, Waiting, replay
from worker.jobs.records import Record

__all__ = ["Forecast"]

# A replay of more jobs than this serves again for a while: no more than a tenth of the time
# goes into replays.
_SMALL = 200
_SHARE = 10


class Forecast:
    """Estimates, each as of the last replay."""

    def __init__(
        self,
        connection: Connection,
        keys: Mapping[str, str],
        alive: str,
        workers: str,
        now: Callable[[], Awaitable[int]],
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._alive = alive
        self._workers = workers
        self._now = now
        self._last: dict[str, Estimate] = {}
        self._good_until = 0.0

    async def of(self, job: str) -> Estimate:
        """Raises `NoSuchJob`."""
        raw = await self._connection.read(lambda c: c.hget(self._keys["records"], job))
        if raw is None:
            raise NoSuchJob(endings.UNKNOWN)
        record = Record.model_validate_json(raw)
        if record.state == "running":
            return Estimate(place=0, seconds=_remaining(record, await self._now()))
        if record.state != "waiting":
            return Estimate(place=0, seconds=0.0)
        if job not in self._last or time.monotonic() > self._good_until:
            begun = time.monotonic()
            self._last = await self._replay()
            now = time.monotonic()
            small = len(self._last) <= _SMALL
            self._good_until = 0.0 if small else now + _SHARE * (now - begun)
        # claimed since its record was read: as good as next
        return self._last.get(job, Estimate(place=0, seconds=record.cost / MICRO))

    async def _replay(self) -> dict[str, Estimate]:
        async def ask(client: Any) -> list[Any]:
            async with client.pipeline(transaction=True) as pipe:
                pipe.hget(self._keys["counters"], "virtual")
                pipe.zrange(self._keys["finish"], 0, -1, withscores=True)
                pipe.zrange(self._keys["ready"], 0, -1)
                pipe.zrange(self._keys["lines"], 0, -1)
                pipe.zrange(self._keys["leases"], 0, -1)
                pipe.zrange(self._alive, 0, -1, withscores=True)
                pipe.hgetall(self._workers)
                rows: list[Any] = await pipe.execute()
                return rows

        virtual, finish, ready, lines, leases, alive, infos = await self._connection.read(ask)
        now = await self._now()
        busy = await self._busy(leases, now)
        servers = [
            Server(busy[name], frozenset(WorkerInfo.model_validate_json(infos[name]).effects))
            for name, until in alive
            if until > now
        ]
        order = Order(int(virtual or 0), {user: int(tag) for user, tag in finish})
        waiting = [*map(_tagged, ready), *map(_untagged, lines)]
        return replay(waiting, order, servers)

    async def _busy(self, jobs: list[str], now: int) -> defaultdict[str, float]:
        busy: defaultdict[str, float] = defaultdict(float)
        if jobs:
            rows = await self._connection.read(lambda c: c.hmget(self._keys["records"], jobs))
            for raw in filter(None, rows):
                record = Record.model_validate_json(raw)
                left = _remaining(record, now)
                busy[record.worker] = max(busy[record.worker], left)
        return busy


def _remaining(record: Record, now: int) -> float:
    return max(0, record.started + record.cost - now) / MICRO


def _tagged(member: str) -> Waiting:
    effect, tag, seq, job, user, cost = member.split("|")
    return Waiting(int(seq), job, user, effect, int(cost), int(tag))


def _untagged(member: str) -> Waiting:
    user, seq, job, effect, cost = member.split("|")
    return Waiting(int(seq), job, user, effect, int(cost))
