"""Where queue and pictures are, and how both programs open them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from redis.asyncio import Redis

from worker.jobs.blobs import Blobs
from worker.jobs.embedded import embedded_redis
from worker.jobs.office import Office
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue

__all__ = ["Jobs", "JobsSettings", "names_in", "open_jobs"]


class JobsSettings(BaseSettings):
    """From the environment: ATELIER_REDIS_URL, ATELIER_STATE_DIR, ATELIER_BLOBS_URL; or, with
    ATELIER_SECRETS_DIR, from files of these names in that folder. The environment comes first.
    """

    model_config = SettingsConfigDict(
        env_prefix="ATELIER_", env_nested_delimiter="__", extra="ignore", frozen=True
    )

    log: Literal["text", "json"] = "text"
    """How lines of the log look; see `worker.jobs.logs`."""
    redis_url: str = ""
    """Empty: a private Redis in `state_dir`."""
    state_dir: Path = Field(default_factory=lambda: Path.home() / ".local/state/atelier")
    blobs_url: str = ""
    """Empty: the folder `state_dir`/blobs."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Pydantic's hook."""
        folder = os.environ.get("ATELIER_SECRETS_DIR") or None
        files = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir=folder, secrets_dir_missing="error"
        )
        return init_settings, env_settings, files

    def secrets(self) -> list[str]:
        """What no log may tell."""
        password = urlsplit(self.redis_url).password
        return [unquote(password)] if password else []

    @property
    def state(self) -> Path:
        """`state_dir`, wherever the program is."""
        return self.state_dir.expanduser().absolute()


def names_in(model: type[BaseModel], prefix: str = "ATELIER_") -> Iterator[str]:
    """The variables of a settings class, those of models within it too."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from names_in(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


@dataclass(frozen=True)
class Jobs:
    """The queue, what admins change about it, the pictures that belong to it, and the Redis
    under it.
    """

    queue: Queue
    office: Office
    blobs: Blobs
    redis: Redis


@asynccontextmanager
async def open_jobs(settings: JobsSettings, *, wait: bool = True) -> AsyncIterator[Jobs]:
    """Open all; with `wait` not before Redis answers. Raises `BadSettings`."""
    blobs = Blobs.open(settings.blobs_url or settings.state / "blobs")
    if settings.redis_url:
        async with _queue(settings.redis_url, wait) as queue:
            yield Jobs(queue, queue.office, blobs, queue.client)
    else:
        async with embedded_redis(settings.state / "redis") as url, _queue(url, wait) as queue:
            yield Jobs(queue, queue.office, blobs, queue.client)


@asynccontextmanager
async def _queue(url: str, wait: bool) -> AsyncIterator[RedisQueue]:
    queue = RedisQueue(url)
    try:
        if wait:
            await queue.wait_until_there()
        yield queue
    finally:
        await queue.close()
