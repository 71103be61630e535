"""Pauses, dead letters and leaving workers, on both builds of the queue."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import WAIT, Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from tests.worker.conftest import Sleepers
from worker.jobs import redis_leases
from worker.jobs.errors import (
    EffectPaused,
    LeaseLost,
    NoSuchJob,
    NoSuchWorker,
    NotFailed,
    NothingToChange,
)
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Claim, Done, State, Turnover, WorkerInfo
from worker.jobs.redis_queue import RedisQueue

Built = MemoryQueue | RedisQueue
"""Either build; both have the office beside the queue."""
BOTH = ("paint", "dream")


async def pause(
    queue: Built, *, effects: tuple[str, ...] = (), pools: tuple[str, ...] = ()
) -> None:
    """These alone are paused from now on."""
    rules = await queue.office.rules()
    values = {"paused_effects": effects, "paused_pools": pools}
    await queue.office.set_rules(rules.model_copy(update=values), who="admin")


async def fail(queue: Built, job: str) -> Claim:
    """Take what comes, which is `job`, and let it fail for good."""
    claim = await take(queue)
    assert job == claim.job.id
    await queue.fail(claim, "x", "X.", retry=False)
    return claim


def workers(*names: str) -> list[WorkerInfo]:
    """Workers that can paint."""
    return [WorkerInfo(name=name, device="cpu", effects=("paint",)) for name in names]


# -- pauses


async def test_a_paused_effect(queue: Built) -> None:
    """Nothing new is taken or begun; what waits keeps its place, what runs goes on."""
    await submit(queue, a_job("a", "ann"), a_job("b", "ann"), a_job("d", "bob", effect="dream"))
    running = await take(queue)
    await pause(queue, effects=("paint",))
    with pytest.raises(EffectPaused, match="paint is paused") as caught:
        await submit(queue, a_job("c", "ann"))
    assert {"effect": "paint"} == caught.value.details
    assert not (await queue.submit(a_job("b", "ann"), key="b")).fresh
    assert ["d"] == await serve_all(queue, BOTH)
    await queue.finish(running, Done(job="a"))
    assert [] == await serve_all(queue, BOTH)
    assert 1 == (await queue.estimate("b")).place
    overview = await queue.office.overview()
    assert ({"free": {"paint": 1}}, ("paint",)) == (overview.waiting, overview.paused_effects)
    await pause(queue)
    await submit(queue, a_job("c", "ann"))
    assert ["b", "c"] == await serve_all(queue, BOTH)


async def test_a_paused_pool(queue: Built) -> None:
    """Its workers begin nothing, others go on."""
    await submit(queue, a_job("a", "ann"), a_job("b", "ann"))
    await pause(queue, pools=("cuda",))
    assert [] == await queue.claim("w1", BOTH, lease=10, pool="cuda")
    (claim,) = await queue.claim("w2", BOTH, lease=10)
    assert "a" == claim.job.id
    await pause(queue)
    (claim,) = await queue.claim("w1", BOTH, lease=10, pool="cuda")
    assert "b" == claim.job.id


async def test_a_pause_reaches_a_sleeping_claim(
    queue: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that slept through a pause takes nothing of it, and looks again when it is over."""
    monkeypatch.setattr(redis_leases, "POLL", 0.2)
    sleeping = asyncio.create_task(queue.claim("w1", BOTH, lease=10, wait=2 * WAIT, pool="cuda"))
    await Sleepers(queue).claims()
    await pause(queue, pools=("cuda",))
    await submit(queue, a_job("a", "ann"))
    done, _ = await asyncio.wait([sleeping], timeout=0.5)  # it looks twice
    assert not done
    await pause(queue)
    (claim,) = await asyncio.wait_for(sleeping, WAIT)
    assert "a" == claim.job.id


# -- dead letters


