"""A person's chat on each messenger, in the same words."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.messengers.telegram import TelegramServer
from tests.messengers.telegram import world as telegram
from tests.messengers.vk import VkServer
from tests.messengers.vk import world as vk

__all__ = ["Chat", "Heard", "TelegramChat", "VkChat"]

_STOPPING = "Stopping …"


@dataclass(frozen=True)
class Heard:
    """A message of the bot. `answers`: the number of the message that it quotes; `buttons`: what
    they say when they are pressed.
    """

    number: int
    time: float
    text: str
    picture: bytes | None
    answers: int | None
    buttons: tuple[str, ...]
    raw: Any

    @property
    def passing(self) -> bool:
        """Whether it says how a job stands that has not ended."""
        return self.text == _STOPPING or any(one.startswith("cancel:") for one in self.buttons)


class Chat(ABC):
    """What one person does there. What is sent returns the numbers of its messages."""

    platform: str

    def __init__(self, id: int) -> None:
        self.user = f"{self.platform}:{id}"

    @abstractmethod
    async def say(self, text: str) -> list[int]:
        """Words."""

    @abstractmethod
    async def show(self, photos: Sequence[bytes], text: str) -> list[int]:
        """A photo, or an album."""

    @abstractmethod
    async def attach(self, content: bytes, name: str, text: str) -> list[int]:
        """A file."""

    @abstractmethod
    async def again(self, numbers: Sequence[int]) -> None:
        """The messenger brings these messages once more."""

    @abstractmethod
    async def press(self, heard: Heard, data: str) -> None:
        """Press the button that says `data`."""

    @abstractmethod
    def heard(self) -> list[Heard]:
        """What stands in the chat now, oldest first."""

    @abstractmethod
    def said(self) -> list[Heard]:
        """All that the bot ever sent there, also what it took away."""

    @abstractmethod
    async def until(self, condition: Callable[[], Any], seconds: float) -> Any:
        """See `World.until`."""


class TelegramChat(Chat):
    """A private chat on Telegram."""

    platform = "telegram"

    def __init__(self, server: TelegramServer, id: int) -> None:
        super().__init__(id)
        self._world = server.world
        self._person = server.person(id)

    async def say(self, text: str) -> list[int]:
        """See `Chat`."""
        return [(await self._person.say(text)).id]

    async def show(self, photos: Sequence[bytes], text: str) -> list[int]:
        """See `Chat`."""
        if len(photos) == 1:
            return [(await self._person.photo(photos[0], text)).id]
        return [one.id for one in await self._person.album(photos, text)]

    async def attach(self, content: bytes, name: str, text: str) -> list[int]:
        """See `Chat`."""
        return [(await self._person.document(content, name, text)).id]

    async def again(self, numbers: Sequence[int]) -> None:
        """See `Chat`."""
        for number in numbers:
            await self._person.tell(self._person.chat.messages[number])

    async def press(self, heard: Heard, data: str) -> None:
        """See `Chat`."""
        await self._person.press_data(heard.raw, data)

    def heard(self) -> list[Heard]:
        """See `Chat`."""
        return [self._hear(one, one.date) for one in self._person.heard()]

    def said(self) -> list[Heard]:
        """See `Chat`."""
        return [
            self._hear(sent.message, sent.time)
            for sent in self._world.log
            if sent.message.chat == self._person.chat.id
        ]

    async def until(self, condition: Callable[[], Any], seconds: float) -> Any:
        """See `Chat`."""
        return await self._world.until(condition, seconds)

    def _hear(self, message: telegram.Message, moment: float) -> Heard:
        buttons = tuple(one["callback_data"] for one in message.buttons)
        picture = message.file.content if message.file else None
        return Heard(message.id, moment, message.text, picture, message.reply_to, buttons, message)


class VkChat(Chat):
    """A conversation with the community on VK."""

    platform = "vk"

    def __init__(self, server: VkServer, id: int) -> None:
        super().__init__(id)
        self._world = server.world
        self._person = server.person(id)

    async def say(self, text: str) -> list[int]:
        """See `Chat`."""
        return [(await self._person.say(text)).cmid]

    async def show(self, photos: Sequence[bytes], text: str) -> list[int]:
        """See `Chat`."""
        return [(await self._person.album(photos, text)).cmid]

    async def attach(self, content: bytes, name: str, text: str) -> list[int]:
        """See `Chat`."""
        return [(await self._person.document(content, name, text)).cmid]

    async def again(self, numbers: Sequence[int]) -> None:
        """See `Chat`."""
        for number in numbers:
            await self._person.tell(self._world.peers[self._person.peer][number])

    async def press(self, heard: Heard, data: str) -> None:
        """See `Chat`."""
        await self._person.press_payload(heard.raw, {"p": data})

    def heard(self) -> list[Heard]:
        """See `Chat`."""
        return list(map(self._hear, self._person.heard()))

    def said(self) -> list[Heard]:
        """See `Chat`."""
        peer = self._person.peer
        return [self._hear(one) for one in self._world.log if one.peer == peer]

    async def until(self, condition: Callable[[], Any], seconds: float) -> Any:
        """See `Chat`."""
        return await self._world.until(condition, seconds)

    def _hear(self, message: vk.Message) -> Heard:
        buttons = tuple(json.loads(one["payload"])["p"] for one in message.buttons)
        picture = message.attachments[0].content if message.attachments else None
        return Heard(
            message.cmid, message.time, message.text, picture, message.reply_to, buttons, message
        )
