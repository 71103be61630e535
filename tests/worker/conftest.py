"""Fixtures of the runtime's tests."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from tests.worker.runtime_kit import House
from worker.jobs.embedded import embedded_redis
from worker.jobs.redis_queue import RedisQueue


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A queue on a Redis of its own, a folder of pictures, no worker yet."""
    async with embedded_redis(tmp_path / "redis") as url:
        queue = RedisQueue(url)
        house = House(queue, tmp_path, url)
        try:
            yield house
        finally:
            house.close()
            await queue.close()


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A small JPEG in which no two rows are alike."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((160, 120)).convert("RGB").save(file, "JPEG")
    return file.getvalue()
