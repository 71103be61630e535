"""The contract of the queue, on both builds: submits, looks, leases."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from worker.jobs.errors import LeaseLost, NoSuchJob, NotYours
from worker.jobs.model import Done, Failed, MediaRef, Progress, State
from worker.jobs.queue import Queue

ANN = "web:ann"


async def test_the_same_key_is_the_same_job(queue: Queue) -> None:
    """A repeated update makes no second job, and says so."""
    first = await queue.submit(a_job("a"), key="chat:7")
    again = await queue.submit(a_job("b"), key="chat:7")
    assert (True, "a", False, "a") == (first.fresh, first.job, again.fresh, again.job)
    assert ["a"] == await serve_all(queue)
    late = await queue.submit(a_job("c"), key="chat:7")
    assert ("a", 0, 0.0, False) == (late.job, late.place, late.seconds, late.fresh)


async def test_a_hundred_submits_at_once(queue: Queue) -> None:
    """Of simultaneous submits with one key exactly one makes a job."""
    tickets = await asyncio.gather(*(queue.submit(a_job(f"a{i}"), key="k") for i in range(100)))
    assert 1 == sum(ticket.fresh for ticket in tickets)
    assert 1 == len({ticket.job for ticket in tickets})
    assert 1 == len(await serve_all(queue))


async def test_keys_are_each_users_own(queue: Queue) -> None:
    """Nobody learns of another's job by guessing a key or an id."""
    await queue.submit(a_job("a", "ann"), key="k")
    other = await queue.submit(a_job("b", "bob"), key="k")
    assert ("b", True) == (other.job, other.fresh)
    with pytest.raises(NotYours):
        await queue.submit(a_job("a", "bob"), key="k2")


async def test_a_life_from_submit_to_done(queue: Queue, clock: Clock) -> None:
    """A job waits, runs, is done; view and outbox tell the same."""
    job = a_job("a", params={"size": 384}, photos=("a/photo-0",))
    await submit(queue, job)
    view = await queue.view("a", user=ANN)
    assert (job, State.WAITING, 0, clock.now) == (
        view.job, view.state, view.attempt, view.submitted,
    )  # fmt: skip
    claim = await take(queue, lease=10)
    assert (job, 1, clock.now + 10) == (claim.job, claim.attempt, claim.deadline)
    view = await queue.view("a", user=ANN)
    assert (State.RUNNING, 1, None) == (view.state, view.attempt, view.ending)
    done = Done(job="a", media=(MediaRef(blob="a/0.png", type="image/png"),), seconds=1.5)
    await queue.finish(claim, done)
    view = await queue.view("a", user=ANN)
    assert (State.DONE, done) == (view.state, view.ending)
    assert [(job, done)] == [(receipt.job, receipt.ending) for receipt in await deliver(queue)]
    assert [] == await deliver(queue)


async def test_only_the_owner_looks(queue: Queue) -> None:
    """Another account can neither see nor cancel a job; an unknown one is unknown."""
    await submit(queue, a_job("a", "ann"))
    for ask in (queue.view, queue.cancel):
        with pytest.raises(NotYours):
            await ask("a", user="bob")
        with pytest.raises(NoSuchJob):
            await ask("nowhere", user="ann")
    with pytest.raises(NoSuchJob):
        await queue.estimate("nowhere")
    assert State.WAITING is (await queue.view("a", user="ann")).state


async def test_own_jobs_newest_first(queue: Queue) -> None:
    """The list holds the user's jobs alone, even beside a user whose name begins alike."""
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(12)), a_job("b", "ann2"))
    await queue.cancel("a11", user="ann")
    names = [view.job.id for view in await queue.jobs_of("ann", limit=3)]
    assert ["a11", "a10", "a9"] == names
    assert 12 == len(await queue.jobs_of("ann"))
    assert [] == await queue.jobs_of("nobody")


# -- leases


async def test_a_renewed_lease_holds(queue: Queue, clock: Clock) -> None:
    """A beating worker keeps its job beyond the first deadline."""
    await submit(queue, a_job("a"))
    claim = await take(queue, lease=10)
    clock.advance(9)
    await queue.renew(claim, lease=10)
    clock.advance(9)
    assert [] == await queue.reap()
    clock.advance(1)
    assert ["a"] == await queue.reap()
    with pytest.raises(LeaseLost):
        await queue.renew(claim, lease=10)


