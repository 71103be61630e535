"""Place and time of waiting jobs: a replay of the policy over a snapshot of Redis."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from typing import Any

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.errors import NoSuchJob
from worker.jobs.model import Estimate, WorkerInfo
from worker.jobs.policy import MICRO, Classes, Order, User, Waiting
from worker.jobs.records import Record
from worker.jobs.replay import Schedule, Server, replay
from worker.jobs.rulebook import Rulebook
from worker.jobs.rules import Calendar

__all__ = ["SMALL", "Forecast"]

SMALL = 50
"""A queue of so many jobs is replayed for every question."""
# The replay of a longer one serves for a while, so that no more than a tenth of the time goes
# into replays; jobs that come in between are squeezed in.
_SHARE = 10


class Forecast:
    """Estimates, each as of the last replay."""

    def __init__(self, connection: Connection, rulebook: Rulebook) -> None:
        self._connection = connection
        self._rulebook = rulebook
        self._last: Schedule | None = None
        self._good_until = 0.0
        self._replaying = asyncio.Lock()

    async def of(self, job: str, now: str) -> Estimate:
        """The estimate of any job. Raises `NoSuchJob`."""
        record, tier, snapshot = await self._connection.run("snapshot", now, job, SMALL)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        return await self.judge(job, record, tier, snapshot, now)

    async def judge(self, job: str, raw: str, tier: str, snapshot: Any, now: str) -> Estimate:
        """The same, from the job's record, its user's tier and, of a short queue, a snapshot."""
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
            return _replay(snapshot, await self._calendar(snapshot)).estimates[job]
        schedule = await self._schedule(job, now)
        known = schedule.estimates.get(job)
        return known or schedule.squeeze_in(job, record.user, tier, record.cost)

    async def _schedule(self, job: str, now: str) -> Schedule:
        """The last replay of the whole queue, or a new one; the old one while that is made."""
        if self._last is None or not (self._replaying.locked() or self._is_good()):
            async with self._replaying:
                if self._last is None or not self._is_good():
                    begun = time.monotonic()
                    *_, snapshot = await self._connection.run("snapshot", now, job, sys.maxsize)
                    calendar = await self._calendar(snapshot)
                    self._last = await asyncio.to_thread(_replay, snapshot, calendar)
                    done = time.monotonic()
                    self._good_until = done + _SHARE * (done - begun)
        return self._last

    async def _calendar(self, snapshot: Any) -> Calendar:
        if self._rulebook.rules.version != int(snapshot[0]):
            await self._rulebook.load()
        return self._rulebook.calendar

    def _is_good(self) -> bool:
        return time.monotonic() <= self._good_until


def _replay(snapshot: Any, calendar: Calendar) -> Schedule:
    _, now, flat, names, shares, tagged, lines, running, infos = snapshot
    now = int(now)
    crews: defaultdict[str, list[str]] = defaultdict(list)
    busy: defaultdict[str, float] = defaultdict(float)
    for member in running:
        _, worker, started, cost, user = member.split("|")
        busy[worker] = max(busy[worker], _remaining(int(started), int(cost), now))
        crews[worker].append(user)
    effects = {
        info.name: frozenset(info.effects) for info in map(WorkerInfo.model_validate_json, infos)
    }
    # a worker that is gone holds its jobs' users up, but takes nothing new
    servers = [
        Server(busy[name], effects.get(name, frozenset()), tuple(crews[name]))
        for name in {*effects, *crews}
    ]
    order = Order(calendar.rules.running())
    order.restore(
        _classes(dict(zip(flat[::2], flat[1::2], strict=True))),
        {name: _user(json.loads(share)) for name, share in zip(names, shares, strict=True)},
        [*map(_tagged, tagged), *map(_untagged, lines)],
    )
    return replay(order, servers, lambda seconds: calendar.weights(now / MICRO + seconds))


def _classes(fields: dict[str, str]) -> Classes:
    classes = Classes(root=int(fields.get("root", 0)))
    for name, value in fields.items():
        kind, _, tier = name.partition("|")
        if kind == "v":
            classes.virtual[tier] = int(value)
        elif kind == "f":
            classes.finish[tier] = int(value)
    return classes


def _user(share: dict[str, Any]) -> User:
    return User(share["tier"], int(share["finish"]), int(share["running"]))


def _remaining(started: int, cost: int, now: int) -> float:
    return max(0, started + cost - now) / MICRO


def _tagged(member: str) -> Waiting:
    tier, effect, tag, seq, job, user, cost = member.split("|")
    return Waiting(int(seq), job, user, effect, int(cost), int(tag), tier)


def _untagged(member: str) -> Waiting:
    user, seq, job, effect, cost = member.split("|")
    return Waiting(int(seq), job, user, effect, int(cost))
