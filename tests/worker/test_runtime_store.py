"""The store of pictures goes away and comes back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.worker.runtime_kit import LEASE, House, WorkerProcess, until
from worker.jobs.model import Job


@contextmanager
def no_store(house: House, worker: WorkerProcess) -> Iterator[None]:
    """There is no folder where the pictures are."""
    blobs, away = house.folder / "blobs", house.folder / "away"
    with _frozen(worker):
        blobs.rename(away)
        blobs.write_text("no folder")
    try:
        yield
    finally:
        with _frozen(worker):
            blobs.unlink()
            away.rename(blobs)


@contextmanager
def _frozen(worker: WorkerProcess) -> Iterator[None]:
    """Its writes would make the folder anew while it is neither here nor there."""
    if worker.process.poll() is not None:
        yield
        return
    worker.process.send_signal(signal.SIGSTOP)
    threads = Path(f"/proc/{worker.process.pid}/task")
    while any(
        stat.read_text().rpartition(")")[2].split()[0] != "T" for stat in threads.glob("*/stat")
    ):
        time.sleep(0.01)
    yield
    worker.process.send_signal(signal.SIGCONT)


async def _running(house: House, photo: bytes, **options: Any) -> tuple[WorkerProcess, Job]:
    """A worker with a job that ends when the file `gate` is there."""
    trace, gate = house.folder / "trace", house.folder / "gate"
    worker = await house.worker(**options)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    return worker, job


async def test_a_result_waits_for_the_store(house: House, photo: bytes) -> None:
    """The lease is kept meanwhile, and no attempt is lost; then the next photo is read as well."""
    worker, job = await _running(house, photo, lease=LEASE)
    other = await house.submit("invert", photo)
    with no_store(house, worker):
        (house.folder / "gate").touch()
        await until(lambda: "Can't store" in worker.log)
        await asyncio.sleep(LEASE + 0.2)  # the lease would have run out by itself
        assert "running" == (await house.view(job)).state
    for each in (job, other):
        assert "done" == (await house.ending(each)).kind
        assert 1 == (await house.view(each)).attempt
    assert 1 == len((house.folder / "trace").read_text().split())
    assert 1 == worker.log.count("trying for 60 s")


async def test_it_is_not_waited_for_for_ever(house: House, photo: bytes) -> None:
    """Each attempt waits its time, then the job ends with a sentence; the worker lives on."""
    worker, job = await _running(house, photo, store_patience=0.8)
    with no_store(house, worker):
        begun = time.monotonic()
        (house.folder / "gate").touch()
        failed = await house.ending(job)
        assert ("failed", "blob_store_away") == (failed.kind, failed.code)
        assert 2 == (await house.view(job)).attempt
        assert time.monotonic() - begun >= 2 * 0.8
        assert "done" == (await house.ending(await house.submit("noop"))).kind
    assert "Traceback" not in worker.log


async def test_a_cancel_ends_the_waiting(house: House, photo: bytes) -> None:
    """Nobody wants the result any more."""
    worker, job = await _running(house, photo)
    with no_store(house, worker):
        (house.folder / "gate").touch()
        await until(lambda: "trying for" in worker.log)
        await house.queue.cancel(job.id, user=job.user)
        assert "cancelled" == (await house.ending(job)).kind
        assert "done" == (await house.ending(await house.submit("noop"))).kind


async def test_told_to_leave_while_it_waits(house: House, photo: bytes) -> None:
    """The job goes back unharmed when the grace is over."""
    worker, job = await _running(house, photo, grace=0.3)
    with no_store(house, worker):
        (house.folder / "gate").touch()
        await until(lambda: "trying for" in worker.log)
        worker.process.send_signal(signal.SIGTERM)
        assert 0 == await worker.ended()
        view = await house.view(job)
        assert ("waiting", 0) == (view.state, view.attempt)
