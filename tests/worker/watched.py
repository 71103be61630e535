"""A queue that is looked at after every step and held against books of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any, NamedTuple

from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.conftest import Clock
from tests.worker.books import Books, Entry
from tests.worker.histories import USERS
from tests.worker.laws import MICRO, balances
from worker.jobs.errors import QueueError
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Claim, JobView, Person, Receipt, State
from worker.jobs.queue import Queue


class Sight(NamedTuple):
    """All that can be seen of a queue from outside."""

    views: dict[str, JobView]
    people: dict[str, Person]
    dead: set[str]
    waiting: int
    running: int
    outbox: list[Receipt]


class Watched(RuleBasedStateMachine):
    """What was seen of a queue, and what must be seen of it."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = Clock()
        self.queue = self.build()
        self.books = Books()
        self.claims: list[Claim] = []
        self.made = 0
        self.told: Counter[str] = Counter()
        self.rules = self.run(self.queue.office.rules())
        self.seen = self.before = self.look()
        self.day = self.date

    def build(self) -> Queue:
        # unacknowledged endings are handed out again each time, so that all can be seen
        return MemoryQueue(clock=self.clock, redelivery=0)

    def run(self, call: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(call)

    def teardown(self) -> None:
        self.run(self.queue.close())
        self.loop.close()

    @property
    def date(self) -> int:
        return self.rules.date(self.clock())[0]

    def look(self) -> Sight:
        return self.run(self._look())

    async def _look(self) -> Sight:
        queue, office = self.queue, self.queue.office
        rows = [await queue.jobs_of(user, limit=1000) for user in USERS]
        found = await office.overview()
        receipts = await queue.outbox("web", "bot", count=1000)
        receipts.sort(key=lambda receipt: [int(part) for part in receipt.id.split("-")])
        return Sight(
            {view.job.id: view for row in rows for view in row},
            {user: await office.person(user) for user in USERS},
            {view.job.id for view in await office.dead(limit=1000)},
            sum(n for row in found.waiting.values() for n in row.values()),
            found.running,
            receipts,
        )

    def do(self, call: Awaitable[Any]) -> Any:
        """The answer, or the error; what is refused changes nothing."""
        try:
            return self.run(call)
        except QueueError as error:
            assert self.seen == self.look()
            return error
        finally:
            self.seen = self.look()

    # what always holds

    def entry(self, which: int) -> Entry:
        """One of the newest jobs."""
        entries = list(self.books.jobs.values())
        return entries[-1 - which % len(entries)]

    def claim_of(self, which: int) -> Claim:
        """One of the newest claims, mostly one that still holds its job."""
        holding = [claim for claim in self.claims if self.books.holds(claim)]
        claims = holding if holding and which < 4 else self.claims
        return claims[-1 - which % len(claims)]

    @invariant()
    def no_job_is_lost(self) -> None:
        """Each job that was accepted is there, in the state and with the attempts it must have."""
        books = self.books.jobs
        assert {job: (one.job, one.state, one.attempt) for job, one in books.items()} == {
            job: (view.job, view.state, view.attempt) for job, view in self.seen.views.items()
        }
        assert all(view.attempt <= view.job.max_attempts for view in self.seen.views.values())
        assert {job for job, entry in books.items() if entry.dead} == self.seen.dead

    @invariant()
    def none_is_in_two_places(self) -> None:
        states = Counter(view.state for view in self.seen.views.values())
        assert (states[State.WAITING], states[State.RUNNING]) == (
            self.seen.waiting,
            self.seen.running,
        )
        for user, person in self.seen.people.items():
            rows = Counter((one.state, one.job.deferred) for one in self.books.of(user))
            assert person.waiting == rows[State.WAITING, False]
            assert person.deferred == rows[State.WAITING, True]
            assert person.running == rows[State.RUNNING, False] + rows[State.RUNNING, True]

    @invariant()
    def each_end_is_told_once(self) -> None:
        waiting = Counter(receipt.job.id for receipt in self.seen.outbox)
        assert self.books.endings == self.told + waiting
        newest = {receipt.job.id: receipt.ending for receipt in self.seen.outbox}
        for job, view in self.seen.views.items():
            entry = self.books.jobs[job]
            assert (view.ending is not None) == entry.finished
            if view.ending:
                assert view.ending.kind == entry.state
                assert entry.delivered or newest[job] == view.ending

    @invariant()
    def no_credit_is_made_or_destroyed(self) -> None:
        for user, person in self.seen.people.items():
            account, old = person.account, self.before.people[user].account
            balances(account)
            assert round(account.held * MICRO) == sum(one.hold for one in self.books.of(user))
            assert round(account.spent * MICRO) == self.books.spent[user]
            came = round((account.granted - old.granted) * MICRO) - self.books.given[user]
            more = round((account.allowance - old.allowance) * MICRO)
            gone = round((account.expired - old.expired) * MICRO)
            if self.day == self.date:
                assert min(0, more) <= came <= max(0, more)
                assert 0 <= gone <= self.books.late[user]
            else:
                assert -old.allowance * MICRO <= came <= account.allowance * MICRO
                assert 0 <= gone <= round(old.available * MICRO) + self.books.late[user]
        self.books.given.clear()
        self.books.late.clear()
        self.before, self.day = self.seen, self.date
