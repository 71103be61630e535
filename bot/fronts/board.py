"""A messenger's chats as slots: a job's status, progress and result are one message."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod

from PIL import Image

from bot.core.messages import File, Reply
from bot.fronts.slots import Slots, Standing

__all__ = ["Board", "pieces", "size_of"]

_REMEMBERED = 1000
"""Slots whose end was shown."""


class Board(ABC):
    """Puts one reply after the other; the caller keeps their order."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._ended: dict[tuple[str, str], str] = {}

    @abstractmethod
    async def send(self, chat: str, reply: Reply) -> Standing:
        """A new message."""

    @abstractmethod
    async def edit(self, chat: str, reply: Reply, stands: Standing) -> Standing:
        """Other words, and a preview if there is a new one, in the message that stands."""

    @abstractmethod
    async def remove(self, chat: str, message: int) -> None:
        """Take a message away; one that is gone already is no error."""

    async def put(self, chat: str, reply: Reply) -> None:
        """Send the reply, or let it replace what stands in its slot. A result is a new message,
        so that people are told of it, and what stood there goes.
        """
        if reply.slot and self._comes_late(chat, reply):
            return
        stands = await self._slots.get(chat, reply.slot) if reply.slot else None
        if stands is None or (reply.files and not reply.passing):
            sent = await self.send(chat, reply)
            if stands is not None:
                await self.remove(chat, stands.message)
        else:
            sent = await self.edit(chat, reply, stands)
        if reply.slot and reply.passing:
            await self._slots.put(chat, reply.slot, sent)
        elif stands is not None:
            await self._slots.drop(chat, reply.slot)
        if reply.slot and not reply.passing:
            self._ended[chat, reply.slot] = reply.status.state if reply.status else ""
            if len(self._ended) > _REMEMBERED:
                del self._ended[next(iter(self._ended))]

    def _comes_late(self, chat: str, reply: Reply) -> bool:
        """Whether the slot's end has been shown: by the outbox, while an answer was on its way.
        Who cancels hears of it from both.
        """
        ended = self._ended.get((chat, reply.slot))
        if ended is None or reply.status is None:
            return False
        return reply.passing or ended == reply.status.state == "cancelled"


def pieces(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, cut between lines where that can be."""
    found = []
    while len(text) > most:
        cut = text.rfind("\n", 1, most)
        cut = cut if cut > 0 else most
        found.append(text[:cut])
        text = text[cut:].lstrip("\n")
    return [*found, text]


def size_of(file: File) -> tuple[int, int]:
    """Width and height of a picture."""
    with Image.open(io.BytesIO(file.content)) as image:
        return image.size
