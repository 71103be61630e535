"""What comes back from workers: progress, who is alive, endings; on both queues."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import WAIT, Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from tests.worker.conftest import Sleepers, let_pass
from worker.jobs.errors import NoSuchJob
from worker.jobs.model import Done, Progress, WorkerInfo
from worker.jobs.queue import Queue

ANN = "web:ann"


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
    assert last == await asyncio.wait_for(heard, WAIT)
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
    await let_pass(31, queue, clock)
    again = await queue.outbox("web", "alive")
    assert ["a", "b"] == [receipt.job.id for receipt in again]
    assert taken[0] == again[0]
    for receipt in again:
        await queue.acknowledge("web", receipt)
        await queue.acknowledge("web", receipt)
    await let_pass(31, queue, clock)
    assert [] == await queue.outbox("web", "alive")


async def test_the_outbox_waits(queue: Queue, sleepers: Sleepers) -> None:
    """A waiting consumer hears of an ending at once, or of nothing after its wait."""
    assert [] == await queue.outbox("web", "bot", wait=0.1)
    waiting = asyncio.create_task(queue.outbox("web", "bot", wait=2 * WAIT))
    await sleepers.outbox()
    await submit(queue, a_job("a"))
    await queue.cancel("a", user=ANN)
    assert ["a"] == [receipt.job.id for receipt in await asyncio.wait_for(waiting, WAIT)]


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
