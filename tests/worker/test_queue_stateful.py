"""Whatever bots, workers and admins do, in any order: no job is lost or in two places, no credit is
made or destroyed, nothing stale is accepted, attempts are bounded, and each end is told once.

The machine holds every answer of a queue, and all that can be seen of it after every step, against
books of its own. `test_queue_twins` holds the two builds against each other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.worker.books import Entry
from tests.worker.histories import (
    EFFECTS,
    USERS,
    effects,
    leases,
    orders,
    pauses,
    policies,
    small,
    terms,
    users,
    workers,
)  # fmt: skip
from tests.worker.laws import MICRO, in_one_place
from tests.worker.watched import Watched
from worker.jobs.errors import LeaseLost, NotFailed, NotWaiting, NotYours, QueueError
from worker.jobs.model import Claim, Done, Job, State
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue


class Machine(Watched):
    """Any history of one queue."""

    # what users do

    def _submit(self, job: Job, key: str) -> None:
        known = next((e for e in self.books.of(job.user) if e.key == key), None)
        known = known or self.books.jobs.get(job.id)
        before = self.seen
        answer = self.do(self.queue.submit(job, key=key))
        if known:
            assert before == self.seen
            if known.job.user != job.user:
                assert isinstance(answer, NotYours)
            else:
                assert (answer.job, answer.fresh) == (known.job.id, False)
        elif not isinstance(answer, QueueError):
            assert (answer.job, answer.fresh) == (job.id, True)
            self.books.jobs[job.id] = Entry(job, key, self.date)

    def _submit_new(self, job: Job) -> None:
        self.made += 1
        self._submit(job.model_copy(update={"id": f"j{self.made}"}), f"k{self.made}")

    @initialize(jobs=st.lists(orders, max_size=4))
    def begin(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._submit_new(job)

    @rule(job=orders)
    def submit(self, job: Job) -> None:
        self._submit_new(job)

    @rule(job=orders)
    def submit_alike(self, job: Job) -> None:
        self._submit_new(job.model_copy(update={"effect": "paint", "kind": "x", "max_attempts": 3}))

    @precondition(lambda self: self.books.jobs)
    @rule(which=small, user=users, same_id=st.booleans())
    def submit_again(self, which: int, user: str, same_id: bool) -> None:
        old = self.entry(which)
        self.made += 1
        job = old.job.model_copy(update={"user": user})
        if same_id:
            self._submit(job, f"k{self.made}")
        else:
            self._submit(job.model_copy(update={"id": f"j{self.made}"}), old.key)

    @precondition(lambda self: self.books.jobs)
    @rule(which=small, user=st.sampled_from([None, None, None, "bob"]))
    def cancel(self, which: int, user: str | None) -> None:
        entry = self.entry(which)
        owner = entry.job.user
        answer = self.do(self.queue.cancel(entry.job.id, user=user or owner))
        assert isinstance(answer, NotYours) == (user not in (None, owner))
        if isinstance(answer, NotYours):
            return
        if entry.state is State.WAITING:
            self.books.end(entry, State.CANCELLED, self.clock(), self.date)
        elif entry.state is State.RUNNING and entry.flagged is None:
            entry.flagged = self.clock()

    @precondition(lambda self: self.books.jobs)
    @rule(which=small)
    def defer(self, which: int) -> None:
        entry = self.entry(which)
        answer = self.do(self.queue.defer(entry.job.id, user=entry.job.user))
        assert isinstance(answer, NotWaiting) == (entry.state is not State.WAITING)
        if not isinstance(answer, QueueError):
            self.books.defer(entry, answer.job, self.date)

    # what workers do

    def _claim(self, *args: Any, most: int = 1, pool: str = "w9", **more: Any) -> list[Claim]:
        batch = {"paint": most, "dream": 2}
        claims = self.do(self.queue.claim(*args, pool=pool, most=batch, **more))
        self.claims += claims
        untried = not any(self.books.jobs[claim.job.id].tried for claim in claims)
        for claim in claims:
            self.books.claim(claim, self.clock())
            job = claim.job
            assert job.effect in self.rules.open_to(pool, args[1])
            person = self.seen.people[job.user]
            assert person.banned is None
            limit = self.rules.tiers[person.tier].running
            assert self.books.running((job.user, job.deferred)) <= limit
        if len(claims) > 1:
            assert untried
            [(effect, kind)] = {(claim.job.effect, claim.job.kind) for claim in claims}
            assert kind
            assert len(claims) <= batch[effect]
        return claims

    @rule(worker=workers, effects=effects, lease=leases)
    def claim(self, worker: str, effects: tuple[str, ...], lease: int) -> None:
        self._claim(worker, effects, lease=lease, pool=worker)

    @rule(worker=workers, most=st.sampled_from([2, 9]), lease=leases, warm=effects)
    def claim_batch(self, worker: str, most: int, lease: int, warm: tuple[str, ...]) -> None:
        self._claim(worker, EFFECTS, lease=lease, pool=worker, most=most, warm=warm)

    def _say(self, claim: Claim, call: Awaitable[Any], then: Callable[[Entry], None]) -> None:
        """A worker says something of a claim: it counts only from who holds the job."""
        holds, twice, before = self.books.holds(claim), self.books.ended_by(claim), self.seen
        answer = self.do(call)
        assert isinstance(answer, LeaseLost) == (not holds and not twice)
        if holds:
            then(self.books.jobs[claim.job.id])
        else:
            assert before == self.seen

    def _leave(self, claim: Claim, call: Awaitable[Any], state: State) -> None:
        self._say(claim, call, lambda one: self.books.leave(one, state, self.clock(), self.date))

    @precondition(lambda self: self.claims)
    @rule(which=small, lease=leases)
    def renew(self, which: int, lease: int) -> None:
        claim = self.claim_of(which)
        holds = self.books.holds(claim)
        answer = self.do(self.queue.renew(claim, lease=lease))
        assert isinstance(answer, LeaseLost) == (not holds)
        if holds:
            self.books.jobs[claim.job.id].deadline = self.clock() + lease

    @precondition(lambda self: self.claims)
    @rule(which=small, times=st.sampled_from([1, 1, 2]))
    def finish(self, which: int, times: int) -> None:
        claim = self.claim_of(which)
        for _ in range(times):
            done = Done(job=claim.job.id, seconds=2, text={"en": claim.token})
            self._leave(claim, self.queue.finish(claim, done), State.DONE)

    @precondition(lambda self: self.claims)
    @rule(which=small, retry=st.booleans(), times=st.sampled_from([1, 1, 2]))
    def fail(self, which: int, retry: bool, times: int) -> None:
        claim = self.claim_of(which)
        for _ in range(times):
            call = self.queue.fail(claim, "x", "It failed.", retry=retry)
            self._leave(claim, call, State.WAITING if retry else State.FAILED)

    @precondition(lambda self: self.claims)
    @rule(which=small)
    def release(self, which: int) -> None:
        claim = self.claim_of(which)
        then = lambda one: self.books.release(one, self.clock(), self.date)  # noqa: E731
        self._say(claim, self.queue.release(claim), then)

    @precondition(lambda self: self.claims)
    @rule(which=small)
    def acknowledge_cancel(self, which: int) -> None:
        claim = self.claim_of(which)
        self._leave(claim, self.queue.acknowledge_cancel(claim), State.CANCELLED)

    # what time does

    def _reap(self) -> None:
        entries = self.books.jobs.items()
        late = {
            job for job, one in entries
            if one.state is State.RUNNING and one.deadline <= self.clock()
        }  # fmt: skip
        assert sorted(late) == self.do(self.queue.reap())
        for job in late:
            entry = self.books.jobs[job]
            entry.token = ""
            self.books.leave(entry, State.WAITING, self.clock(), self.date)

    @rule(seconds=st.sampled_from([0.5, 1, 4, 16, 3600]), reap=st.booleans())
    def advance(self, seconds: float, reap: bool) -> None:
        self.clock.advance(seconds)
        self.seen = self.look()
        if reap:
            self._reap()

    @rule()
    def midnight(self) -> None:
        self.clock.advance(self.seen.people["ann"].account.refill)
        self.seen = self.look()

    # what admins do

    @rule(values=policies)
    def change_rules(self, values: dict[str, Any]) -> None:
        values |= {"tiers": {**self.rules.tiers, **values["tiers"]}}
        changed = self.rules.model_copy(update=values)
        self.rules = self.do(self.queue.office.set_rules(changed, who="admin"))

    @rule(values=st.fixed_dictionaries(pauses))
    def pause(self, values: dict[str, Any]) -> None:
        changed = self.rules.model_copy(update=values)
        self.rules = self.do(self.queue.office.set_rules(changed, who="admin"))

    @rule(user=users, change=terms)
    def change_terms(self, user: str, change: tuple[Any, ...]) -> None:
        name, *values = change
        more = {"seconds": 60} if name == "boost" else {}
        self.do(getattr(self.queue.office, name)(user, *values, who="admin", **more))
        if name == "grant":
            self.books.given[user] += values[0] * MICRO

    @precondition(lambda self: self.books.jobs)
    @rule(which=small, again=st.booleans())
    def see_to_dead_letter(self, which: int, again: bool) -> None:
        dead = [entry for entry in self.books.jobs.values() if entry.dead]
        entry = dead[-1 - which % len(dead)] if dead and which < 5 else self.entry(which)
        office = self.queue.office
        answer = self.do((office.retry if again else office.drop)(entry.job.id, who="admin"))
        assert isinstance(answer, NotFailed) == (not entry.dead)
        if not entry.dead:
            return
        if again:
            self.books.retry(entry)
        entry.dead = False

    # what the bot does with what has ended

    @precondition(lambda self: self.seen.outbox)
    @rule(which=small, times=st.sampled_from([1, 2]))
    def acknowledge(self, which: int, times: int) -> None:
        receipt = self.seen.outbox[which % len(self.seen.outbox)]
        job = receipt.job.id
        last = [other.id for other in self.seen.outbox if other.job.id == job][-1]
        for _ in range(times):
            self.do(self.queue.acknowledge("web", receipt))
        self.told[job] += 1
        entry = self.books.jobs[job]
        entry.delivered = entry.delivered or (entry.finished and receipt.id == last)

    @rule(older=st.sampled_from([0, 16]))
    def forget(self, older: int) -> None:
        old = [
            (one.ended, job) for job, one in self.books.jobs.items()
            if one.delivered and one.ended <= self.clock() - older
        ]  # fmt: skip
        assert [job for _, job in sorted(old)] == self.do(self.queue.forget(older_than=older))
        for _, job in old:
            del self.books.jobs[job]

    @precondition(lambda self: len(self.books.jobs) > 5)
    @rule()
    def serve_all(self) -> None:
        """Whatever waits is served once nobody is banned and nothing is paused."""
        for user in USERS:
            self.do(self.queue.office.unban(user, who="admin"))
        self.pause({"paused_effects": (), "paused_pools": ()})
        while True:
            self.clock.advance(100)
            self.seen = self.look()
            self._reap()
            claims = self._claim("w9", EFFECTS, lease=10, most=9)
            if not claims:
                break
            for claim in claims:
                call = self.queue.finish(claim, Done(job=claim.job.id))
                self._leave(claim, call, State.DONE)
        assert all(entry.finished for entry in self.books.jobs.values())


class RedisMachine(Machine):
    """The same on Redis, whose keys are looked at, too."""

    def build(self) -> Queue:
        self.client = redis.Redis.from_url(self.url, decode_responses=True)
        self.client.flushall()
        return RedisQueue(self.url, clock=self.clock, redelivery=0)

    def teardown(self) -> None:
        super().teardown()
        self.client.close()

    @invariant()
    def keys_agree(self) -> None:
        in_one_place(self.client, self.seen.views.values())


def play(machine: type[Machine], url: str, **more: Any) -> None:
    """Run many histories."""
    here = type(machine.__name__, (machine,), {"url": url})
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        here, settings=settings(deadline=None, suppress_health_check=checks, **more)
    )


def test_any_interleaving_in_memory() -> None:
    """Nothing is lost, doubled, made or destroyed in memory."""
    play(Machine, "", max_examples=40, stateful_step_count=50, derandomize=True)


def test_any_interleaving_on_redis(redis_url: str) -> None:
    """Nothing is lost, doubled, made or destroyed on Redis."""
    play(RedisMachine, redis_url, max_examples=12, stateful_step_count=40, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("machine", [Machine, RedisMachine])
def test_many_interleavings(machine: type[Machine], redis_url: str) -> None:
    """The same for minutes, other histories each time."""
    play(machine, redis_url, max_examples=400, stateful_step_count=60)
