"""Redis goes away and comes back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import RedisServer
from tests.worker.runtime_kit import LEASE, House, until
from worker.jobs.redis_queue import RedisQueue


@pytest.fixture
async def shaky_house(tmp_path: Path, own_redis: RedisServer) -> AsyncIterator[House]:
    """A house on a Redis that the test stops and starts."""
    queue = RedisQueue(own_redis.url)
    house = House(queue, tmp_path, own_redis.url)
    yield house
    house.close()
    await queue.close()


async def test_away_at_the_start(shaky_house: House, own_redis: RedisServer) -> None:
    """The worker says so in a line, waits, and works as soon as Redis is there."""
    own_redis.kill()
    worker = shaky_house.launch("one", effects="noop")
    await until(lambda: "does not answer" in worker.log)
    assert "Traceback" not in worker.log
    own_redis.start()
    assert "done" == (await shaky_house.ending(await shaky_house.submit("noop"))).kind


async def test_told_to_leave_while_it_waits(shaky_house: House, own_redis: RedisServer) -> None:
    """A worker that never had a Redis leaves all the same."""
    own_redis.kill()
    worker = shaky_house.launch("one", effects="noop")
    await until(lambda: "does not answer" in worker.log)
    worker.process.send_signal(signal.SIGTERM)
    assert 0 == await worker.ended()
    assert "Traceback" not in worker.log


async def test_away_in_mid_job(shaky_house: House, own_redis: RedisServer, photo: bytes) -> None:
    """The effect goes on; the result waits for Redis, though its lease has run out meanwhile."""
    house, trace, gate = shaky_house, shaky_house.folder / "trace", shaky_house.folder / "gate"
    worker = await house.worker(lease=LEASE)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    own_redis.kill()
    killed = time.monotonic()
    gate.touch()
    await until(lambda: list(house.folder.glob(f"blobs/{job.id}/one-*/0.png")))
    # The lease shall have run out when Redis is back.
    await asyncio.sleep(max(0.0, killed + LEASE + 0.2 - time.monotonic()))
    own_redis.start()
    assert "done" == (await house.ending(job)).kind
    assert [(job.id, "done")] == await house.endings()
    assert 1 <= len(trace.read_text().split()) <= 2
    await until(lambda: "Redis is back" in worker.log)
    assert "Traceback" not in worker.log
    # Cancels are heard again, too.
    other = await house.submit("invert", photo, gate=str(house.folder / "never"))
    await until(lambda: other.id in worker.log)
    await house.queue.cancel(other.id, user=other.user)
    assert "cancelled" == (await house.ending(other)).kind


async def test_told_to_leave_while_redis_is_away(
    shaky_house: House, own_redis: RedisServer, photo: bytes
) -> None:
    """The grace holds here too; the job's lease runs out, and the next worker does it."""
    house, trace, gate = shaky_house, shaky_house.folder / "trace", shaky_house.folder / "gate"
    worker = await house.worker(grace=0.5, lease=LEASE)
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    own_redis.kill()
    worker.process.send_signal(signal.SIGTERM)
    assert 0 == await worker.ended()
    assert "Traceback" not in worker.log
    own_redis.start()
    gate.touch()
    await house.worker("two", lease=LEASE)
    assert "done" == (await house.ending(job)).kind


async def test_an_idle_worker_leaves_without_redis(
    shaky_house: House, own_redis: RedisServer
) -> None:
    """There is nothing to finish, so nothing to wait for."""
    worker = await shaky_house.worker()
    own_redis.kill()
    await until(lambda: "trying until it answers" in worker.log)
    worker.process.send_signal(signal.SIGTERM)
    assert 0 == await worker.ended()
    assert "Traceback" not in worker.log
