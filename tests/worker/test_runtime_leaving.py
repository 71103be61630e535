"""A worker that is told to leave."""

from __future__ import annotations

import asyncio
import configparser
import signal

from tests.worker.runtime_kit import LEASE, ROOT, House, until


async def test_a_draining_worker_finishes_its_job(house: House, photo: bytes) -> None:
    """After SIGTERM the running job ends as usual, the waiting one stays for others."""
    trace, gate = house.folder / "trace", house.folder / "gate"
    worker = await house.worker(grace=600)
    running = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    waiting = await house.submit("noop")
    # As a terminal or a process manager does: parent and child both hear it.
    worker.signal_all(signal.SIGTERM)
    await until(lambda: "is leaving" in worker.log)
    gate.touch()
    assert 0 == await worker.ended()
    assert "done" == (await house.view(running)).state
    assert "waiting" == (await house.view(waiting)).state
    assert [] == await house.queue.workers()


async def test_a_job_that_outlasts_the_grace_is_given_back(house: House, photo: bytes) -> None:
    """It returns to the queue with its attempt not counted, and nobody waits for a lease."""
    trace, gate = house.folder / "trace", house.folder / "gate"
    worker = await house.worker(grace=0.3)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    worker.process.send_signal(signal.SIGTERM)
    assert 0 == await worker.ended()
    assert "waiting" == (await house.view(job)).state
    gate.touch()
    await house.worker("two")
    assert "done" == (await house.ending(job)).kind
    assert 1 == (await house.view(job)).attempt


async def test_an_admin_tells_it_to_leave(house: House, photo: bytes) -> None:
    """However long its job takes it is finished, no grace ends it; then it leaves for good, with
    the status that no process manager starts it again for.
    """
    trace, gate = house.folder / "trace", house.folder / "gate"
    worker = await house.worker(grace=0, lease=LEASE)
    running = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    await house.queue.office.drain("one", who="test")
    await until(lambda: "was told to leave" in worker.log)
    waiting = await house.submit("noop")
    await asyncio.sleep(0.5)  # a grace of 0 would have ended it
    assert "running" == (await house.view(running)).state
    gate.touch()
    assert 0 == await worker.ended()
    assert "done" == (await house.view(running)).state
    assert "waiting" == (await house.view(waiting)).state
    assert [] == await house.queue.workers()
    manager = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    manager.read(ROOT / "deploy/supervisord.conf")
    assert ("unexpected", "0") == tuple(
        manager["program:worker"][key] for key in ("autorestart", "exitcodes")
    )


async def test_an_idle_worker_leaves_when_told(house: House) -> None:
    """It need not wait for a job."""
    worker = await house.worker(lease=LEASE)
    await house.queue.office.drain("one", who="test")
    assert 0 == await worker.ended()


async def test_an_idle_worker_leaves_soon(house: House) -> None:
    """However long its grace is, with status 0, and not among the workers any more."""
    worker = await house.worker(grace=600)
    worker.process.send_signal(signal.SIGINT)
    assert 0 == await worker.ended()
    assert [] == await house.queue.workers()


async def test_the_end_of_stdin_is_a_word_to_leave(house: House, photo: bytes) -> None:
    """A parent that dies takes its worker along, and the job goes back."""
    trace = house.folder / "trace"
    worker = await house.worker("one", "--stop-with-stdin")
    job = await house.submit("invert", photo, trace=str(trace), gate=str(house.folder / "never"))
    await until(trace.exists)
    worker.process.stdin.close()
    assert 0 == await worker.ended()
    assert "waiting" == (await house.view(job)).state


async def test_told_twice_it_leaves_at_once(house: House, photo: bytes) -> None:
    """A second signal does not wait for the job, and the child goes along."""
    trace = house.folder / "trace"
    worker = await house.worker()
    await house.submit("invert", photo, trace=str(trace), gate=str(house.folder / "never"))
    await until(trace.exists)
    child = worker.child()
    worker.process.send_signal(signal.SIGTERM)
    await until(lambda: "is leaving" in worker.log)

    def told_again() -> bool:
        # One that comes within a second of the first counts as its echo.
        worker.process.send_signal(signal.SIGTERM)
        return worker.process.poll() is not None

    await until(told_again)
    assert 128 + signal.SIGTERM == worker.process.returncode
    await until(lambda: not child.is_running())
