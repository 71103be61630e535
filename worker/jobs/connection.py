"""One connection to Redis: its errors in our words, its scripts, its channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis.asyncio
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,
)

from worker.jobs.errors import BadSettings, QueueAway
from worker.jobs.masters import open_pool
from worker.jobs.pipeline import PATIENCE, Pipeline
from worker.jobs.scripts import load_scripts

__all__ = ["PATIENCE", "Connection", "shut_out"]

log = logging.getLogger(__name__)
T = TypeVar("T")

OLDEST = (6, 2)
# What a server says that lives but can't serve now: restarting, failing over, disk or memory full.
# redis-py takes the first word from some of these messages, and from none that a script adds to.
_REFUSED = (ClusterDownError, MasterDownError, OutOfMemoryError, ReadOnlyError)
_REFUSALS = (
    "LOADING", "MISCONF", "OOM", "READONLY", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "UNBLOCKED",
)  # fmt: skip
# What a failover may undo: a job that was claimed waits again, the rest is said again and again.
_FLEETING = ("announce", "claim", "forget", "progress", "renew", "retire", "snapshot")
_HEALTH = 15.0
"""Seconds after which a connection that was silent is asked for a sign of life."""
_SILENCE = _HEALTH + 1


class Connection:
    """A pool of connections to `url`. Raises `BadSettings` when the URL is none.

    `keys`: name -> key, of all that scripts use.
    """

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        try:
            # A lost reply leaves open what happened: only reads are tried again, in `read`.
            pool = open_pool(
                url,
                decode_responses=True,
                retry=Retry(NoBackoff(), 0),
                socket_connect_timeout=5.0,
                health_check_interval=_HEALTH,
            )
        except ValueError as error:
            raise BadSettings(f"ATELIER_REDIS_URL is no address of a Redis: {error}") from None
        self.client: redis.asyncio.Redis = redis.asyncio.Redis.from_pool(pool)
        self.place = _without_password(url)
        scripts = load_scripts((*keys, "outbox"))
        self._keys = {
            name: [keys[key] for key in script.keys if key != "outbox"]
            for name, script in scripts.items()
        }
        self._pipeline = Pipeline(
            pool, {name: script.text for name, script in scripts.items()}, _FLEETING
        )

    async def run(self, script: str, *args: str | int, more: Sequence[str] = ()) -> Any:
        """Run a script on the keys that it uses and `more`."""
        try:
            return await self._pipeline.run(script, (*self._keys[script], *more), args)
        except (RedisError, OSError) as error:
            self._say(error)
            raise

    async def confirm(self) -> None:
        """Return when a failover would undo nothing that was written so far."""
        with self.errors():
            await self._pipeline.confirm()

    async def read(self, ask: Callable[[Any], Awaitable[T]]) -> T:
        """Ask the client something that changes nothing; tried twice."""
        try:
            return await self._ask(ask)
        except QueueAway:
            return await self._ask(ask)

    async def _ask(self, ask: Callable[[Any], Awaitable[T]]) -> T:
        with self.errors():
            async with asyncio.timeout(PATIENCE):
                return await ask(self.client)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what Redis can't help into `QueueAway`."""
        try:
            yield
        except (RedisError, OSError) as error:
            self._say(error)
            raise

    def _say(self, error: RedisError | OSError) -> None:
        if isinstance(error, ConnectionError | TimeoutError | OSError):
            reason = str(error) or f"it said nothing for {PATIENCE:.0f} s"
            raise QueueAway(f"Redis at {self.place} does not answer: {reason}") from error
        if isinstance(error, _REFUSED) or any(word in str(error) for word in _REFUSALS):
            raise QueueAway(f"Redis at {self.place} refuses just now: {error}") from error

    async def listen(self, *channels: str) -> AsyncIterator[str | None]:
        """Messages on the channels, for ever; None whenever listening has begun (again), since
        what was said before was not heard.
        """
        wait = 0.1
        while True:
            pubsub = self.client.pubsub()
            try:
                await pubsub.subscribe(*channels)
                raise_if_cancelled()
                while True:
                    message = await _next(pubsub)
                    wait = 0.1
                    yield message["data"] if message["type"] == "message" else None
            except (RedisError, OSError) as error:
                log.warning("Lost Redis at %s (%s); trying again", self.place, error)
            finally:
                await pubsub.aclose()  # type: ignore[no-untyped-call]
            await asyncio.sleep(wait)
            wait = min(2 * wait, 5.0)

    async def wait_until_there(self) -> None:
        """Return when Redis answers. Raises `BadSettings` when it never would."""
        wait = 0.1
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    info = await self.client.info("server")
            except (RedisError, OSError) as error:
                if shut_out(error):
                    raise BadSettings(f"Redis at {self.place} lets us not in: {error}") from None
                log.warning(
                    "Redis at %s does not answer (%s); trying again in %.1f s",
                    self.place, error, wait,
                )  # fmt: skip
                await asyncio.sleep(wait)
                wait = min(2 * wait, 10.0)
            else:
                version = str(info["redis_version"])
                if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
                    raise BadSettings(
                        f"Redis at {self.place} is {version}; it must be 6.2 or newer."
                    )
                return

    async def close(self) -> None:
        """Let go of all connections."""
        await self.client.aclose()


def shut_out(error: Exception) -> bool:
    """Whether Redis is there, and user or password are wrong."""
    refused = (AuthenticationError, NoPermissionError)
    return isinstance(error, refused) or isinstance(error.__cause__, refused)


async def _next(pubsub: PubSub) -> dict[str, Any]:
    """The next message. Raises `TimeoutError` when there is no sign of life."""
    loop = asyncio.get_running_loop()
    silences = 0
    while silences < 2:
        begun = loop.time()
        message: dict[str, Any] | None = await pubsub.get_message(timeout=_SILENCE)
        if message is not None:
            return message
        # redis-py asks for a sign of life before it waits, and the answer to that is None at once
        silences = silences + 1 if loop.time() - begun >= _SILENCE else 0
    raise TimeoutError("it has gone silent")


def raise_if_cancelled() -> None:
    """Call it in endless loops around Redis: `asyncio.wait_for` of Python 3.11, with which
    redis-py sends when the URL asks for a socket_timeout, may swallow a cancel.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
