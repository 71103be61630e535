"""Where queue and pictures are, and how both programs open them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from worker.jobs.blobs import Blobs
from worker.jobs.embedded import embedded_redis
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue

__all__ = ["Jobs", "JobsSettings", "open_jobs"]


class JobsSettings(BaseSettings):
    """From the environment: ATELIER_REDIS_URL, ATELIER_STATE_DIR, ATELIER_BLOBS_URL."""

    model_config = SettingsConfigDict(
        env_prefix="ATELIER_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    redis_url: str = ""
    """Empty: a private Redis in `state_dir`."""
    state_dir: Path = Field(default_factory=lambda: Path.home() / ".local/state/atelier")
    blobs_url: str = ""
    """Empty: the folder `state_dir`/blobs."""


@dataclass(frozen=True)
class Jobs:
    """The queue and the pictures that belong to it."""

    queue: Queue
    blobs: Blobs


@asynccontextmanager
async def open_jobs(settings: JobsSettings) -> AsyncIterator[Jobs]:
    """Open both; waits until Redis answers. Raises `BadSettings`."""
    state = settings.state_dir.expanduser().absolute()
    blobs = Blobs.open(settings.blobs_url or state / "blobs")
    if settings.redis_url:
        async with _queue(settings.redis_url) as queue:
            yield Jobs(queue, blobs)
    else:
        async with embedded_redis(state / "redis") as url, _queue(url) as queue:
            yield Jobs(queue, blobs)


@asynccontextmanager
async def _queue(url: str) -> AsyncIterator[Queue]:
    queue = RedisQueue(url)
    try:
        await queue.wait_until_there()
        yield queue
    finally:
        await queue.close()
