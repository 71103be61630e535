"""Where conversations are played: how a person acts on a front, and what is heard there."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.bot.conversations.colours import colour
from tests.messengers.telegram import Person as TelegramPerson
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import GROUPS, VkServer
from tests.messengers.vk import Person as VkPerson

__all__ = ["NUMBERS", "Heard", "How", "Stage", "TelegramStage", "VkStage"]

How = Literal["photo", "document", "forwarded"]
NUMBERS = itertools.count(1000)
"""Of people and chats: each conversation has its own."""


@dataclass(frozen=True)
class Heard:
    """A message of the bot as it stands in the chat now."""

    text: str
    buttons: tuple[str, ...] = ()
    """Their labels."""
    pictures: tuple[str, ...] = ()
    """Their colours."""
    files: tuple[str, ...] = ()
    """Pictures that were sent as documents: their colours."""
    answers: Any = None
    """The id of the message that it replies to."""
    message: Any = field(default=None, repr=False)
    """As the front knows it."""


class Stage(ABC):
    """A person and the bot, perhaps among others, of whom one may press buttons too."""

    @abstractmethod
    async def say(self, text: str, *, to: Any = None, mention: bool = False) -> Any:
        """Words, perhaps in reply to a message, or naming the bot first; returns the message."""

    @abstractmethod
    async def bring(
        self, photos: Sequence[bytes], text: str = "", *, how: How = "photo", name: str = "a.jpg"
    ) -> Any:
        """Pictures in one message; returns it."""

    @abstractmethod
    async def odd(self, kind: str) -> None:
        """A sticker, voice or video."""

    @abstractmethod
    async def press(self, heard: Heard, label: str, *, other: bool = False) -> None:
        """Press a button; `other`: somebody else does."""

    @abstractmethod
    def heard(self) -> list[Heard]:
        """What stands there of the bot's, oldest first."""

    @abstractmethod
    def id_of(self, message: Any) -> Any:
        """The id by which a message of the person is replied to."""

    @abstractmethod
    def toasts(self) -> list[str]:
        """What was said to who pressed a button, beside the chat."""


class TelegramStage(Stage):
    """Telegram's server, spoken to through aiogram."""

    def __init__(self, server: TelegramServer, lang: str, *, group: bool) -> None:
        self._server = server
        number = next(NUMBERS)
        chat = -number if group else None
        self._person: TelegramPerson = server.person(number, chat=chat, lang=lang)
        self._other: TelegramPerson = server.person(number + 10**6, chat=chat, lang=lang)
        self._answers = len(server.world.answers)

    async def say(self, text: str, *, to: Any = None, mention: bool = False) -> Any:
        """See `Stage`."""
        return await self._person.say(f"@atelier_bot {text}" if mention else text, reply_to=to)

    async def bring(
        self, photos: Sequence[bytes], text: str = "", *, how: How = "photo", name: str = "a.jpg"
    ) -> Any:
        """See `Stage`."""
        if how == "document":
            return await self._person.document(photos[0], name, text)
        if len(photos) > 1:
            return (await self._person.album(photos, text))[0]
        return await self._person.photo(photos[0], text, forwarded=how == "forwarded")

    async def odd(self, kind: str) -> None:
        """See `Stage`."""
        await self._person.odd(kind)

    async def press(self, heard: Heard, label: str, *, other: bool = False) -> None:
        """See `Stage`."""
        await (self._other if other else self._person).press(heard.message, label)

    def heard(self) -> list[Heard]:
        """See `Stage`."""
        return [
            Heard(
                one.text,
                tuple(button["text"] for button in one.buttons),
                (colour(one.file.content),) if one.kind == "photo" and one.file else (),
                (colour(one.file.content),) if one.kind == "document" and one.file else (),
                one.reply_to,
                one,
            )
            for one in self._person.heard()
        ]

    def id_of(self, message: Any) -> Any:
        """See `Stage`."""
        return message.id

    def toasts(self) -> list[str]:
        """See `Stage`."""
        found = self._server.world.answers[self._answers :]
        return [each["text"] for each in found if each.get("text")]


class VkStage(Stage):
    """VK's server, spoken to through vk_api."""

    def __init__(self, server: VkServer, lang: str, *, group: bool) -> None:
        self._server = server
        number = next(NUMBERS)
        peer = GROUPS + number if group else None
        self._person: VkPerson = server.person(number, peer=peer, lang=lang)
        self._other: VkPerson = server.person(number + 10**6, peer=peer, lang=lang)
        self._answers = len(server.world.answers)

    async def say(self, text: str, *, to: Any = None, mention: bool = False) -> Any:
        """See `Stage`."""
        name = f"[club{self._server.group}|@atelier], " if mention else ""
        return await self._person.say(f"{name}{text}", reply_to=to)

    async def bring(
        self, photos: Sequence[bytes], text: str = "", *, how: How = "photo", name: str = "a.jpg"
    ) -> Any:
        """See `Stage`."""
        if how == "document":
            return await self._person.document(photos[0], name, text)
        if how == "forwarded":
            world = self._server.world
            kept = [world.keep("photo", 1, photo) for photo in photos]
            elsewhere = world.post(next(NUMBERS), 1, attachments=kept)
            return await self._person.forward(elsewhere, text)
        return await self._person.album(photos, text)

    async def odd(self, kind: str) -> None:
        """See `Stage`."""
        await self._person.odd("audio_message" if kind == "voice" else kind)

    async def press(self, heard: Heard, label: str, *, other: bool = False) -> None:
        """See `Stage`."""
        await (self._other if other else self._person).press(heard.message, label)

    def heard(self) -> list[Heard]:
        """See `Stage`."""
        return [
            Heard(
                one.text,
                tuple(button["label"] for button in one.buttons),
                tuple(colour(each.content) for each in one.attachments if each.kind == "photo"),
                tuple(colour(each.content) for each in one.attachments if each.kind == "doc"),
                one.reply_to,
                one,
            )
            for one in self._person.heard()
        ]

    def id_of(self, message: Any) -> Any:
        """See `Stage`."""
        return message.cmid

    def toasts(self) -> list[str]:
        """See `Stage`."""
        return [each["text"] for each in self._server.world.answers[self._answers :] if each]
