"""Place and time of waiting jobs: a replay of the policy over a snapshot of Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.crew import remaining
from worker.jobs.errors import NoSuchJob
from worker.jobs.model import Estimate, Job, WorkerInfo
from worker.jobs.policy import is_deferred, line_of
from worker.jobs.records import Record
from worker.jobs.replay import DEFAULT_POOL
from worker.jobs.rulebook import Rulebook
from worker.jobs.rules import Calendar
from worker.jobs.schedule import HEADS, PROMISED, SMALL, Oracle, Schedule
from worker.jobs.snapshot import factors, from_script, in_chunks
from worker.jobs.speeds import Speeds
from worker.jobs.tide import Tide

__all__ = ["Crowd", "Forecast"]

# When many ask at once, no more than one part in so many of the time goes into replays.
_SHARE = 100
_MOMENT = 0.05
_DEFERRED = line_of("", deferred=True)
"""Nobody's: a question for it is for all that waits."""


@dataclass
class _Turn:
    wanted: str
    """The one job that is asked for; empty: there are several."""
    snapshot: Any = None
    schedule: Schedule | None = None


class Crowd:
    """Whether many ask at once: another one is inside, or was with another a moment ago."""

    def __init__(self) -> None:
        self._inside = 0
        self._until = 0.0

    @contextmanager
    def join(self) -> Iterator[bool]:
        """Be inside."""
        now = time.monotonic()
        if self._inside:
            self._until = now + _MOMENT
        self._inside += 1
        try:
            yield now < self._until
        finally:
            self._inside -= 1


