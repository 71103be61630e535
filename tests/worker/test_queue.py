"""The contract of the queue, on both builds: leases, endings, cancels, outbox."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import REDELIVERY, Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from tests.worker.conftest import Sleepers
from worker.jobs.errors import LeaseLost, NoSuchJob, NotYours
from worker.jobs.model import Cancelled, Done, Failed, MediaRef, Progress, State, WorkerInfo
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


# -- cancel


async def test_cancel_a_waiting_job(queue: Queue) -> None:
    """It is gone at once, and its platform hears of it."""
    await submit(queue, a_job("a"))
    view = await queue.cancel("a", user=ANN)
    assert (State.CANCELLED, Cancelled(job="a")) == (view.state, view.ending)
    assert [] == await serve_all(queue)
    assert view == await queue.cancel("a", user=ANN)
    assert [Cancelled(job="a")] == [receipt.ending for receipt in await deliver(queue)]


async def test_cancel_a_running_job(queue: Queue) -> None:
    """Its worker is told, and the job ends when the effect has stopped."""
    await submit(queue, a_job("a"))
    claim = await take(queue)
    assert State.RUNNING is (await queue.cancel("a", user=ANN)).state
    told = queue.cancellations("w1")
    assert "a" == await asyncio.wait_for(anext(told), 5)
    await queue.acknowledge_cancel(claim)
    assert State.CANCELLED is (await queue.view("a", user=ANN)).state
    assert [Cancelled(job="a")] == [receipt.ending for receipt in await deliver(queue)]


async def test_cancellations_go_to_the_right_worker(queue: Queue) -> None:
    """A worker hears of its own jobs alone, while it listens too."""
    await submit(queue, a_job("a"), a_job("b"), a_job("c"))
    await take(queue, "w1")
    await take(queue, "w2")
    await take(queue, "w1")
    told = queue.cancellations("w1")
    await queue.cancel("a", user=ANN)
    assert "a" == await asyncio.wait_for(anext(told), 5)
    await queue.cancel("b", user=ANN)
    await queue.cancel("c", user=ANN)
    assert "c" == await asyncio.wait_for(anext(told), 5)


@pytest.mark.parametrize("way", ["finish", "fail", "retry", "release", "expire"])
async def test_after_a_cancel_every_way_out_is_cancelled(
    queue: Queue, clock: Clock, way: str
) -> None:
    """Once cancelled, a job brings no result and is not tried again, however it ends."""
    await submit(queue, a_job("a"))
    claim = await take(queue, lease=10)
    await queue.cancel("a", user=ANN)
    if way == "finish":
        await queue.finish(claim, Done(job="a"))
    elif way == "release":
        await queue.release(claim)
    elif way == "expire":
        clock.advance(11)
        assert ["a"] == await queue.reap()
    else:
        ending = await queue.fail(claim, "x", "X.", retry=way == "retry")
        assert Cancelled(job="a") == ending
    assert State.CANCELLED is (await queue.view("a", user=ANN)).state
    assert [Cancelled(job="a")] == [receipt.ending for receipt in await deliver(queue)]
    assert [] == await serve_all(queue)


async def test_cancel_after_the_end_changes_nothing(queue: Queue) -> None:
    """A result that is there stays there."""
    await submit(queue, a_job("a"))
    await serve_all(queue)
    assert State.DONE is (await queue.cancel("a", user=ANN)).state
    assert 1 == len(await deliver(queue))


# -- sleeping claims


async def test_a_claim_sleeps_and_gives_up(queue: Queue) -> None:
    """With nothing to do it comes back with nothing, after its wait and not before."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert [] == await queue.claim("w1", ["paint"], lease=10, wait=0.2)
    assert 0.2 <= loop.time() - begun < 2


async def test_a_submit_wakes_a_claim(queue: Queue, sleepers: Sleepers) -> None:
    """A sleeping worker that can run the job gets it at once, another sleeps on."""
    other = asyncio.create_task(queue.claim("w1", ["dream"], lease=10, wait=20))
    right = asyncio.create_task(queue.claim("w2", ["dream", "paint"], lease=10, wait=20))
    await sleepers.claims(2)
    await submit(queue, a_job("a"))
    [claim] = await asyncio.wait_for(right, 10)
    assert ("a", "w2:1") == (claim.job.id, claim.token)
    await sleepers.claims()
    assert not other.done()
    other.cancel()


async def test_each_sleeper_gets_a_job(queue: Queue, sleepers: Sleepers) -> None:
    """Ten claims asleep, ten jobs of one user at once: nobody sleeps on beside work."""
    await queue.office.set_tier(ANN, "pro", who="admin")  # who may have ten running
    asleep = [
        asyncio.create_task(queue.claim(f"w{i}", ["paint", "dream"], lease=10, wait=20))
        for i in range(10)
    ]
    await sleepers.claims(10)
    jobs = [a_job(f"a{i}", effect="dream" if i % 2 else "paint") for i in range(10)]
    await asyncio.gather(*(submit(queue, job) for job in jobs))
    claims = await asyncio.wait_for(asyncio.gather(*asleep), 10)
    assert {job.id for job in jobs} == {claim.job.id for [claim] in claims}


async def test_what_is_given_back_wakes_a_claim(queue: Queue, sleepers: Sleepers) -> None:
    """A released job finds the next worker asleep and wakes it."""
    await submit(queue, a_job("a"))
    claim = await take(queue)
    sleeper = asyncio.create_task(queue.claim("w2", ["paint"], lease=10, wait=20))
    await sleepers.claims()
    await queue.release(claim)
    assert await asyncio.wait_for(sleeper, 10)