async def test_dead_letters(queue: Built, clock: Clock) -> None:
    """Failed jobs, newest first, until they are sent again, dropped or forgotten."""
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(4)))
    for i in range(3):
        await fail(queue, f"a{i}")
        clock.advance(1)
    office = queue.office
    assert ["a2", "a1", "a0"] == [view.job.id for view in await office.dead()]
    assert ["a2"] == [view.job.id for view in await office.dead(limit=1)]
    assert (3, {"free": {"paint": 1}}) == (
        (await office.overview()).dead, (await office.overview()).waiting,
    )  # fmt: skip
    await office.drop("a1", who="admin")
    assert ["a2", "a0"] == [view.job.id for view in await office.dead()]
    assert State.FAILED is (await queue.view("a1", user="ann")).state
    await deliver(queue)
    clock.advance(100)
    assert {"a0", "a1", "a2"} == set(await queue.forget(older_than=50))
    assert [] == await office.dead()


async def test_a_letter_waits_again(queue: Built, clock: Clock) -> None:
    """At its place in its user's line, with all attempts, for no credits, and ends once more."""
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(3)), a_job("b", "bob"))
    old = await fail(queue, "a0")
    before = await queue.account("ann")
    await queue.office.retry("a0", who="telegram:1")
    assert before == await queue.account("ann")
    view = await queue.view("a0", user="ann")
    assert (State.WAITING, 0, None) == (view.state, view.attempt, view.ending)
    with pytest.raises(LeaseLost):
        await queue.finish(old, Done(job="a0"))
    served = []
    for _ in range(4):
        claim = await take(queue)
        served.append(claim.job.id)
        await queue.fail(claim, "x", "X.", retry=True)
        claim = await take(queue)
        assert served[-1] == claim.job.id
        await queue.finish(claim, Done(job=claim.job.id))
    # a1 had its tag when a0 came back; a0 stands before a2, which came later
    assert ["b", "a1", "a0", "a2"] == served
    account = await queue.account("ann")
    assert (2, 0) == (account.spent, account.held)
    kinds = [(r.job.id, r.ending.kind) for r in await deliver(queue)]
    assert [("a0", "failed"), ("a0", "done")] == [row for row in kinds if row[0] == "a0"]
    assert ("dead letter a0", "failed", "waiting", "telegram:1") == next(
        (c.what, c.before, c.after, c.who) for c in await queue.office.changes()
    )  # fmt: skip


async def test_a_retry_before_its_failure_was_told(queue: Built, clock: Clock) -> None:
    """The receipt of the first ending, acknowledged late, does not let the job be forgotten."""
    await submit(queue, a_job("a", "ann"))
    await fail(queue, "a")
    (receipt,) = await queue.outbox("web", "bot")
    await queue.office.retry("a", who="admin")
    await queue.acknowledge("web", receipt)
    clock.advance(100)
    assert [] == await queue.forget(older_than=50)
    assert ["a"] == await serve_all(queue)
    clock.advance(100)
    assert [] == await queue.forget(older_than=50)
    await deliver(queue)
    assert ["a"] == await queue.forget(older_than=50)


async def test_a_retried_job_may_be_cancelled_or_fail(queue: Built) -> None:
    """Neither makes or destroys a credit."""
    await submit(queue, a_job("a", "ann"), a_job("b", "ann"))
    await fail(queue, "a")
    await fail(queue, "b")
    before = await queue.account("ann")
    for job in ("a", "b"):
        await queue.office.retry(job, who="admin")
    await fail(queue, "a")
    await queue.cancel("b", user="ann")
    after = await queue.account("ann")
    assert (before.available, 0, 0) == (after.available, after.held, after.spent)
    assert ["a"] == [view.job.id for view in await queue.office.dead()]


async def test_a_letter_of_the_banned(queue: Built) -> None:
    """It waits, and is not begun before the ban ends."""
    await submit(queue, a_job("a", "ann"))
    await fail(queue, "a")
    await queue.office.ban("ann", "spam", who="admin")
    await queue.office.retry("a", who="admin")
    assert {"free": {"paint": 1}} == (await queue.office.overview()).waiting
    assert [] == await serve_all(queue)
    await queue.office.unban("ann", who="admin")
    assert ["a"] == await serve_all(queue)


