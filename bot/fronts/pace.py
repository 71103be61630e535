"""How fast a messenger may be called: by chat, and in all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiolimiter import AsyncLimiter

__all__ = ["Pace"]

_REMEMBERED = 2000


class Pace:
    """`overall` and what `chats` says for a chat: (burst, seconds a burst needs to be refilled).

    In any window of w seconds at most burst · (1 + w / seconds) calls are let through.
    """

    def __init__(
        self,
        overall: tuple[float, float],
        chats: Callable[[str], tuple[float, float]],
        speed: float = 1.0,
    ) -> None:
        """`speed`: seconds of the messenger's clock in one of ours."""
        self._speed = speed
        self._overall = self._limited(*overall)
        self._chats = chats
        self._limiters: dict[str, AsyncLimiter] = {}
        self._held: dict[str, float] = {}

    async def turn(self, chat: str) -> None:
        """Wait until a call for this chat may be made."""
        await self._rest(self._held.get(chat, 0.0))
        await self._rest(self._held.get("", 0.0))
        await self._limiter(chat).acquire()
        await self._overall.acquire()

    def hold(self, chat: str, seconds: float) -> None:
        """No call for this chat ("": for any) for so many seconds, as the messenger asked."""
        until = asyncio.get_running_loop().time() + seconds
        self._held[chat] = max(until, self._held.get(chat, 0.0))

    async def _rest(self, until: float) -> None:
        left = until - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    def _limiter(self, chat: str) -> AsyncLimiter:
        if len(self._limiters) > _REMEMBERED:
            now = asyncio.get_running_loop().time()
            full = [
                name for name, each in self._limiters.items() if each.has_capacity(each.max_rate)
            ]
            for name in full:
                del self._limiters[name]
            self._held = {name: until for name, until in self._held.items() if until > now}
        return self._limiters.setdefault(chat, self._limited(*self._chats(chat)))

    def _limited(self, burst: float, seconds: float) -> AsyncLimiter:
        return AsyncLimiter(burst, seconds / self._speed)