async def test_a_claim_that_gave_up_takes_no_wake_up(queue: Queue, sleepers: Sleepers) -> None:
    """After one sleeper was cancelled, the next job wakes the other."""
    gone = asyncio.create_task(queue.claim("w1", ["paint"], lease=10, wait=20))
    await sleepers.claims()
    left = asyncio.create_task(queue.claim("w2", ["paint"], lease=10, wait=20))
    await sleepers.claims(2)
    gone.cancel()
    await asyncio.wait([gone])
    await submit(queue, a_job("a"))
    assert await asyncio.wait_for(left, 10)


async def test_many_workers_at_once(queue: Queue) -> None:
    """Ten workers and five users at the same time: each job is served once, none is left."""
    served: list[str] = []

    async def work(name: str) -> None:
        while len(served) < 200:
            for claim in await queue.claim(name, ["paint", "dream"], lease=10, wait=0.2):
                served.append(claim.job.id)
                await queue.finish(claim, Done(job=claim.job.id))

    async def ask(user: str) -> None:
        for i in range(40):
            await submit(queue, a_job(f"{user}{i}", user, effect="dream" if i % 3 else "paint"))

    await asyncio.gather(*(work(f"w{i}") for i in range(10)), *(ask(user) for user in "abcde"))
    assert 200 == len(served) == len(set(served))
    assert sorted(served) == sorted(receipt.job.id for receipt in await deliver(queue))


# -- progress, workers


async def test_progress_is_seen_and_kept(queue: Queue, sleepers: Sleepers) -> None:
    """Listeners of the platform hear it; a page that is loaded later reads the last one."""
    await submit(queue, a_job("a"), a_job("t", "tom", platform="telegram"))
    claim, other = await take(queue), await take(queue)
    events = queue.events("web")
    heard = asyncio.ensure_future(anext(events))
    await sleepers.events("web")
    await queue.progress(other, Progress(job="t", done=1, total=2))
    last = Progress(job="a", done=3, total=9, preview="a/preview-3.jpg")
    await queue.progress(claim, last)
    assert last == await asyncio.wait_for(heard, 5)
    assert last == (await queue.view("a", user=ANN)).progress
    await queue.fail(claim, "x", "X.", retry=True)
    assert None is (await queue.view("a", user=ANN)).progress


async def test_workers_come_and_go(queue: Queue, clock: Clock) -> None:
    """A worker is listed until it leaves or has been silent for its time."""
    one = WorkerInfo(name="w1", device="cpu", effects=("paint",), down={"dream": "no weights"})
    two = WorkerInfo(name="w2", device="cuda:0", effects=("paint", "dream"))
    await queue.announce(two, ttl=20)
    await queue.announce(one, ttl=10)
    assert [one, two] == await queue.workers()
    clock.advance(10)
    assert [two] == await queue.workers()
    await queue.retire("w2")
    await queue.retire("w2")
    assert [] == await queue.workers()


# -- outbox, forget


async def test_endings_come_in_order_to_their_platform(queue: Queue) -> None:
    """Oldest first, at most `count`, and none of another platform."""
    await submit(queue, *(a_job(f"a{i}") for i in range(5)), a_job("t", "t:1", platform="tg"))
    await serve_all(queue)
    first = await queue.outbox("web", "bot", count=2)
    rest = await queue.outbox("web", "bot")
    assert ["a0", "a1", "a2", "a3", "a4"] == [receipt.job.id for receipt in first + rest]
    assert ["t"] == [receipt.job.id for receipt in await queue.outbox("tg", "bot")]


async def test_an_ending_not_acknowledged_comes_again(queue: Queue, clock: Clock) -> None:
    """What a consumer took and never acknowledged goes to another, before what is new."""
    await submit(queue, a_job("a"))
    await serve_all(queue)
    taken = await queue.outbox("web", "dead")
    assert [] == await queue.outbox("web", "alive")
    await submit(queue, a_job("b"))
    await serve_all(queue)
    clock.advance(31)
    await asyncio.sleep(1.1 * REDELIVERY)
    again = await queue.outbox("web", "alive")
    assert ["a", "b"] == [receipt.job.id for receipt in again]
    assert taken[0] == again[0]
    for receipt in again:
        await queue.acknowledge("web", receipt)
        await queue.acknowledge("web", receipt)
    clock.advance(31)
    await asyncio.sleep(1.1 * REDELIVERY)
    assert [] == await queue.outbox("web", "alive")


async def test_the_outbox_waits(queue: Queue, sleepers: Sleepers) -> None:
    """A waiting consumer hears of an ending at once, or of nothing after its wait."""
    assert [] == await queue.outbox("web", "bot", wait=0.1)
    waiting = asyncio.create_task(queue.outbox("web", "bot", wait=20))
    await sleepers.outbox()
    await submit(queue, a_job("a"))
    await queue.cancel("a", user=ANN)
    # sooner than it would look by itself
    assert ["a"] == [receipt.job.id for receipt in await asyncio.wait_for(waiting, 1.5)]


async def test_forget_what_was_delivered_long_ago(queue: Queue, clock: Clock) -> None:
    """Only jobs that ended, were delivered and are old go; then their key is free again."""
    await submit(queue, a_job("old"), a_job("undelivered", platform="tg"), a_job("waiting"))
    for _ in range(2):
        claim = await take(queue)
        await queue.finish(claim, Done(job=claim.job.id))
    await deliver(queue)
    clock.advance(100)
    await submit(queue, a_job("new", "bob"))
    await queue.cancel("new", user="bob")
    await deliver(queue)
    assert [] == await queue.forget(older_than=101)
    assert ["old"] == await queue.forget(older_than=100)
    with pytest.raises(NoSuchJob):
        await queue.view("old", user=ANN)
    assert ["waiting", "undelivered"] == [view.job.id for view in await queue.jobs_of(ANN)]
    assert (await queue.submit(a_job("again"), key="old")).fresh
