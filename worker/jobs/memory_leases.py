"""Claims, leases and endings of the in-memory queue."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from worker.jobs import endings
from worker.jobs.errors import LeaseLost, NoSuchJob, NotWaiting, NotYours
from worker.jobs.memory_office import MemoryOffice
from worker.jobs.memory_record import JobRecord, place_of
from worker.jobs.model import (
    WIRE,
    Cancelled,
    Claim,
    Done,
    Ending,
    Failed,
    JobView,
    Progress,
    Receipt,
    State,
    WorkerInfo,
    newer_wire,
)
from worker.jobs.policy import LATER, MICRO, Waiting
from worker.jobs.replay import DEFAULT_POOL
from worker.jobs.wakeups import set_within

__all__ = ["MemoryLeases"]

_Ending = Done | Failed | Cancelled
_How = Literal["end", "retry", "release"]


class MemoryLeases(MemoryOffice):
    """The part of `worker.jobs.queue.Queue` that moves jobs from state to state."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._seq = 0
        self._wire = WIRE
        self._records: dict[str, JobRecord] = {}
        self._running: dict[str, JobRecord] = {}
        self._stopped: list[tuple[str, str]] = []
        self._workers: dict[str, tuple[float, WorkerInfo]] = {}
        self._outbox: defaultdict[str, dict[str, Receipt]] = defaultdict(dict)
        self._listeners: defaultdict[str, set[asyncio.Queue[Progress]]] = defaultdict(set)

    async def claim(
        self,
        worker: str,
        effects: Sequence[str],
        *,
        lease: float,
        pool: str = "cpu",
        wait: float = 0.0,
        most: Mapping[str, int] = {},
        warm: Collection[str] = (),
    ) -> list[Claim]:
        """Take the next job that this worker can run, or a batch."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while True:
            changed = self._changed
            if self._wire > WIRE:
                raise newer_wire(self._wire)
            taken = self._order.take(
                self._rules.open_to(pool, effects), self._calendar.weights(self._clock()),
                most=most, warm=warm, slack=self._rules.slack * MICRO,
            )  # fmt: skip
            if taken:
                return [self._lease(entry, worker, lease) for entry in taken]
            if not await set_within(changed, end - loop.time()):
                return []

    def _lease(self, entry: Waiting, worker: str, lease: float) -> Claim:
        record = self._records[entry.job]
        record.entry = entry
        record.state = State.RUNNING
        self._running[entry.job] = record
        record.claims += 1
        record.worker = worker
        record.token = f"{worker}:{record.claims}"
        record.started = self._clock()
        record.deadline = record.started + lease
        self._notify()
        waited = round((record.started - record.submitted) * MICRO) / MICRO
        return Claim(
            job=record.job, token=record.token, attempt=record.attempt, deadline=record.deadline,
            waited=waited, tier=self._order.users[entry.user].tier,
        )  # fmt: skip

    async def renew(self, claim: Claim, *, lease: float) -> None:
        """Push the deadline out."""
        self._held(claim).deadline = self._clock() + lease

    async def progress(self, claim: Claim, progress: Progress) -> None:
        """Publish how far it is."""
        self._held(claim).progress = progress
        for listener in self._listeners[claim.job.platform]:
            listener.put_nowait(progress)

    async def finish(self, claim: Claim, done: Done) -> None:
        """End with a result; a job that was cancelled meanwhile ends as cancelled."""
        self._settle(claim, "end", done)

    async def fail(
        self, claim: Claim, code: str, message: str, *, retry: bool, **details: str | int | float
    ) -> Ending | None:
        """End without a result, or go back for another attempt."""
        failed = Failed(job=claim.job.id, code=code, message=message, details=details)
        return self._settle(claim, "retry" if retry else "end", failed)

    async def release(self, claim: Claim) -> None:
        """Give a job back unharmed."""
        self._settle(claim, "release", Cancelled(job=claim.job.id))

    async def acknowledge_cancel(self, claim: Claim) -> None:
        """The effect has stopped after a cancel."""
        self._settle(claim, "end", Cancelled(job=claim.job.id))

    async def cancel(self, job: str, *, user: str) -> JobView:
        """Remove a waiting job; flag a running one."""
        record = self._own(job, user)
        if record.state is State.WAITING:
            self._order.remove(record.entry)
            self._end(record, Cancelled(job=job))
        elif record.state is State.RUNNING and record.cancelled is None:
            record.cancelled = self._clock()
        self._notify()
        return record.view()

    async def defer(self, job: str, *, user: str) -> JobView:
        """Let a waiting job wait for the night."""
        record = self._own(job, user)
        if record.state is not State.WAITING:
            raise NotWaiting(endings.NOT_WAITING)
        if not record.job.deferred:
            self._admit_deferred(record.job.user)
            self._order.remove(record.entry)
            if not record.free:
                self._pay(record, 0)
            record.job = record.job.model_copy(update={"deferred": True})
            place = place_of(record.job, record.entry.seq)
            record.entry = replace(place, kind=record.entry.kind)
            self._order.arrive(record.entry, LATER)
            self._notify()
        return record.view()

    async def cancellations(self, worker: str) -> AsyncIterator[str]:
        """Ids of running jobs of this worker that were cancelled."""
        told: set[tuple[str, str]] = set()
        while True:
            changed = self._changed
            for record in list(self._running.values()):
                flagged = record.cancelled is not None
                claim = (record.job.id, record.token)
                if flagged and record.worker == worker and claim not in told:
                    told.add(claim)
                    yield record.job.id
            gone, self._stopped = self._stopped, [one for one in self._stopped if one[1] != worker]
            for job, whose in gone:
                if whose == worker:
                    yield job
            await changed.wait()

    async def reap(self) -> list[str]:
        """Give back every job whose lease has run out."""
        now = self._clock()
        late = [record for record in self._running.values() if record.deadline <= now]
        late.sort(key=lambda record: record.job.id)
        for record in late:
            record.token = ""
            self._close(record, "retry", endings.lease_expired(record.job))
        return [record.job.id for record in late]

    def _own(self, job: str, user: str) -> JobRecord:
        record = self._records.get(job)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        if self._account_of(record.job.user) != self._account_of(user):
            raise NotYours(endings.NOT_YOURS)
        return record

    def _held(self, claim: Claim) -> JobRecord:
        record = self._records.get(claim.job.id)
        if record is None or record.state is not State.RUNNING or record.token != claim.token:
            raise LeaseLost(endings.LOST)
        return record

    def _settle(self, claim: Claim, how: _How, ending: _Ending) -> Ending | None:
        record = self._records.get(claim.job.id)
        if record and record.ending and record.token == claim.token:
            return record.ending  # said twice: the first reply was lost
        record = self._held(claim)
        self._close(record, how, ending)
        return record.ending

    def _close(self, record: JobRecord, how: _How, ending: _Ending) -> None:
        if record.cancelled is not None:
            ending = Cancelled(job=record.job.id)
        elif how == "release" or (how == "retry" and record.attempt < record.job.max_attempts):
            if how == "release":
                record.released += 1
            else:
                record.entry = replace(record.entry, kind="")
            self._give_back(record)
            return
        if isinstance(ending, Done):
            self._speeds.learn(
                record.job, ending.seconds, self._pool(record), reference=self._rules.reference
            )
        self._order.end(record.entry.user)
        self._end(record, ending)

    def _pay(self, record: JobRecord, used: int) -> None:
        cost = record.job.cost
        self._ledgers[record.job.user].settle(cost, used, record.date, record.bonus)
        self._turnover.update(spent=used, returned=cost - used)

    def _pool(self, record: JobRecord) -> str:
        _, info = self._workers.get(record.worker, (0.0, None))
        return info.pool if info else DEFAULT_POOL

    def _give_back(self, record: JobRecord) -> None:
        record.state = State.WAITING
        del self._running[record.job.id]
        record.token = record.worker = ""
        record.progress = None
        self._order.give_back(record.entry)
        self._notify()

    def _end(self, record: JobRecord, ending: _Ending) -> None:
        record.ending = ending
        record.state = State(ending.kind)
        self._running.pop(record.job.id, None)
        cost, used = record.job.cost, 0
        if record.state is State.DONE:
            used = cost
        elif record.state is State.CANCELLED and record.cancelled is not None:
            used = record.used_until(record.cancelled)
        if not (record.job.deferred or record.free):
            self._pay(record, used)
        record.ended = self._clock()
        self._seq += 1
        record.receipt = f"{self._seq}-0"
        receipt = Receipt(id=record.receipt, job=record.job, ending=ending, since=record.ended)
        self._outbox[record.job.platform][receipt.id] = receipt
        self._notify()
