"""The queue in one process, for tests: the same contract as the Redis queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from math import inf

from worker.jobs import endings
from worker.jobs.crew import crew, remaining
from worker.jobs.errors import NoSuchJob
from worker.jobs.link_codes import new_code
from worker.jobs.memory_links import MemoryLinks
from worker.jobs.memory_record import JobRecord, place_of
from worker.jobs.model import (
    Estimate,
    Job,
    JobView,
    Progress,
    Receipt,
    State,
    Ticket,
)
from worker.jobs.office import Office
from worker.jobs.policy import LATER, Waiting, is_deferred, line_of
from worker.jobs.schedule import HEADS, PROMISED, SMALL, Oracle, Schedule
from worker.jobs.snapshot import Snapshot
from worker.jobs.tide import Tide, slot_of
from worker.jobs.wakeups import set_within

__all__ = ["MemoryQueue"]


class MemoryQueue(MemoryLinks):
    """See `worker.jobs.queue.Queue`. `redelivery`: seconds after which an ending that was handed
    out and not acknowledged is handed out again.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        redelivery: float = 60.0,
        make_code: Callable[[], str] = new_code,
    ) -> None:
        super().__init__(clock, make_code)
        self._redelivery = redelivery
        self._handed: dict[str, float] = {}
        self._oracle = Oracle()
        self._tide = Tide()

    @property
    def office(self) -> Office:
        """What admins see and change of this queue."""
        return self

    async def submit(self, job: Job, *, key: str) -> Ticket:
        """Queue a job; the same `key` of the same user is the same job."""
        account = self._account_of(job.user)
        if account != job.user and (job.user, key) not in self._keys:
            job = job.model_copy(update={"user": account})
        known = self._keys.get((job.user, key)) or (job.id if job.id in self._records else None)
        if known:
            record = self._own(known, job.user)
        else:
            bonus = self._admit(job, self._room)
            self._seq += 1
            self._wire = max(self._wire, job.v)
            record = JobRecord(
                job=job, key=key, entry=place_of(job, self._seq), submitted=self._clock(),
                date=self._ledgers[job.user].date, bonus=bonus,
            )  # fmt: skip
            self._records[job.id] = record
            self._keys[job.user, key] = job.id
            self._owned[job.user].append(job.id)
            self._learn_arrival(job)
            self._order.arrive(record.entry, self._class_of(job))
            self._notify()
        estimate = self._estimate(record, PROMISED)
        return Ticket(
            job=record.job.id, place=estimate.place, seconds=estimate.seconds, fresh=not known
        )

    async def view(self, job: str, *, user: str) -> JobView:
        """All that is known of a job."""
        return self._own(job, user).view()

    async def jobs_of(self, user: str, *, limit: int = 50) -> list[JobView]:
        """An account's jobs, newest first."""
        account = self._account_of(user)
        names = (account, *self._terms[account].linked)
        records = [self._records[job] for name in names for job in self._owned[name]]
        records.sort(key=lambda record: record.entry.seq, reverse=True)
        return [record.view() for record in records[:limit]]

    async def estimate(self, job: str) -> Estimate:
        """Place and expected time."""
        record = self._records.get(job)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        return self._estimate(record, SMALL)

    def _estimate(self, record: JobRecord, most: int) -> Estimate:
        if record.state is State.WAITING:
            return self._foretell(record.job, most)
        if record.state is not State.RUNNING:
            return Estimate(place=0, seconds=0.0)
        left = remaining(record.running(), self._pool(record), self._speeds, self._micros())
        return Estimate(place=0, seconds=left)

    async def foresee(self, job: Job) -> Estimate:
        """The estimate that the job would get now."""
        job = job.model_copy(update={"user": self._account_of(job.user)})
        tier, line = self._class_of(job), line_of(job.user, deferred=job.deferred)
        if (short := self._short(line, PROMISED)) is not None:
            snapshot = self._snapshot(short, line)
            return snapshot.play_with(job, tier, self._calendar, self._known_tide())
        return self._last(line).foresee(line, tier, job.effect, job.cost, self._micros())

    async def price(self, effect: str, guess: float, pixels: int) -> float:
        """Seconds to expect of a job, by what was learned."""
        return self._speeds.price(effect, guess, pixels)

    def _short(self, line: str, most: int) -> list[Waiting] | None:
        """What to replay for a question about a line; None: more than `most`, so that the last
        will do.
        """
        if len(self._order) <= most:
            return self._order.waiting()
        if not is_deferred(line) and self._order.count_now() <= most:
            return self._order.soon(HEADS)
        return None

    def _snapshot(self, waiting: list[Waiting], also: str = "") -> Snapshot:
        now = self._clock()
        infos = [info for until, info in self._workers.values() if until > now]
        running = [record.running() for record in self._running.values()]
        users = {entry.user for entry in waiting} | {one.user for one in running} | {also}
        return Snapshot(
            self._micros(), deepcopy(self._order.classes), self._order.shares(users), waiting,
            crew(running, infos, self._speeds, self._micros()), self._speeds, self._terms,
        )  # fmt: skip

    def _foretell(self, job: Job, most: int) -> Estimate:
        line = line_of(job.user, deferred=job.deferred)
        tier, now, short = self._class_of(job), self._micros(), self._short(line, most)
        schedule = self._last(line) if short is None else self._play(short, job.id)
        return schedule.of(job.id, job.effect, job.cost, now) or schedule.squeeze_in(
            job.id, line, tier, job.effect, job.cost, now
        )

    def _last(self, line: str) -> Schedule:
        whole = is_deferred(line)
        if last := self._oracle.last(self._micros(), whole=whole):
            return last
        waiting = self._order.waiting() if whole else self._order.soon(HEADS)
        return self._oracle.keep(self._play(waiting), whole=whole)

    def _play(self, waiting: list[Waiting], wanted: str = "") -> Schedule:
        return self._snapshot(waiting).play(self._calendar, self._known_tide(), wanted)

    def _known_tide(self) -> Tide:
        if self._oracle.wants_tide(self._micros()):
            self._oracle.take_tide(self._tide.fields, self._micros())
        return self._oracle.tide

    def _learn_arrival(self, job: Job) -> None:
        line = line_of(job.user, deferred=job.deferred)
        user = self._order.users.get(line)
        first = user is None or user.running + self._order.waiting_of(line) == 0
        now = self._clock()
        date, slot, _ = slot_of(*self._calendar.date(now), now)
        self._tide.learn(date, slot, self._class_of(job), job.effect, job.cost, first)

    def _class_of(self, job: Job) -> str:
        return LATER if job.deferred else self._terms[job.user].tier

    def _room(self) -> float:
        return self._last(line_of("", deferred=True)).until_served(0.1)

    async def events(self, platform: str) -> AsyncIterator[Progress]:
        """Progress of the platform's jobs, from now on."""
        listener: asyncio.Queue[Progress] = asyncio.Queue()
        self._listeners[platform].add(listener)
        try:
            while True:
                yield await listener.get()
        finally:
            self._listeners[platform].discard(listener)

    async def outbox(
        self, platform: str, consumer: str, *, count: int = 16, wait: float = 0.0
    ) -> list[Receipt]:
        """Endings not yet acknowledged."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while True:
            changed = self._changed
            now = self._clock()
            receipts = self._outbox[platform].values()
            again = [r for r in receipts if self._handed.get(r.id, inf) + self._redelivery <= now]
            new = [r for r in receipts if r.id not in self._handed]
            ready = (again + new)[:count]
            self._handed.update((receipt.id, now) for receipt in ready)
            if ready or not await set_within(changed, end - loop.time()):
                return ready

    async def acknowledge(self, platform: str, receipt: Receipt) -> None:
        """The ending was delivered."""
        if self._outbox[platform].pop(receipt.id, None):
            self._handed.pop(receipt.id, None)
            record = self._records[receipt.job.id]
            record.delivered = record.delivered or record.receipt == receipt.id

    async def forget(self, *, older_than: float) -> list[str]:
        """Drop jobs that ended long ago and whose ending was delivered."""
        limit = self._clock() - older_than
        old = [r for r in self._records.values() if r.delivered and r.ended <= limit]
        old.sort(key=lambda record: (record.ended, record.job.id))
        for record in old:
            self._drop_record(record)
        self._drop_remainders()
        return [record.job.id for record in old]

    async def wait_until_there(self) -> None:
        """It is."""

    async def close(self) -> None:
        """Nothing to let go of."""
