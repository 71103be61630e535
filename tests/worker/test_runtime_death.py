"""Killed, stopped, hung, crashed: a job ends once, and no process is left behind."""

from __future__ import annotations

import signal
import time

import psutil

from tests.worker.runtime_kit import LEASE, House, until


async def test_killed_in_mid_job_another_worker_finishes_it_once(
    house: House, photo: bytes
) -> None:
    """`kill -9` on a worker in the middle of an effect: the second one does the job."""
    trace, gate = house.folder / "trace", house.folder / "gate"
    first = await house.worker("one", lease=LEASE)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    child = first.child()
    first.kill()
    await house.worker("two", lease=LEASE)
    gate.touch()
    done = await house.ending(job)
    assert "done" == done.kind
    assert done.media[0].blob.startswith(f"{job.id}/two-")
    await until(lambda: not child.is_running())
    assert 2 == len(trace.read_text().split())
    assert [(job.id, "done")] == await house.endings()


async def test_the_late_result_of_a_stopped_worker_is_refused(house: House, photo: bytes) -> None:
    """A worker that froze, lost its lease and wakes with a result changes nothing."""
    trace, gate = house.folder / "trace", house.folder / "gate"
    first = await house.worker("one", lease=LEASE)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    first.signal_all(signal.SIGSTOP)
    second = await house.worker("two", lease=LEASE)
    await until(lambda: len(trace.read_text().split()) == 2)
    gate.touch()
    done = await house.ending(job)
    assert done.media[0].blob.startswith(f"{job.id}/two-")

    first.signal_all(signal.SIGCONT)
    await until(lambda: "the lease is lost, its result is dropped" in first.log)
    assert done == (await house.view(job)).ending
    assert [(job.id, "done")] == await house.endings()
    assert not list(house.folder.glob(f"blobs/{job.id}/one-*/*.png"))
    # The first one is as good as before.
    second.kill()
    assert "done" == (await house.ending(await house.submit("noop"))).kind


async def test_a_long_job_keeps_its_lease(house: House, photo: bytes) -> None:
    """As long as steps come the lease is renewed, and no other worker begins the same job."""
    trace, gate = house.folder / "trace", house.folder / "gate"
    await house.worker("one", lease=LEASE)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    deadline = time.time() + 2 * LEASE
    await house.worker("two", lease=LEASE)
    await until(lambda: time.time() > deadline)
    assert "running" == (await house.view(job)).state
    gate.touch()
    assert "done" == (await house.ending(job)).kind
    assert 1 == len(trace.read_text().split())


async def test_a_hung_effect_is_killed_and_tried_again(house: House) -> None:
    """An effect without steps loses its child after its limit; the second time it is over."""
    trace = house.folder / "trace"
    worker = await house.worker(effects="hang,noop")
    failed = await house.ending(await house.submit("hang", trace=str(trace)))
    assert ("failed", "hung") == (failed.kind, failed.code)
    assert "The effect hang stood still for too long and was stopped." == failed.message
    children = {int(pid) for pid in trace.read_text().split()}
    assert 2 == len(children)
    assert not any(psutil.pid_exists(pid) for pid in children)
    assert "done" == (await house.ending(await house.submit("noop"))).kind
    assert worker.child().pid not in children


async def test_a_cancelled_effect_that_hangs_ends_as_cancelled(house: House) -> None:
    """There is no second attempt at what nobody wants any more."""
    trace = house.folder / "trace"
    await house.worker(effects="hang")
    job = await house.submit("hang", trace=str(trace))
    await until(trace.exists)
    await house.queue.cancel(job.id, user=job.user)
    assert "cancelled" == (await house.ending(job)).kind
    assert 1 == len(trace.read_text().split())


async def test_a_crash_is_tried_again_and_then_over(house: House) -> None:
    """A segmentation fault costs the child; the job is a dead letter, the worker lives on."""
    worker = await house.worker()
    trace = house.folder / "trace"
    failed = await house.ending(await house.submit("odd", how="segfault", trace=str(trace)))
    assert ("failed", "crashed") == (failed.kind, failed.code)
    assert "The program that runs the effect odd crashed." == failed.message
    assert 2 == len(trace.read_text().split())
    assert "was killed by SIGSEGV" in worker.log
    assert "done" == (await house.ending(await house.submit("noop"))).kind


async def test_an_idle_child_that_dies_costs_no_attempt(house: House) -> None:
    """A child killed between jobs is replaced before the next one."""
    worker = await house.worker()
    worker.child().kill()
    job = await house.submit("noop")
    assert "done" == (await house.ending(job)).kind
    assert 1 == (await house.view(job)).attempt


async def test_the_child_dies_with_its_parent(house: House) -> None:
    """Even deep in native code that never lets go of the interpreter."""
    trace = house.folder / "trace"
    worker = await house.worker(effects="hang_long")
    await house.submit("hang_long", trace=str(trace))
    await until(trace.exists)
    child = worker.child()
    worker.kill()
    await until(lambda: not child.is_running())
