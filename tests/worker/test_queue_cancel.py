"""Cancelling, on both queues."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import WAIT, Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from worker.jobs.model import Cancelled, Done, State
from worker.jobs.queue import Queue

ANN = "web:ann"


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
    assert "a" == await asyncio.wait_for(anext(told), WAIT)
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
    assert "a" == await asyncio.wait_for(anext(told), WAIT)
    await queue.cancel("b", user=ANN)
    await queue.cancel("c", user=ANN)
    assert "c" == await asyncio.wait_for(anext(told), WAIT)


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
