"""Redis or the store of pictures goes away and comes back; the worker waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.jobs.errors import BlobStoreAway, QueueAway
from worker.jobs.wakeups import set_within

log = logging.getLogger(__name__)

_FIRST, _LONGEST = 0.1, 2.0
"""Seconds between attempts: doubled from the first up to the longest."""

T = TypeVar("T")


class Patience:
    """Repeats calls to the queue until it answers; says once that it is away, and once that it
    is back, however many calls wait.
    """

    def __init__(self) -> None:
        self._away = False

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of `call`; any error but `QueueAway` passes."""
        pause = _FIRST
        while True:
            try:
                result = await call()
            except QueueAway as error:
                await self.pause(error, pause)
                pause = min(2 * pause, _LONGEST)
            else:
                if self._away:
                    self._away = False
                    log.info("Redis is back")
                return result

    async def pause(self, error: QueueAway, seconds: float = _LONGEST) -> None:
        """Wait before another attempt at something that is not one call."""
        if not self._away:
            self._away = True
            log.warning("%s; trying until it answers", error)
        await asyncio.sleep(seconds)


class StorePatience:
    """Repeats calls to the store of pictures until it answers; waits `seconds` in all, so that a
    job which can't be helped is not held for ever.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._over = asyncio.Event()

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """The result of `call`. Raises `BlobStoreAway` when the time is over."""
        pause = _FIRST
        while True:
            try:
                return await call()
            except BlobStoreAway as error:
                if self._left <= 0 or self._over.is_set():
                    raise
                if pause == _FIRST:
                    log.warning("%s; trying for %.0f s", error, self._left)
                await set_within(self._over, min(pause, self._left))
                self._left -= pause
                pause = min(2 * pause, _LONGEST)

    def end(self) -> None:
        """The result is no longer wanted: wait no more."""
        self._over.set()
