"""The queue in one process, for tests: the same contract as the Redis queue."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from copy import deepcopy
from typing import Literal

from worker.jobs import endings
from worker.jobs.crew import crew, remaining
from worker.jobs.errors import (
    LeaseLost,
    NoSuchJob,
    NotYours,
)
from worker.jobs.memory_office import MemoryOffice
from worker.jobs.memory_record import JobRecord
from worker.jobs.model import (
    Cancelled,
    Claim,
    Done,
    Ending,
    Estimate,
    Failed,
    Job,
    JobView,
    Progress,
    Receipt,
    State,
    Ticket,
    WorkerInfo,
)
from worker.jobs.policy import MICRO, User, Waiting
from worker.jobs.replay import DEFAULT_POOL
from worker.jobs.schedule import SMALL, Oracle, Schedule
from worker.jobs.snapshot import Snapshot
from worker.jobs.wakeups import set_within

__all__ = ["MemoryQueue"]

_Ending = Done | Failed | Cancelled
_How = Literal["end", "retry", "release"]


class MemoryQueue(MemoryOffice):
    """See `worker.jobs.queue.Queue`. `redelivery`: seconds after which an ending that was handed
    out and not acknowledged is handed out again.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time, redelivery: float = 60.0) -> None:
        super().__init__(clock)
        self._redelivery = redelivery
        self._seq = 0
        self._records: dict[str, JobRecord] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._owned: defaultdict[str, list[str]] = defaultdict(list)
        self._workers: dict[str, tuple[float, WorkerInfo]] = {}
        self._outbox: defaultdict[str, dict[str, Receipt]] = defaultdict(dict)
        self._handed: dict[str, float] = {}
        self._oracle = Oracle()
        self._listeners: defaultdict[str, set[asyncio.Queue[Progress]]] = defaultdict(set)

    @property
    def office(self) -> MemoryOffice:
        """What admins see and change of this queue."""
        return self

    async def submit(self, job: Job, *, key: str) -> Ticket:
        """Queue a job; the same `key` of the same user is the same job."""
        known = self._keys.get((job.user, key)) or (job.id if job.id in self._records else None)
        if known:
            record = self._own(known, job.user)
        else:
            bonus = self._admit(job, self._room)
            self._seq += 1
            entry = Waiting(self._seq, job.id, job.user, job.effect, job.cost)
            record = JobRecord(
                job=job, key=key, entry=entry, submitted=self._clock(),
                date=self._ledgers[job.user].date, bonus=bonus,
            )  # fmt: skip
            self._records[job.id] = record
            self._keys[job.user, key] = job.id
            self._owned[job.user].append(job.id)
            self._order.arrive(entry, self._terms[job.user].tier)
            self._notify()
        estimate = await self.estimate(record.job.id)
        return Ticket(
            job=record.job.id, place=estimate.place, seconds=estimate.seconds, fresh=not known
        )

    async def claim(
        self, worker: str, effects: Sequence[str], *, lease: float, wait: float = 0.0
    ) -> Claim | None:
        """Take the next job that this worker can run."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while True:
            changed = self._changed
            entry = self._order.take(effects, self._calendar.weights(self._clock()))
            if entry is not None:
                return self._lease(entry, worker, lease)
            if not await set_within(changed, end - loop.time()):
                return None

    def _lease(self, entry: Waiting, worker: str, lease: float) -> Claim:
        record = self._records[entry.job]
        record.entry = entry
        record.state = State.RUNNING
        record.claims += 1
        record.worker = worker
        record.token = f"{worker}:{record.claims}"
        record.started = self._clock()
        record.deadline = record.started + lease
        self._notify()
        return Claim(
            job=record.job, token=record.token, attempt=record.attempt, deadline=record.deadline
        )

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

    async def cancellations(self, worker: str) -> AsyncIterator[str]:
        """Ids of running jobs of this worker that were cancelled."""
        told: set[tuple[str, str]] = set()
        while True:
            changed = self._changed
            for record in list(self._records.values()):
                flagged = record.cancelled is not None and record.state is State.RUNNING
                claim = (record.job.id, record.token)
                if flagged and record.worker == worker and claim not in told:
                    told.add(claim)
                    yield record.job.id
            await changed.wait()

    async def reap(self) -> list[str]:
        """Give back every job whose lease has run out."""
        now = self._clock()
        late = [
            record
            for record in self._records.values()
            if record.state is State.RUNNING and record.deadline <= now
        ]
        late.sort(key=lambda record: record.job.id)
        for record in late:
            record.token = ""
            self._close(record, "retry", endings.lease_expired(record.job))
        return [record.job.id for record in late]

    async def announce(self, worker: WorkerInfo, *, ttl: float) -> None:
        """Say that a worker is alive, and what it can run."""
        now = self._clock()
        self._workers = {name: row for name, row in self._workers.items() if row[0] > now}
        self._workers[worker.name] = (now + ttl, worker)

    async def retire(self, worker: str) -> None:
        """The worker leaves."""
        self._workers.pop(worker, None)

    async def workers(self) -> list[WorkerInfo]:
        """Those alive now, by name."""
        now = self._clock()
        return sorted(
            (info for until, info in self._workers.values() if until > now),
            key=lambda info: info.name,
        )

    async def view(self, job: str, *, user: str) -> JobView:
        """All that is known of a job."""
        return self._own(job, user).view()

    async def jobs_of(self, user: str, *, limit: int = 50) -> list[JobView]:
        """An account's jobs, newest first."""
        return [self._records[job].view() for job in self._owned[user][::-1][:limit]]

    async def estimate(self, job: str) -> Estimate:
        """Place and expected time."""
        record = self._records.get(job)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        if record.state is State.WAITING:
            return self._foretell(record.job)
        if record.state is not State.RUNNING:
            return Estimate(place=0, seconds=0.0)
        left = remaining(record.running(), self._pool(record), self._speeds, self._micros())
        return Estimate(place=0, seconds=left)

    async def foresee(self, job: Job) -> Estimate:
        """The estimate that the job would get now."""
        tier = self._terms[job.user].tier
        if len(self._order) <= SMALL:
            return self._snapshot().play_with(job, tier, self._calendar)
        return self._schedule().foresee(job.user, tier, job.effect, job.cost, self._micros())

    async def price(self, effect: str, guess: float, pixels: int) -> float:
        """Seconds to expect of a job, by what was learned."""
        return self._speeds.price(effect, guess, pixels)

    def _snapshot(self) -> Snapshot:
        now = self._clock()
        records = [one for one in self._records.values() if one.state is State.RUNNING]
        infos = [info for until, info in self._workers.values() if until > now]
        running = [record.running() for record in records]
        users = {
            name: User(user.tier, user.finish, user.running)
            for name, user in self._order.users.items()
        }
        return Snapshot(
            self._micros(), deepcopy(self._order.classes), users, self._order.waiting(),
            crew(running, infos, self._speeds, self._micros()), self._speeds, self._terms,
        )  # fmt: skip

    def _foretell(self, job: Job) -> Estimate:
        schedule, tier, now = self._schedule(), self._terms[job.user].tier, self._micros()
        if len(self._order) <= SMALL:
            return schedule.estimates[job.id]
        return schedule.of(job.id, job.effect, job.cost, now) or schedule.squeeze_in(
            job.id, job.user, tier, job.effect, job.cost, now
        )

    def _schedule(self) -> Schedule:
        if len(self._order) <= SMALL:
            return self._snapshot().play(self._calendar)
        last = self._oracle.last(self._micros())
        return last or self._oracle.keep(self._snapshot().play(self._calendar))

    def _room(self) -> float:
        return self._schedule().until_served(0.1)

    def _pool(self, record: JobRecord) -> str:
        _, info = self._workers.get(record.worker, (0.0, None))
        return info.pool if info else DEFAULT_POOL

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
            again = [r for r in receipts if self._handed.get(r.id, now) + self._redelivery <= now]
            new = [r for r in receipts if r.id not in self._handed]
            ready = (again + new)[:count]
            self._handed.update((receipt.id, now) for receipt in ready)
            if ready or not await set_within(changed, end - loop.time()):
                return ready

    async def acknowledge(self, platform: str, receipt: Receipt) -> None:
        """The ending was delivered."""
        if self._outbox[platform].pop(receipt.id, None):
            self._handed.pop(receipt.id, None)
            self._records[receipt.job.id].delivered = True

    async def forget(self, *, older_than: float) -> list[str]:
        """Drop jobs that ended long ago and whose ending was delivered."""
        limit = self._clock() - older_than
        old = [r for r in self._records.values() if r.delivered and r.ended <= limit]
        old.sort(key=lambda record: (record.ended, record.job.id))
        for record in old:
            del self._records[record.job.id], self._keys[record.job.user, record.key]
            self._owned[record.job.user].remove(record.job.id)
        return [record.job.id for record in old]

    async def close(self) -> None:
        """Nothing to let go of."""

    def _own(self, job: str, user: str) -> JobRecord:
        record = self._records.get(job)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        if record.job.user != user:
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
            record.released += how == "release"
            self._give_back(record)
            return
        if isinstance(ending, Done):
            self._speeds.learn(
                record.job, ending.seconds, self._pool(record), reference=self._rules.reference
            )
        self._order.end(record.job.user)
        self._end(record, ending)

    def _give_back(self, record: JobRecord) -> None:
        record.state = State.WAITING
        record.token = record.worker = ""
        record.progress = None
        self._order.give_back(record.entry)
        self._notify()

    def _end(self, record: JobRecord, ending: _Ending) -> None:
        record.ending = ending
        record.state = State(ending.kind)
        cost, used = record.job.cost, 0
        if record.state is State.DONE:
            used = cost
        elif record.state is State.CANCELLED and record.cancelled is not None:
            used = max(0, min(cost, round((record.cancelled - record.started) * MICRO)))
        self._ledgers[record.job.user].settle(cost, used, record.date, record.bonus)
        record.ended = self._clock()
        self._seq += 1
        receipt = Receipt(id=f"{self._seq}-0", job=record.job, ending=ending)
        self._outbox[record.job.platform][receipt.id] = receipt
        self._notify()
