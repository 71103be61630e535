"""What goes out to a messenger: chat by chat in order, of a job's statuses only the newest."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

from bot.core.messages import Reply
from bot.fronts.persist import brief
from worker.jobs.wakeups import set_within

__all__ = ["Lines"]

log = logging.getLogger(__name__)

_HINTS = (6, 1.0)
"""So many statuses in so many seconds, over all chats: answers and results go first."""
_LOOK = 1.0
"""Seconds after which a status that waits looks for room again."""

Show = Callable[[str, Reply], Awaitable[None]]


@dataclass
class _Line:
    said: deque[tuple[Reply, asyncio.Future[None]]] = field(default_factory=deque)
    hints: dict[str, Reply] = field(default_factory=dict)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    """Something was said."""


class Lines:
    """One line a chat: a slow chat holds up no other. `show` puts one reply into a chat."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = AsyncLimiter(*_HINTS)

    async def say(self, chat: str, reply: Reply) -> None:
        """Show the reply in its turn. Raises what `show` raises."""
        shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._line(chat)
        # what stands there is about to be replaced
        line.hints.pop(reply.slot, None)
        line.said.append((reply, shown))
        line.called.set()
        await shown

    def hint(self, chat: str, reply: Reply) -> None:
        """Show the reply when there is time, unless a newer one for its slot comes first."""
        self._line(chat).hints[reply.slot] = reply

    async def close(self) -> None:
        """Drop what was not shown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _line(self, chat: str) -> _Line:
        if chat not in self._lines:
            self._lines[chat] = _Line()
            task = asyncio.create_task(self._serve(chat, self._lines[chat]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._lines[chat]

    async def _serve(self, chat: str, line: _Line) -> None:
        # the caller fills the line in this turn of the loop
        await asyncio.sleep(0)
        while line.said or line.hints:
            if line.said:
                reply, shown = line.said.popleft()
                await self._say(chat, reply, shown)
                continue
            if not self._room.has_capacity():
                line.called.clear()
                await set_within(line.called, _LOOK)
                continue
            await self._room.acquire()
            reply = line.hints.pop(next(iter(line.hints)))
            try:
                await self._show(chat, reply)
            # A front fails in its platform's ways; the next status will do.
            except Exception as error:
                log.info("a status was not shown: %s", brief(error))
        del self._lines[chat]

    async def _say(self, chat: str, reply: Reply, shown: asyncio.Future[None]) -> None:
        try:
            await self._show(chat, reply)
        # It is the caller's to know what can be done.
        except Exception as error:
            if not shown.cancelled():
                shown.set_exception(error)
        except asyncio.CancelledError:
            shown.cancel()
            raise
        else:
            if not shown.cancelled():
                shown.set_result(None)
