"""A messenger's chats as slots: a job's status, progress and result are one message."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod

from PIL import Image

from bot.core.messages import File, Reply
from bot.fronts.slots import Slots, Standing

__all__ = ["Board", "pieces", "size_of"]


class Board(ABC):
    """Puts one reply after the other; the caller keeps their order."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

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
