"""What a person has settled for good: language, size, files as they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from bot.core.messages import Button, Incoming, Reply
from bot.core.session import away
from bot.core.texts import LANGUAGES, Texts

__all__ = ["MemoryPreferences", "Preferences", "RedisPreferences", "Settings", "Settled"]

SIZES = (384, 512, 768, 1024)
"""Sides in pixels that can be chosen."""


class Settled(BaseModel):
    """One account's choices; what was not chosen is as the messenger or the effect says."""

    model_config = ConfigDict(frozen=True)

    lang: str = ""
    size: int = 0
    as_files: bool = False


class Preferences(Protocol):
    """Where they are kept. All methods raise `QueueAway` when Redis can't be reached."""

    async def get(self, user: str) -> Settled:
        """What an account has chosen."""

    async def put(self, user: str, settled: Settled) -> None:
        """Keep it."""

    async def delete(self, user: str) -> None:
        """Forget it."""

    def all(self) -> AsyncIterator[tuple[str, Settled]]:
        """What every account has chosen, in any order."""

    async def restore(self, user: str, settled: Settled) -> bool:
        """Keep it unless the account has chosen anything; returns whether it did."""


class MemoryPreferences:
    """Choices in this process."""

    def __init__(self) -> None:
        self._settled: dict[str, Settled] = {}

    async def get(self, user: str) -> Settled:
        """See `Preferences`."""
        return self._settled.get(user, Settled())

    async def put(self, user: str, settled: Settled) -> None:
        """See `Preferences`."""
        self._settled[user] = settled

    async def delete(self, user: str) -> None:
        """See `Preferences`."""
        self._settled.pop(user, None)

    async def all(self) -> AsyncIterator[tuple[str, Settled]]:
        """See `Preferences`."""
        for row in list(self._settled.items()):
            yield row

    async def restore(self, user: str, settled: Settled) -> bool:
        """See `Preferences`."""
        return self._settled.setdefault(user, settled) is settled


class RedisPreferences:
    """Choices that survive a restart: a hash, account -> JSON."""

    _KEY = "{atelier}:settings"

    def __init__(self, redis: Any) -> None:
        """`redis` is a `redis.asyncio.Redis` that decodes."""
        self._redis = redis

    async def get(self, user: str) -> Settled:
        """See `Preferences`."""
        with away():
            raw: str | None = await self._redis.hget(self._KEY, user)
        return Settled.model_validate_json(raw) if raw else Settled()

    async def put(self, user: str, settled: Settled) -> None:
        """See `Preferences`."""
        with away():
            await self._redis.hset(self._KEY, user, settled.model_dump_json())

    async def delete(self, user: str) -> None:
        """See `Preferences`."""
        with away():
            await self._redis.hdel(self._KEY, user)

    async def all(self) -> AsyncIterator[tuple[str, Settled]]:
        """See `Preferences`."""
        with away():
            async for user, raw in self._redis.hscan_iter(self._KEY):
                yield user, Settled.model_validate_json(raw)

    async def restore(self, user: str, settled: Settled) -> bool:
        """See `Preferences`."""
        with away():
            return bool(await self._redis.hsetnx(self._KEY, user, settled.model_dump_json()))


class Settings:
    """Answers `/settings` and its buttons, "set:lang=ru"."""

    def __init__(self, preferences: Preferences, texts: Texts) -> None:
        self._preferences = preferences
        self._texts = texts

    async def show(self, incoming: Incoming) -> Reply:
        """What is chosen, with buttons to change it."""
        lang = incoming.lang
        settled = await self._preferences.get(incoming.user)
        say = self._texts.say
        text = say(lang, "settings", size=settled.size or "none", files=str(settled.as_files))
        languages = [Button(say(lang, f"settings-{one}"), f"set:lang={one}") for one in LANGUAGES]
        sizes = [Button(str(size), f"set:size={size}") for size in SIZES]
        usual = Button(say(lang, "settings-size-usual"), "set:size=0")
        files = Button(
            say(lang, "settings-photos" if settled.as_files else "settings-files"),
            f"set:as_files={int(not settled.as_files)}",
        )
        return Reply(text, buttons=(tuple(languages), (*sizes, usual), (files,)))

    async def change(self, incoming: Incoming, choice: str) -> Reply:
        """Keep a choice and show all."""
        name, _, value = choice.partition("=")
        changed: dict[str, Any] = {}
        if name == "lang" and value in LANGUAGES:
            changed = {"lang": value}
        elif name == "size" and value.isdecimal() and int(value) in (0, *SIZES):
            changed = {"size": int(value)}
        elif name == "as_files" and value in ("0", "1"):
            changed = {"as_files": value == "1"}
        settled = (await self._preferences.get(incoming.user)).model_copy(update=changed)
        await self._preferences.put(incoming.user, settled)
        return await self.show(replace(incoming, lang=settled.lang or incoming.lang))
