"""A worker in the middle of a job whose owner has all forgotten."""

from __future__ import annotations

from tests.worker.runtime_kit import House, until


async def test_the_worker_stops_and_leaves_nothing(house: House, photo: bytes) -> None:
    """It hears of it at the next step, keeps no picture, calls it no failure, and goes on."""
    worker = await house.worker(effects="stroll,noop")
    job = await house.submit("stroll", photo, steps=1000)
    await until(lambda: any((house.folder / "blobs" / job.id).glob("*/preview-*")))
    assert [job.id] == await house.queue.erase(job.user, who=job.user)
    await house.blobs.delete_under(job.id)
    other = await house.submit("noop")
    await house.ending(other)
    assert [(other.id, "done")] == await house.endings()
    await until(lambda: not any((house.folder / "blobs").glob(f"{job.id}/**/*.*")))
    assert "Traceback" not in worker.log
    assert "ERROR" not in worker.log
