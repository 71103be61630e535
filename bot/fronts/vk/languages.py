"""In which language each person writes: a message tells, a pressed button does not."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError

from bot.core.session import away

__all__ = ["Languages"]

_KEY = "{atelier}:vk:languages"
_USUAL = "ru"


class Languages:
    """The language of each person's last message. Most people on VK are Russian: only others are
    kept. While Redis is away nothing is.
    """

    def __init__(self, redis: Any) -> None:
        """`redis` is a `redis.asyncio.Redis` that decodes."""
        self._redis = redis

    async def note(self, user: str, lang: str) -> None:
        """This person writes in this language."""
        with suppress(RedisError, OSError):
            if lang == _USUAL:
                await self._redis.hdel(_KEY, user)
            else:
                await self._redis.hset(_KEY, user, lang)

    async def drop(self, user: str) -> None:
        """Forget this person's. Raises `QueueAway`."""
        with away():
            await self._redis.hdel(_KEY, user)

    async def of(self, user: str) -> str:
        """What to answer this person in."""
        found: str | None = None
        with suppress(RedisError, OSError):
            found = await self._redis.hget(_KEY, user)
        return found or _USUAL
