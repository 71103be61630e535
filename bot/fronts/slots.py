"""Which message of a chat shows a slot now; it outlives the bot."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError

from bot.core.session import away

__all__ = ["Slots", "Standing"]

_REMEMBERED = 2 * 24 * 3600
"""Seconds for which it is known that a slot has ended."""


class Standing(BaseModel):
    """A message that stands in a chat for a slot, and what it shows."""

    model_config = ConfigDict(frozen=True)

    message: int
    user: str = ""
    """Whose job it is."""
    text: str = ""
    buttons: str = ""
    files: tuple[str, ...] = ()
    """What the platform calls the files that it shows."""
    others: tuple[int, ...] = ()
    """Messages that came with it, and go with it."""


_AWAY = (RedisError, OSError)


class Slots:
    """Messages of one platform that will change, and groups that moved to another id. `redis` is a
    `redis.asyncio.Redis` that decodes; its own annotations fit no `await`. While it is away
    nothing is remembered, so that people can be told.
    """

    def __init__(self, redis: Any, platform: str) -> None:
        self._redis = redis
        self._slots = f"{{atelier}}:slots:{platform}"
        self._ended = f"{{atelier}}:ended:{platform}"
        self._moved = f"{{atelier}}:moved:{platform}"
        self._others = f"{{atelier}}:others:{platform}"

    async def get(self, chat: str, slot: str) -> Standing | None:
        """What stands there for the slot."""
        raw: str | None = None
        with suppress(*_AWAY):
            raw = await self._redis.hget(self._slots, f"{chat}|{slot}")
        return Standing.model_validate_json(raw) if raw else None

    async def put(self, chat: str, slot: str, standing: Standing) -> None:
        """Remember it."""
        with suppress(*_AWAY):
            await self._redis.hset(self._slots, f"{chat}|{slot}", standing.model_dump_json())

    async def drop(self, chat: str, slot: str) -> None:
        """Forget it."""
        with suppress(*_AWAY):
            await self._redis.hdel(self._slots, f"{chat}|{slot}")

    async def end(self, chat: str, slot: str, state: str) -> None:
        """The slot's last reply was shown, with this state."""
        with suppress(*_AWAY):
            await self._redis.set(f"{self._ended}:{chat}|{slot}", state, ex=_REMEMBERED)

    async def ended(self, chat: str, slot: str) -> str | None:
        """The state with which the slot ended."""
        state: str | None = None
        with suppress(*_AWAY):
            state = await self._redis.get(f"{self._ended}:{chat}|{slot}")
        return state

    async def note_others(self, chat: str, sent: Standing) -> None:
        """Remember what came with a message."""
        if sent.others:
            with suppress(*_AWAY):
                key = f"{self._others}:{chat}|{sent.message}"
                await self._redis.set(key, " ".join(map(str, sent.others)), ex=_REMEMBERED)

    async def others(self, chat: str, message: int) -> list[int]:
        """What came with it."""
        raw: str | None = None
        with suppress(*_AWAY):
            raw = await self._redis.get(f"{self._others}:{chat}|{message}")
        return [int(one) for one in (raw or "").split()]

    async def standing(self) -> list[tuple[str, str]]:
        """The slots that stand in any chat, and whose they are."""
        with away():
            found: dict[str, str] = await self._redis.hgetall(self._slots)
        users = {
            name.rpartition("|")[2]: Standing.model_validate_json(raw).user
            for name, raw in found.items()
        }
        return [(slot, user) for slot, user in users.items() if user]

    async def move(self, chat: str, to: str) -> None:
        """The chat has another id from now on."""
        with suppress(*_AWAY):
            await self._redis.hset(self._moved, chat, to)

    async def now(self, chat: str) -> str:
        """The chat's present id."""
        moved: str | None = None
        with suppress(*_AWAY):
            moved = await self._redis.hget(self._moved, chat)
        return moved or chat
