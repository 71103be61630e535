"""Updates in hand: Telegram forgets what was confirmed, and a bot may die before it answers."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from redis.exceptions import RedisError

__all__ = ["Inbox"]

log = logging.getLogger(__name__)

_AWAY = (RedisError, OSError)


class Inbox:
    """Keeps the updates of one bot in `redis`, a `redis.asyncio.Redis` that decodes."""

    def __init__(self, redis: Any, bot: Bot) -> None:
        self._redis = redis
        self._bot = bot
        self._key = f"{{atelier}}:telegram:updates:{bot.id}"

    async def keep(self, updates: list[Update]) -> bool:
        """Keep them; False when Redis is away."""
        if not updates:
            return True
        rows = {
            str(update.update_id): update.model_dump_json(exclude_unset=True, by_alias=True)
            for update in updates
        }
        try:
            await self._redis.hset(self._key, mapping=rows)
        except _AWAY:
            return False
        return True

    async def drop(self, updates: list[Update]) -> None:
        """They have been dealt with."""
        with suppress(*_AWAY):
            await self._redis.hdel(self._key, *(update.update_id for update in updates))

    async def left(self) -> list[Update] | None:
        """Those that are kept, the oldest first; None when Redis is away."""
        try:
            rows: dict[str, str] = await self._redis.hgetall(self._key)
        except _AWAY:
            return None
        found = []
        for number in sorted(rows, key=int):
            try:
                update = Update.model_validate_json(rows[number], context={"bot": self._bot})
            except ValueError:
                log.exception("telegram: an update that was kept can't be read: %s", number)
            else:
                found.append(update)
        return found
