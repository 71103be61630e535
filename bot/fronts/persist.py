"""Trying again: a call that failed in passing, and a messenger that does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

__all__ = ["PATIENT", "PAUSES", "Outage", "brief", "persist"]

log = logging.getLogger(__name__)
T = TypeVar("T")

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try."""
PATIENT = (*PAUSES, 8.0, 16.0, 30.0)
"""For what would be lost otherwise."""


async def persist(
    make: Callable[[], Awaitable[T]],
    is_transient: Callable[[Exception], bool],
    pauses: Sequence[float] = PAUSES,
) -> T:
    """Make a call, and again after each pause while it fails in ways that are transient."""
    for pause in pauses:
        try:
            return await make()
        # A front fails in its platform's ways.
        except Exception as error:
            if not is_transient(error):
                raise
            log.info("a call failed, again in %g s: %s", pause, brief(error))
        await asyncio.sleep(pause)
    return await make()


def brief(error: Exception) -> str:
    """The first line of what it says; some libraries say more."""
    return str(error).partition("\n")[0] or type(error).__name__


class Outage:
    """A messenger that may be away for long: said once, and once when it is back."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pause = 0.0

    async def rest(self, error: Exception, least: float = 0.0) -> None:
        """Wait before the next try, longer each time: 0.5 to 30 s, and at least `least`."""
        if not self._pause:
            log.warning("%s does not answer, trying again: %s", self._name, brief(error))
        self._pause = min(2 * self._pause or 0.5, 30.0)
        await asyncio.sleep(max(self._pause, least))

    def end(self) -> None:
        """It has answered."""
        if self._pause:
            log.info("%s answers again", self._name)
        self._pause = 0.0
