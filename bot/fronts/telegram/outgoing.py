"""Replies become Telegram messages, within its limits."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramRetryAfter,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Message,
    ReplyParameters,
)

from bot.core.messages import File, Reply
from bot.fronts.board import Board, pieces, size_of
from bot.fronts.pace import Pace
from bot.fronts.persist import PAUSES, brief, persist
from bot.fronts.slots import Slots, Standing
from bot.fronts.telegram.faults import is_transient

__all__ = ["Outgoing"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_TEXT, _CAPTION = 4096, 1024
_PHOTO_BYTES, _PHOTO_SIDES, _PHOTO_RATIO = 10 * 2**20, 10_000, 20
_SQUEEZED = 1280
"""What clients make of the longest side of a photo, in pixels."""


def _chat_pace(chat: str) -> tuple[float, float]:
    # a group takes 20 messages a minute, a person about one a second
    return (3, 10.8) if chat.startswith("-") else (3, 3.6)


class Outgoing(Board):
    """Shows one reply after the other; the caller keeps their order."""

    def __init__(self, bot: Bot, slots: Slots, speed: float) -> None:
        """`speed`: see `Pace`."""
        self._bot = bot
        super().__init__(slots)
        self._pauses = [pause / speed for pause in PAUSES]
        # thirty a second in all, less what bunches up on the way
        self._pace = Pace((2, 2 / 20), _chat_pace, speed)

    async def show(self, chat: str, reply: Reply) -> None:
        """Send the reply, or let it replace what stands in its slot. What Telegram will never
        take is dropped, as when somebody blocked the bot. Raises what `is_transient` knows.
        """
        chat = await self._slots.now(chat)
        try:
            await self.put(chat, reply)
        except TelegramMigrateToChat as moved:
            await self._slots.move(chat, str(moved.migrate_to_chat_id))
            await self.put(str(moved.migrate_to_chat_id), reply)
        except (TelegramForbiddenError, TelegramBadRequest, TelegramEntityTooLarge) as error:
            log.warning("telegram: a reply is dropped: %s", error.message)
            await self._slots.drop(chat, reply.slot)

    async def answer_press(self, id: str, text: str = "") -> None:
        """End the spinner on a pressed button, with a few words or none."""
        try:
            await self._bot.answer_callback_query(id, text=text[:200] or None)
        except AiogramError as error:
            log.info("telegram: a press is not answered: %s", brief(error))

    async def remove(self, chat: str, message: int) -> None:
        """See `Board`."""
        try:
            await self._call(chat, lambda: self._bot.delete_message(chat, message))
        except TelegramBadRequest as error:
            log.info("telegram: a message is not removed: %s", error.message)

    async def send(self, chat: str, reply: Reply) -> Standing:
        """See `Board`."""
        markup = _keyboard(reply)
        answers = int(reply.answers) if reply.answers.isdecimal() else None
        if not reply.files:
            return await self._send_words(chat, reply.text, markup, answers)
        text = reply.text
        if len(text) > _CAPTION:
            await self._send_words(chat, text, None, answers)
            text = ""
        standing: list[Standing] = []
        for file in reply.files:
            looks = _is_photo(file)
            if looks and not reply.as_files:
                sent = await self._send_photo(chat, file, text, markup, answers)
                standing.append(_standing(sent, reply))
                text, markup = "", None
            if not looks or reply.as_files or _is_squeezed(file):
                sent = await self._send_file(chat, file, text, markup, answers)
                standing.append(_standing(sent, reply))
                text, markup = "", None
        first, *others = standing
        return first.model_copy(update={"others": tuple(each.message for each in others)})

    async def _send_words(
        self, chat: str, text: str, markup: InlineKeyboardMarkup | None, answers: int | None
    ) -> Standing:
        *heads, last = pieces(text, _TEXT)
        for head in heads:
            await self._call(
                chat,
                lambda head=head: self._bot.send_message(  # type: ignore[misc]
                    chat, head, reply_parameters=_answering(answers)
                ),
            )
        sent = await self._call(
            chat,
            lambda: self._bot.send_message(
                chat, last, reply_markup=markup, reply_parameters=_answering(answers)
            ),
        )
        return Standing(message=sent.message_id, text=last, buttons=_text_of(markup))

    async def _send_photo(
        self, chat: str, file: File, text: str, markup: InlineKeyboardMarkup | None,
        answers: int | None,
    ) -> Message:  # fmt: skip
        await self._act(chat, "upload_photo")
        try:
            return await self._call(
                chat,
                lambda: self._bot.send_photo(
                    chat, _upload(file), caption=text or None, reply_markup=markup,
                    reply_parameters=_answering(answers),
                ),
            )  # fmt: skip
        except TelegramBadRequest as error:
            log.info("telegram: a photo goes as a file: %s", error.message)
            return await self._send_file(chat, file, text, markup, answers)

    async def _send_file(
        self, chat: str, file: File, text: str, markup: InlineKeyboardMarkup | None,
        answers: int | None,
    ) -> Message:  # fmt: skip
        moves = file.type in ("image/gif", "video/mp4")
        await self._act(chat, "upload_video" if moves else "upload_document")
        send: Callable[..., Awaitable[Message]]
        send = self._bot.send_animation if moves else self._bot.send_document
        return await self._call(
            chat,
            lambda: send(
                chat, _upload(file), caption=text or None, reply_markup=markup,
                reply_parameters=_answering(answers),
            ),
        )  # fmt: skip

    async def edit(self, chat: str, reply: Reply, stands: Standing) -> Standing:
        """See `Board`."""
        markup = _keyboard(reply)
        limit = _CAPTION if reply.files or stands.files else _TEXT
        text = reply.text[:limit]
        if not reply.files and (text, _text_of(markup)) == (stands.text, stands.buttons):
            return stands
        where = {"chat_id": chat, "message_id": stands.message, "reply_markup": markup}
        try:
            if reply.files:
                media = InputMediaPhoto(media=_upload(reply.files[0]), caption=text)
                await self._call(chat, lambda: self._bot.edit_message_media(media, **where))  # type: ignore[arg-type]
            elif stands.files:
                await self._call(
                    chat,
                    lambda: self._bot.edit_message_caption(caption=text, **where),  # type: ignore[arg-type]
                )
            else:
                await self._call(chat, lambda: self._bot.edit_message_text(text, **where))  # type: ignore[arg-type]
        except TelegramBadRequest as error:
            if "not modified" in error.message:
                return stands
            # somebody deleted it, or it is too old
            return await self.send(chat, reply)
        files = tuple(file.name for file in reply.files) or stands.files
        return Standing(message=stands.message, text=text, buttons=_text_of(markup), files=files)

    async def _act(self, chat: str, action: str) -> None:
        """What the chat shows at its top for five seconds; not worth a second try."""
        try:
            await self._bot.send_chat_action(chat, action)
        except AiogramError as error:
            if isinstance(error, TelegramRetryAfter):
                self._pace.hold(chat, error.retry_after)
            log.info("telegram: no action shown: %s", brief(error))

    async def _call(self, chat: str, make: Callable[[], Awaitable[T]]) -> T:
        """Make a call in its turn, again as often as Telegram says when."""

        async def in_turn() -> T:
            while True:
                await self._pace.turn(chat)
                try:
                    return await make()
                except TelegramRetryAfter as late:
                    log.info("telegram: a chat is to wait for %d s", late.retry_after)
                    self._pace.hold(chat, late.retry_after)

        return await persist(in_turn, is_transient, self._pauses)


def _standing(sent: Message, reply: Reply) -> Standing:
    names = tuple(file.name for file in reply.files)
    return Standing(message=sent.message_id, text=sent.caption or "", files=names)


def _keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    rows = [
        [InlineKeyboardButton(text=button.label, callback_data=button.data) for button in row]
        for row in reply.buttons
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _text_of(markup: InlineKeyboardMarkup | None) -> str:
    return markup.model_dump_json() if markup else ""


def _answering(message: int | None) -> ReplyParameters | None:
    if message is None:
        return None
    return ReplyParameters(message_id=message, allow_sending_without_reply=True)


def _upload(file: File) -> BufferedInputFile:
    return BufferedInputFile(file.content, file.name)


def _is_photo(file: File) -> bool:
    """Whether Telegram takes it as a photo."""
    if file.type not in ("image/png", "image/jpeg") or len(file.content) > _PHOTO_BYTES:
        return False
    sides = size_of(file)
    return sum(sides) <= _PHOTO_SIDES and max(sides) <= _PHOTO_RATIO * min(sides)


def _is_squeezed(file: File) -> bool:
    return max(size_of(file)) > _SQUEEZED
