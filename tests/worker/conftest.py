"""Fixtures of the runtime's tests."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from redis.asyncio import Redis

from tests.conftest import WAIT, Clock
from tests.worker.runtime_kit import House, until
from worker.jobs import outbox, redis_leases
from worker.jobs.keys import KEYS
from worker.jobs.memory import MemoryQueue
from worker.jobs.redis_leases import progress_channel
from worker.jobs.redis_queue import RedisQueue


class Sleepers:
    """Tells when callers of a queue wait for what others do."""

    def __init__(self, queue: MemoryQueue | RedisQueue) -> None:
        self._redis = queue.client if isinstance(queue, RedisQueue) else None

    async def claims(self, count: int = 1) -> None:
        """Return when so many claims sleep."""

        async def asleep(redis: Redis) -> bool:
            # effect|claim, for each effect
            members = await redis.zrange(KEYS["idle"], 0, -1)
            return count == len({member.partition("|")[2] for member in members})

        await self._until(asleep)

    async def outbox(self) -> None:
        """Return when a consumer waits for an ending."""

        async def blocked(redis: Redis) -> bool:
            return (await redis.info("clients"))["blocked_clients"] > 0

        await self._until(blocked)

    async def events(self, platform: str) -> None:
        """Return when somebody listens to the progress of the platform's jobs."""

        async def heard(redis: Redis) -> bool:
            [(_, listeners)] = await redis.pubsub_numsub(progress_channel(platform))
            return listeners > 0

        await self._until(heard)

    async def _until(self, check: Callable[[Redis], Awaitable[bool]]) -> None:
        if self._redis is None:
            await asyncio.sleep(0)  # in memory a call waits as soon as it has begun
        else:
            redis = self._redis
            await until(lambda: check(redis))


async def let_pass(seconds: float, queue: MemoryQueue | RedisQueue, clock: Clock) -> None:
    """Let time pass on `clock`, and for the endings handed out on "web": Redis counts how long they
    were idle by its own.
    """
    clock.advance(seconds)
    if isinstance(queue, RedisQueue):
        key = queue._outbox.key("web")
        for group in await queue.client.xinfo_groups(key):
            for entry in await queue.client.xpending_range(key, group["name"], "-", "+", 100):
                await queue.client.xclaim(
                    key, group["name"], entry["consumer"], 0, [entry["message_id"]],
                    idle=entry["time_since_delivered"] + round(1000 * seconds), justid=True,
                )  # fmt: skip


@pytest.fixture
def sleepers(queue: MemoryQueue | RedisQueue, monkeypatch: pytest.MonkeyPatch) -> Sleepers:
    """Of `queue`, where nobody looks by itself: a wake-up must come."""
    for module, names in ((redis_leases, ["POLL"]), (outbox, ["PATIENCE", "_BLOCK"])):
        for name in names:
            monkeypatch.setattr(module, name, 10 * WAIT)
    return Sleepers(queue)


@pytest.fixture
def house(redis_queue: RedisQueue, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """The real queue, a folder of pictures, no worker yet."""
    house = House(redis_queue, tmp_path, redis_url)
    yield house
    house.close()


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small JPEG in which no two rows are alike."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((160, 120)).convert("RGB").save(file, "JPEG")
    return file.getvalue()
