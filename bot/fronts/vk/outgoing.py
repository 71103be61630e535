"""Replies become messages of the community, within VK's limits."""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from vk_api import ApiError

from bot.core.messages import File, Reply
from bot.fronts.board import Board, pieces, size_of
from bot.fronts.pace import Pace
from bot.fronts.persist import PAUSES, persist
from bot.fronts.slots import Slots, Standing
from bot.fronts.vk.client import AUTH, Client, is_transient
from bot.fronts.vk.keyboards import keyboard

__all__ = ["Outgoing"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_TEXT = 9000
_PHOTO_BYTES, _PHOTO_SIDES = 50 * 2**20, 14_000
_SQUEEZED = 2560
"""What VK makes of the longest side of a photo, in pixels."""
_GONE = {7, 15, 901, 902, 917, 932, 936, 945}
"""Errors of a person or chat that doesn't take messages."""
_NO_MESSAGE = {100, 909, 920, 924}
"""Errors of a message that can't be edited or taken away."""


class Outgoing(Board):
    """Shows one reply after the other; the caller keeps their order."""

    def __init__(self, client: Client, slots: Slots, speed: float) -> None:
        """`speed`: see `Pace`."""
        self._client = client
        super().__init__(slots)
        self._pauses = [pause / speed for pause in PAUSES]
        # a community may call twenty times a second
        self._pace = Pace((3, 3 / 16), lambda chat: (5, 5.0), speed)

    async def show(self, chat: str, reply: Reply) -> None:
        """Send the reply, or let it replace what stands in its slot. What VK will never take is
        dropped, as when somebody doesn't take messages. Raises what `is_transient` knows.
        """
        try:
            await self.put(chat, reply)
        except ApiError as error:
            if is_transient(error) or (error.code in AUTH and error.code not in _GONE):
                raise
            log.warning("vk: a reply is dropped: %s", error)
            await self._slots.drop(chat, reply.slot)

    async def answer_press(self, event: str, user: str, peer: str, text: str = "") -> None:
        """End the spinner on a pressed button, with a few words or none."""
        data = json.dumps({"type": "show_snackbar", "text": text[:90]}) if text else "{}"
        try:
            await self._client.call(
                "messages.sendMessageEventAnswer",
                event_id=event, user_id=user, peer_id=peer, event_data=data,
            )  # fmt: skip
        # nobody waits for it any more
        except Exception as error:
            log.info("vk: a press is not answered: %s", error)

    async def remove(self, chat: str, message: int) -> None:
        """See `Board`."""
        try:
            await self._call(
                chat,
                lambda: self._client.call(
                    "messages.delete", peer_id=chat, cmids=message, delete_for_all=1
                ),
            )
        except ApiError as error:
            if error.code not in _NO_MESSAGE:
                raise
            log.info("vk: a message is not removed: %s", error)

    async def send(self, chat: str, reply: Reply) -> Standing:
        """See `Board`."""
        names = [name for file in reply.files for name in await self._upload(chat, file, reply)]
        *heads, last = pieces(reply.text, _TEXT)
        for number, head in enumerate(heads):
            await self._message(chat, reply, number, message=head)
        buttons = keyboard(reply.buttons)
        sent = await self._message(
            chat, reply, len(heads), message=last, attachment=",".join(names), keyboard=buttons
        )
        return Standing(message=sent, text=last, buttons=buttons, files=tuple(names))

    async def _message(self, chat: str, reply: Reply, number: int, **content: str) -> int:
        values: dict[str, str | int] = {name: each for name, each in content.items() if each}
        values["random_id"] = _random_id(chat, reply, number)
        if reply.answers.isdecimal():
            quote = {
                "peer_id": int(chat),
                "conversation_message_ids": [int(reply.answers)],
                "is_reply": True,
            }
            values["forward"] = json.dumps(quote)
        [sent] = await self._call(
            chat, lambda: self._client.call("messages.send", peer_ids=chat, **values)
        )
        # VK may say so in the list, too
        if "error" in sent:
            raise ApiError(None, "messages.send", values, False, sent["error"])
        return int(sent["conversation_message_id"])

    async def edit(self, chat: str, reply: Reply, stands: Standing) -> Standing:
        """See `Board`."""
        buttons, text = keyboard(reply.buttons), reply.text[:_TEXT]
        if not reply.files and (text, buttons) == (stands.text, stands.buttons):
            return stands
        names = stands.files
        if reply.files:
            names = tuple(await self._upload(chat, reply.files[0], reply))
        values = {"message": text, "keyboard": buttons, "attachment": ",".join(names)}
        try:
            await self._call(
                chat,
                lambda: self._client.call(
                    "messages.edit", peer_id=chat, cmid=stands.message,
                    **{name: value for name, value in values.items() if value},
                ),
            )  # fmt: skip
        except ApiError as error:
            if error.code not in _NO_MESSAGE:
                raise
            return await self.send(chat, reply)  # somebody deleted it
        return Standing(message=stands.message, text=text, buttons=buttons, files=names)

    async def _upload(self, chat: str, file: File, reply: Reply) -> list[str]:
        """As a photo, as a document, or both when VK would squeeze it."""
        names = []
        looks = _is_photo(file)
        if looks and not reply.as_files:
            photo = self._client.upload_photo
            names.append(await self._call(chat, lambda: photo(int(chat), file.content)))
        if not reply.passing and (not looks or reply.as_files or max(size_of(file)) > _SQUEEZED):
            document = self._client.upload_file
            names.append(
                await self._call(chat, lambda: document(int(chat), file.name, file.content))
            )
        return names

    async def _call(self, chat: str, make: Callable[[], Awaitable[T]]) -> T:
        async def in_turn() -> T:
            await self._pace.turn(chat)
            return await make()

        return await persist(in_turn, is_transient, self._pauses)


def _random_id(chat: str, reply: Reply, number: int) -> int:
    """The same for a reply that is sent again: VK shows it once. 0 would mean none."""
    state = reply.status.state if reply.status else ""
    name = f"{chat}|{reply.once or f'{reply.slot}|{state}'}|{number}"
    return zlib.crc32(name.encode()) - 2**31 or 1


def _is_photo(file: File) -> bool:
    """Whether VK takes it as a photo."""
    if file.type not in ("image/png", "image/jpeg") or len(file.content) > _PHOTO_BYTES:
        return False
    return sum(size_of(file)) <= _PHOTO_SIDES
