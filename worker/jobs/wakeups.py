"""Claims that sleep until there is something to do.

A claim that found nothing is registered in the same script, under this client's channel; the
script that makes a job ready wakes one of those that can run it. What gets lost on the way
costs no more than `POLL`.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from worker.jobs.connection import Connection

__all__ = ["POLL", "Wakeups"]

POLL = 2.0
"""Seconds after which a sleeping claim looks by itself."""


class Wakeups:
    """The sleeping claims of one client."""

    def __init__(self, connection: Connection, idle_key: str) -> None:
        self._connection = connection
        self._client = uuid.uuid4().hex
        self._channel = f"{idle_key}:{self._client}"
        self._numbers = itertools.count()
        self._asleep: dict[str, asyncio.Event] = {}
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def waiter(self) -> Iterator[tuple[str, asyncio.Event]]:
        """A name to register under, and the event that its wake-up sets."""
        number = str(next(self._numbers))
        event = self._asleep[number] = asyncio.Event()
        try:
            yield f"{self._client}|{number}", event
        finally:
            del self._asleep[number]

    async def listening(self, limit: float) -> None:
        """Return when wake-ups are heard; after `limit` seconds in any case."""
        if self._task is None:
            self._task = asyncio.create_task(self._listen(), name="wake-ups")
        await set_within(self._heard, limit)

    async def _listen(self) -> None:
        async for number in self._connection.listen(self._channel):
            if number is None:
                self._heard.set()
            elif event := self._asleep.get(number):
                event.set()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