async def test_a_late_worker_changes_nothing(queue: Queue, clock: Clock) -> None:
    """Who lost its lease is refused in all it says, and the second worker's result stands."""
    await submit(queue, a_job("a"))
    dead = await take(queue, "w1", lease=10)
    clock.advance(10)
    assert ["a"] == await queue.reap()
    for _ in range(2):  # before the job is given to another, and after
        with pytest.raises(LeaseLost):
            await queue.finish(dead, Done(job="a", seconds=99))
        with pytest.raises(LeaseLost):
            await queue.fail(dead, "x", "X.", retry=True)
        with pytest.raises(LeaseLost):
            await queue.renew(dead, lease=10)
        with pytest.raises(LeaseLost):
            await queue.progress(dead, Progress(job="a", done=1, total=2))
        with pytest.raises(LeaseLost):
            await queue.release(dead)
        with pytest.raises(LeaseLost):
            await queue.acknowledge_cancel(dead)
        if (await queue.view("a", user=ANN)).state is State.WAITING:
            alive = await take(queue, "w2")
    assert (2, "w2:2") == (alive.attempt, alive.token)
    await queue.finish(alive, Done(job="a", seconds=1))
    with pytest.raises(LeaseLost):
        await queue.finish(dead, Done(job="a", seconds=99))
    assert [Done(job="a", seconds=1)] == [receipt.ending for receipt in await deliver(queue)]


async def test_a_lease_over_its_time_holds_until_reaped(queue: Queue, clock: Clock) -> None:
    """A result that comes late, but before the job was given away, is taken."""
    await submit(queue, a_job("a"))
    claim = await take(queue, lease=10)
    clock.advance(60)
    await queue.finish(claim, Done(job="a"))
    assert [] == await queue.reap()
    assert 1 == len(await deliver(queue))


async def test_poison_becomes_a_dead_letter(queue: Queue, clock: Clock) -> None:
    """After its last attempt a job that kills its workers ends, and its owner is told why."""
    await submit(queue, a_job("a", max_attempts=2))
    for attempt in (1, 2):
        claim = await take(queue, lease=10)
        assert attempt == claim.attempt
        clock.advance(11)
        assert ["a"] == await queue.reap()
    view = await queue.view("a", user=ANN)
    assert isinstance(view.ending, Failed)
    assert (State.FAILED, "lease_expired") == (view.state, view.ending.code)
    assert [view.ending] == [receipt.ending for receipt in await deliver(queue)]
    assert [] == await serve_all(queue)
    with pytest.raises(LeaseLost):
        await queue.finish(claim, Done(job="a"))


async def test_release_does_not_count(queue: Queue) -> None:
    """A draining worker's job has all its attempts left, and the old token is void."""
    await submit(queue, a_job("a", max_attempts=1), a_job("b", "bob"))
    first = await take(queue)
    await queue.release(first)
    assert (State.WAITING, 0) == (
        (view := await queue.view("a", user=ANN)).state,
        view.attempt,
    )
    second = await take(queue)
    assert ("a", 1) == (second.job.id, second.attempt)
    assert first.token != second.token
    with pytest.raises(LeaseLost):
        await queue.finish(first, Done(job="a"))


async def test_fail_retries_until_the_last_attempt(queue: Queue) -> None:
    """With retry the job goes back, at last it ends with code, sentence and details."""
    await submit(queue, a_job("a", max_attempts=2))
    assert None is await queue.fail(await take(queue), "oom", "Too big.", retry=True, side=9)
    ending = await queue.fail(await take(queue), "oom", "Too big.", retry=True, side=9)
    assert Failed(job="a", code="oom", message="Too big.", details={"side": 9}) == ending
    assert [ending] == [receipt.ending for receipt in await deliver(queue)]


async def test_fail_without_retry_ends_at_once(queue: Queue) -> None:
    """What can't be mended by another attempt is not tried again."""
    await submit(queue, a_job("a"))
    ending = await queue.fail(await take(queue), "bad_picture", "No picture.", retry=False)
    assert ending is not None
    assert ending == (await queue.view("a", user=ANN)).ending
    assert [] == await serve_all(queue)


async def test_an_ending_said_twice_is_one(queue: Queue) -> None:
    """A worker whose reply was lost says it again: no error, no second ending."""
    await submit(queue, a_job("a"), a_job("b"))
    claim = await take(queue)
    await queue.finish(claim, Done(job="a", seconds=1))
    await queue.finish(claim, Done(job="a", seconds=1))
    claim = await take(queue)
    first = await queue.fail(claim, "x", "X.", retry=False)
    assert first == await queue.fail(claim, "x", "X.", retry=False)
    assert 2 == len(await deliver(queue))
