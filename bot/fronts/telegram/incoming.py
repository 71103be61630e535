"""Messages and presses of people, as the conversation takes them."""

from __future__ import annotations

import io
import logging
import mimetypes
from collections.abc import Sequence

import aiohttp
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramRetryAfter
from aiogram.types import CallbackQuery, Document, Message, PhotoSize

from bot.core.messages import Incoming
from bot.fronts.persist import PATIENT, brief, persist
from bot.fronts.telegram.faults import is_transient

__all__ = ["Reader", "TooLarge"]

log = logging.getLogger(__name__)

_ODD = {
    "sticker": "sticker",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "voice": "voice",
    "audio": "voice",
    "document": "file",
}


class TooLarge(Exception):
    """A picture can't be fetched because of its size."""


class _Lost(Exception):
    """A picture can't be fetched, now or ever."""


class Reader:
    """Reads what was said to the bot called `name`; pictures over `photo_mb` are not fetched."""

    platform = "telegram"

    def __init__(self, bot: Bot, name: str, id: int, photo_mb: int | None) -> None:
        self._bot = bot
        self._name = name.lower()
        self._id = id
        self._limit = photo_mb and photo_mb * 2**20

    async def read(self, messages: Sequence[Message]) -> Incoming | None:
        """One message, or the messages of an album; None when it is not for the bot."""
        first = messages[0]
        if first.from_user is None or first.from_user.is_bot:
            return None
        text = next((said for one in messages if (said := one.text or one.caption)), "")
        if first.chat.type != "private" and not self._is_meant(first, text):
            return None
        odd = next((kind for one in messages if (kind := self._odd(one))), "")
        photos, quoted = [], []
        try:
            for one in messages:
                photos += await self._pictures(one)
            if first.reply_to_message is not None:
                quoted = await self._pictures(first.reply_to_message)
        except TooLarge:
            odd = "too_large"
        except _Lost:
            odd = "lost"
        return Incoming(
            platform=self.platform,
            user=f"telegram:{first.from_user.id}",
            chat=str(first.chat.id),
            message=str(first.message_id),
            text=self._without_name(text),
            photos=tuple(photos),
            quoted=tuple(quoted),
            group=first.chat.type != "private",
            odd="" if photos else odd,
            lang=first.from_user.language_code or "en",
        )

    def read_press(self, press: CallbackQuery) -> Incoming | None:
        """A pressed button; None when its message is too old to answer."""
        if press.message is None or not press.data:
            return None
        return Incoming(
            platform=self.platform,
            user=f"telegram:{press.from_user.id}",
            chat=str(press.message.chat.id),
            message=f"press-{press.id}",
            press=press.data,
            group=press.message.chat.type != "private",
            lang=press.from_user.language_code or "en",
        )

    def _is_meant(self, message: Message, text: str) -> bool:
        """In a group: a command, a mention, or a reply to the bot."""
        first = text.split(maxsplit=1)[0].lower() if text.strip() else ""
        if first.startswith("/"):
            _, at, name = first.partition("@")
            return not at or name == self._name
        if f"@{self._name}" in text.lower().split():
            return True
        quoted = message.reply_to_message
        return (
            quoted is not None and quoted.from_user is not None and quoted.from_user.id == self._id
        )

    def _without_name(self, text: str) -> str:
        words = text.split(" ")
        return " ".join(word for word in words if word.lower() != f"@{self._name}")

    def _odd(self, message: Message) -> str:
        """The kind of what is no picture."""
        if message.photo or (message.document and _is_picture(message.document)):
            return ""
        return next((kind for name, kind in _ODD.items() if getattr(message, name)), "")

    async def _pictures(self, message: Message) -> list[bytes]:
        """Its picture, if it has one. Raises `TooLarge` and `_Lost`."""
        if message.photo:
            return [await self._fetch(message.photo[-1])]
        if message.document and _is_picture(message.document):
            return [await self._fetch(message.document)]
        return []

    async def _fetch(self, file: PhotoSize | Document) -> bytes:
        if self._limit and (file.file_size or 0) > self._limit:
            raise TooLarge

        async def fetch() -> bytes:
            content = io.BytesIO()
            await self._bot.download(file, content)
            return content.getvalue()

        try:
            return await persist(fetch, _may_pass, PATIENT)
        except (AiogramError, aiohttp.ClientError, TimeoutError) as error:
            if "too big" in str(error):
                raise TooLarge from None
            log.warning("telegram: a picture can't be fetched: %s", brief(error))
            raise _Lost from None


def _may_pass(error: Exception) -> bool:
    return is_transient(error) or isinstance(error, TelegramRetryAfter)


def _is_picture(document: Document) -> bool:
    type_ = document.mime_type or mimetypes.guess_type(document.file_name or "")[0] or ""
    return type_.startswith("image/")
