"""Workers and dead letters of the in-memory queue."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from worker.jobs import endings
from worker.jobs.errors import NoSuchJob, NotFailed
from worker.jobs.ledger import Ledger, without_jobs
from worker.jobs.memory_leases import MemoryLeases
from worker.jobs.memory_record import JobRecord, place_of
from worker.jobs.model import JobView, Overview, State, Turnover, WorkerInfo
from worker.jobs.people import PersonCopy, Terms, check_user
from worker.jobs.policy import LATER, MICRO

__all__ = ["MemoryUpkeep"]


class MemoryUpkeep(MemoryLeases):
    """The part of the queue and the office that looks after what goes wrong."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._keys: dict[tuple[str, str], str] = {}
        self._owned: defaultdict[str, list[str]] = defaultdict(list)
        self._draining: set[str] = set()
        self._forgotten: dict[tuple[str, int], float] = {}

    async def announce(self, worker: WorkerInfo, *, ttl: float) -> bool:
        """Say that a worker is alive, and what it can run."""
        alive = {info.name for info in await self.workers()}
        self._draining &= alive
        self._workers[worker.name] = (self._clock() + ttl, worker)
        return worker.name not in self._draining

    async def retire(self, worker: str) -> None:
        """The worker leaves."""
        self._workers.pop(worker, None)
        self._draining.discard(worker)

    async def workers(self) -> list[WorkerInfo]:
        """Those alive now, by name."""
        now = self._clock()
        return sorted(
            (
                info.model_copy(update={"leaving": info.name in self._draining})
                for until, info in self._workers.values()
                if until > now
            ),
            key=lambda info: info.name,
        )

    async def drain(self, worker: str, *, who: str) -> None:
        """Tell a worker to leave."""
        alive = [info.name for info in await self.workers()]
        if worker not in alive:
            raise endings.no_such_worker(worker, alive)
        if worker in self._draining:
            raise endings.leaving_already(worker)
        self._draining.add(worker)
        self._note(who, f"worker {worker}", "", "leaving")

    async def overview(self) -> Overview:
        """What waits, runs and is paused."""
        waiting: defaultdict[str, Counter[str]] = defaultdict(Counter)
        since: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for entry in sorted(self._order.waiting(), key=lambda entry: entry.seq):
            tier = self._order.users[entry.user].tier
            waiting[tier][entry.effect] += 1
            since[tier].setdefault(entry.effect, self._records[entry.job].submitted)
        return Overview(
            waiting=waiting,
            since=since,
            running=sum(one.state is State.RUNNING for one in self._records.values()),
            dead=len(self._dead()),
            workers=len(await self.workers()),
            paused_effects=self._rules.paused_effects,
            paused_pools=self._rules.paused_pools,
            turnover=Turnover(**{name: sum_ / MICRO for name, sum_ in self._turnover.items()}),
        )

    async def dead(self, *, limit: int = 50) -> list[JobView]:
        """The dead letters, newest first."""
        found = sorted(self._dead(), key=lambda one: (one.ended, one.job.id), reverse=True)
        return [record.view() for record in found[:limit]]

    async def retry(self, job: str, *, who: str) -> None:
        """Let a dead letter wait again."""
        record = self._letter(job)
        self._note(who, f"dead letter {job}", "failed", "waiting")
        record.state, record.free, record.released = State.WAITING, True, record.claims
        record.ending = record.progress = record.cancelled = None
        record.token = record.worker = record.receipt = ""
        record.delivered = False
        account = self._account_of(record.job.user)
        if account != record.job.user:
            self._owned[record.job.user].remove(job)
            self._owned[account].append(job)
            self._keys.setdefault((account, record.key), job)
            del self._keys[record.job.user, record.key]
            record.job = record.job.model_copy(update={"user": account})
        record.entry = replace(place_of(record.job, record.entry.seq), kind="")
        tier = LATER if record.job.deferred else self._terms[record.job.user].tier
        self._order.arrive(record.entry, tier)
        self._notify()

    async def drop(self, job: str, *, who: str) -> None:
        """Take a job from among the dead letters."""
        self._letter(job).dropped = True
        self._note(who, f"dead letter {job}", "failed", "dropped")

    async def copies(self) -> AsyncIterator[PersonCopy]:
        """All accounts of which anything is kept."""
        for user in {**self._terms, **self._ledgers}:
            terms, ledger = self._terms[user], without_jobs(self._ledgers[user])
            if not terms.account and (ledger or terms != Terms()):
                joined = {name: Terms(account=user) for name in terms.linked}
                yield PersonCopy(terms={user: terms, **joined}, ledger=ledger)

    async def restore(self, copy: PersonCopy) -> bool:
        """Put an account in place, unless it is known."""
        for name in copy.terms:
            check_user(name)
        for name in copy.terms:
            known = self._terms[name] != Terms() or self._ledgers[name] != Ledger()
            if known or self._owned[name]:
                return False
        for name, terms in copy.terms.items():
            has_tier = terms.tier in self._rules.tiers
            self._terms[name] = terms if has_tier else terms.changed({"tier": ""})
        if copy.ledger:
            self._ledgers[next(iter(copy.terms))] = Ledger(**copy.ledger)
        return True

    def _erase(self, record: JobRecord) -> None:
        """As if it had never been."""
        if record.state is State.RUNNING:
            until = self._clock() if record.cancelled is None else record.cancelled
            if not (record.job.deferred or record.free):
                self._pay(record, record.used_until(until))
            del self._running[record.job.id]
            self._order.end(record.entry.user)
            self._stopped.append((record.job.id, record.worker))
        elif record.state is State.WAITING:
            if not (record.job.deferred or record.free):
                self._pay(record, 0)
            self._order.remove(record.entry)
        else:
            self._outbox[record.job.platform].pop(record.receipt, None)
        self._drop_record(record)

    def _drop_record(self, record: JobRecord) -> None:
        del self._records[record.job.id], self._keys[record.job.user, record.key]
        self._owned[record.job.user].remove(record.job.id)

    def _drop_remainders(self) -> None:
        """Of the days that are over."""
        now = self._clock()
        for (name, date), midnight in list(self._forgotten.items()):
            if midnight > now:
                continue
            del self._forgotten[name, date]
            ledger = self._ledgers[name]
            if ledger.date == date and not ledger.held and not ledger.bonus:
                del self._ledgers[name]

    def _dead(self) -> list[JobRecord]:
        return [
            record
            for record in self._records.values()
            if record.state is State.FAILED and not record.dropped
        ]

    def _letter(self, job: str) -> JobRecord:
        record = self._records.get(job)
        if record is None:
            raise NoSuchJob(endings.UNKNOWN)
        if record not in self._dead():
            raise NotFailed(endings.NOT_FAILED)
        return record
