"""Fixtures of the runtime's tests."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.worker.runtime_kit import House
from worker.jobs.redis_queue import RedisQueue


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