class Forecast:
    """Estimates, each as of the last replay."""

    def __init__(self, connection: Connection, rulebook: Rulebook, keys: Mapping[str, str]) -> None:
        self._connection = connection
        self._rulebook = rulebook
        self._keys = keys
        self._oracle = Oracle()
        self._replaying = {whole: asyncio.Lock() for whole in (False, True)}
        self._reading = asyncio.Lock()
        self._turn: _Turn | None = None
        # of lines of deferred work, and of the others: the last for many, and until when it will do
        self._recent: dict[bool, tuple[Schedule, float]] = {}
        self._asked: dict[bool, asyncio.Task[Schedule]] = {}

    async def of(self, job: str, now: str) -> Estimate:
        """The estimate of any job. Raises `NoSuchJob`."""
        record, *rest = await self._connection.run("snapshot", now, job, "", SMALL)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        return await self.judge(job, record, *rest)

    async def judge(
        self, job: str, raw: str, tier: str, now: str, snapshot: Any, *, crowded: bool = False
    ) -> Estimate:
        """The same, from the job's record and what `of_waiting` needs."""
        record = Record.model_validate_json(raw)
        if record.state == "running":
            return Estimate(place=0, seconds=await self._left(record, int(now)))
        if record.state != "waiting":
            return Estimate(place=0, seconds=0.0)
        return await self.of_waiting(job, record, tier, now, snapshot, crowded=crowded)

    async def of_waiting(
        self, name: str, job: Job | Record, tier: str, now: str, snapshot: Any, *, crowded: bool
    ) -> Estimate:
        """The estimate of a job that waits, from its class and, of a short queue, a snapshot; of
        one of a crowd, from what one of them asked for all.
        """
        line = line_of(job.user, deferred=job.deferred)
        if crowded:
            schedule = await self._for_all(line, now)
        else:
            schedule = await self._schedule(int(now), line, snapshot, name)
        return schedule.of(name, job.effect, job.cost, int(now)) or schedule.squeeze_in(
            name, line, tier, job.effect, job.cost, int(now)
        )

    async def foresee(self, job: Job, now: str) -> Estimate:
        """The estimate of a job that is not submitted yet."""
        line = line_of(job.user, deferred=job.deferred)
        _, tier, now, snapshot = await self._connection.run("snapshot", now, "", line, PROMISED)
        if snapshot:
            calendar = await self._calendar(snapshot[0])
            tide = await self._tide(int(now))
            return from_script(snapshot[1:]).play_with(job, tier, calendar, tide)
        schedule = await self._schedule(int(now), line, snapshot)
        return schedule.foresee(line, tier, job.effect, job.cost, int(now))

    async def room(self, now: str) -> float:
        """Seconds until a tenth of what waits is served."""
        *_, now, snapshot = await self._connection.run("snapshot", now, "", _DEFERRED, SMALL)
        return (await self._schedule(int(now), _DEFERRED, snapshot)).until_served(0.1)

    async def speeds(self) -> Speeds:
        """What was learned up to now."""
        return Speeds(
            factors(
                await self._connection.read(lambda client: client.hgetall(self._keys["speeds"]))
            )
        )

    async def _left(self, record: Record, now: int) -> float:
        raw = await self._connection.read(
            lambda client: client.hget(self._keys["workers"], record.worker)
        )
        pool = WorkerInfo.model_validate_json(raw).pool if raw else DEFAULT_POOL
        return remaining(record.running(), pool, await self.speeds(), now)

    async def _for_all(self, line: str, now: str) -> Schedule:
        """A replay that will do for many who ask at once about such lines."""
        whole = is_deferred(line)
        recent, until = self._recent.get(whole, (None, 0.0))
        if recent and time.monotonic() < until:
            return recent
        asked = self._asked.get(whole)
        if asked is None or asked.done():
            asked = asyncio.create_task(self._ask(line, now), name="forecast")
            self._asked[whole] = asked
        return await asyncio.shield(asked)

    async def _ask(self, line: str, now: str) -> Schedule:
        *_, snapshot = await self._connection.run("snapshot", now, "", line, SMALL)
        schedule = await self._schedule(int(now), line, snapshot)
        if not snapshot:
            self._recent[is_deferred(line)] = schedule, time.monotonic() + _MOMENT
        return schedule

    async def _newest(self, now: int, line: str, snapshot: Any, wanted: str) -> Schedule:
        """One replay for all who come in the same turn of the event loop, of the last snapshot."""
        calendar, tide = await self._calendar(snapshot[0]), await self._tide(now)
        turn = self._turn
        if turn is None or turn.schedule:
            turn = self._turn = _Turn(wanted)
        elif turn.wanted != wanted:
            turn.wanted = ""
        turn.snapshot = snapshot
        await asyncio.sleep(0)
        if turn.schedule is None:
            begun = time.monotonic()
            turn.schedule = from_script(turn.snapshot[1:]).play(calendar, tide, turn.wanted)
            done = time.monotonic()
            if not turn.wanted:
                self._recent[is_deferred(line)] = turn.schedule, done + _SHARE * (done - begun)
        return turn.schedule

    async def _schedule(self, now: int, line: str, short: Any, wanted: str = "") -> Schedule:
        """The last replay, or a new one: of the snapshot of a `short` queue, as far as is `wanted`,
        or, without one, of what is in Redis and has a part in what comes of the line; the old one
        while that is made.
        """
        if short:
            return await self._newest(now, line, short, wanted)
        whole = is_deferred(line)
        replaying = self._replaying[whole]
        last = self._oracle.last(now, whole=whole, stale=replaying.locked())
        if last is not None:
            return last
        async with replaying:
            last = self._oracle.last(now, whole=whole)
            if last is not None:
                return last
            calendar = await self._calendar(await self._version())
            heads = None if whole else HEADS
            snapshot = await in_chunks(self._connection, self._keys, now, heads)
            tide = await self._tide(now)
            schedule = await asyncio.to_thread(snapshot.play, calendar, tide)
            return self._oracle.keep(schedule, whole=whole)

    async def _tide(self, now: int) -> Tide:
        async with self._reading:
            if self._oracle.wants_tide(now):
                fields = await self._connection.read(
                    lambda client: client.hgetall(self._keys["arrivals"])
                )
                self._oracle.take_tide(fields, now)
        return self._oracle.tide

    async def _version(self) -> str | None:
        found: str | None = await self._connection.read(
            lambda client: client.hget(self._keys["rules"], "version")
        )
        return found

    async def _calendar(self, version: str | None) -> Calendar:
        if version is None or self._rulebook.rules.version != int(version):
            await self._rulebook.load()
        return self._rulebook.calendar