@pytest.mark.parametrize("call", ["retry", "drop"])
async def test_no_dead_letter(queue: Built, call: str) -> None:
    """What is unknown, has not failed, or was dropped is refused and noted nowhere."""
    see_to = getattr(queue.office, call)
    await submit(queue, a_job("a", "ann"))
    with pytest.raises(NoSuchJob):
        await see_to("nothing", who="admin")
    with pytest.raises(NotFailed):
        await see_to("a", who="admin")
    await fail(queue, "a")
    await queue.office.drop("a", who="admin")
    with pytest.raises(NotFailed):
        await see_to("a", who="admin")
    assert 1 == len(await queue.office.changes())


async def test_retries_at_once(queue: Built) -> None:
    """Of many one sends the job again; it is served once."""
    await submit(queue, a_job("a", "ann"))
    await fail(queue, "a")
    answers = await asyncio.gather(
        *(queue.office.retry("a", who=f"admin{i}") for i in range(20)), return_exceptions=True
    )
    assert 19 == sum(isinstance(answer, NotFailed) for answer in answers)
    assert ["a"] == await serve_all(queue)


# -- workers


async def test_a_worker_is_told_to_leave(queue: Built, clock: Clock) -> None:
    """At its next announcement, until it has left; then one of that name is welcome again."""
    one, two = workers("w1", "w2")
    assert await queue.announce(one, ttl=30)
    assert await queue.announce(two, ttl=30)
    await queue.office.drain("w1", who="admin")
    assert [True, False] == [info.leaving for info in await queue.workers()]
    assert not await queue.announce(one, ttl=30)
    assert await queue.announce(two, ttl=30)
    with pytest.raises(NothingToChange, match=r"w1 was told to leave already\."):
        await queue.office.drain("w1", who="admin")
    await queue.retire("w1")
    assert await queue.announce(one, ttl=30)
    await queue.office.drain("w1", who="admin")
    clock.advance(30)
    assert await queue.announce(one, ttl=30)  # the former one is gone, however it went
    with pytest.raises(NoSuchWorker, match=r"No worker 'w2' is alive; there are: w1\."):
        await queue.office.drain("w2", who="admin")
    assert ["worker w1", "worker w1"] == [change.what for change in await queue.office.changes()]


async def test_an_overview(queue: Built) -> None:
    """Counts by class and effect, what runs, and who is alive."""
    for info in workers("w1", "w2"):
        await queue.announce(info, ttl=30)
    await queue.office.set_tier("pia", "pro", who="admin")
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(3)))
    await submit(queue, *(a_job(f"p{i}", "pia", effect="dream") for i in range(2)))
    await submit(queue, a_job("later", "ann", deferred=True))
    await take(queue)
    overview = await queue.office.overview()
    assert {"free": {"paint": 2}, "pro": {"dream": 2}, "later": {"paint": 1}} == overview.waiting
    assert (1, 0, 2) == (overview.running, overview.dead, overview.workers)
    person = await queue.office.person("ann")
    assert (2, 1, 1) == (person.waiting, person.deferred, person.running)


async def test_an_overview_of_waits_and_credits(queue: Built, clock: Clock) -> None:
    """Since when the first of each class and effect waits, how long a claimed job did, and what
    was held, spent and returned of credits by all jobs ever.
    """
    begun = clock()
    await submit(queue, a_job("a", "ann", seconds=3), a_job("b", "bob", seconds=4))
    clock.advance(10)
    await submit(queue, a_job("c", "cec", effect="dream", seconds=5))
    await submit(queue, a_job("later", "ann", deferred=True))
    clock.advance(10)
    claim = await take(queue)
    assert ("a", 20, "free") == (claim.job.id, claim.waited, claim.tier)
    overview = await queue.office.overview()
    free = {"paint": begun, "dream": begun + 10}
    assert {"free": free, "later": {"paint": begun + 10}} == overview.since
    await queue.finish(claim, Done(job="a"))
    await queue.cancel("b", user="bob")
    overview = await queue.office.overview()
    assert {"dream": begun + 10} == overview.since["free"]
    assert Turnover(held=12, spent=3, returned=4) == overview.turnover
