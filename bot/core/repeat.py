"""Work that goes on for ever, whatever happens to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from worker.jobs.connection import raise_if_cancelled
from worker.jobs.errors import QueueAway

__all__ = ["repeat"]

log = logging.getLogger(__name__)
_LONGEST = 15.0


async def repeat(work: Callable[[], Awaitable[None]], *, every: float = 0.0) -> None:
    """Run `work` until cancelled, `every` so many seconds. A failure is logged, and followed by a
    pause that grows from 0.5 to 15 s: once a line for Redis being away, else with the traceback.
    """
    pause, away = 0.5, False
    while True:
        try:
            await work()
            raise_if_cancelled()
            pause, away = 0.5, False
            await asyncio.sleep(every)
        # One broken round must not end the service.
        except Exception as error:
            if not isinstance(error, QueueAway):
                log.exception("%s failed", getattr(work, "__qualname__", work))
            elif not away:
                log.warning("%s", error)
                away = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST)
