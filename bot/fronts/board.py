"""A messenger's chats as slots: a job's status, progress and result are one message."""

from __future__ import annotations

import io
import logging
from abc import ABC, abstractmethod

from PIL import Image

from bot.core.messages import File, Reply
from bot.fronts.slots import Slots, Standing

__all__ = ["Board", "pieces", "size_of"]

log = logging.getLogger(__name__)


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
        so that people are told of it, and what stood there goes. After an ending the slot takes
        neither that ending again nor how the job stood before.
        """
        slot, state = reply.slot, reply.status.state if reply.status else ""
        stands = await self._slots.get(chat, slot) if slot else None
        ended = await self._slots.ended(chat, slot) if slot else None
        if ended is not None and (reply.passing or ended == state):
            await self._clear(chat, slot, stands)
        elif reply.passing:
            sent = await (self.edit(chat, reply, stands) if stands else self.send(chat, reply))
            user = {"user": reply.status.user if reply.status else ""}
            await self._slots.put(chat, slot, sent.model_copy(update=user))
        elif stands is None or reply.files:
            await self._slots.note_others(chat, await self.send(chat, reply))
            if slot:
                await self._slots.end(chat, slot, state)
                await self._clear(chat, slot, stands)
        else:
            await self.edit(chat, reply, stands)
            await self._slots.end(chat, slot, state)
            await self._slots.drop(chat, slot)

    async def take_away(self, chat: str, message: int) -> None:
        """Remove a message with all that came with it."""
        for each in (message, *await self._slots.others(chat, message)):
            await self.remove(chat, each)

    async def _clear(self, chat: str, slot: str, stands: Standing | None) -> None:
        if stands is None:
            return
        try:
            await self.remove(chat, stands.message)
        # Its result has come: that must not be sent again.
        except Exception as error:
            log.warning("a status is left standing: %s", error)
        await self._slots.drop(chat, slot)


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
