"""A posted form becomes an `Incoming`."""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.core.messages import Incoming
from bot.fronts.web.account import language
from bot.fronts.web.refusal import Refusal

__all__ = ["MOST_PHOTOS", "read_message"]

MOST_PHOTOS = 4
_MESSAGE = re.compile(r"[A-Za-z0-9-]{1,64}")
_TEXT_BYTES = 4000
# What a form must not be, the parser says in all these ways.
_UNREADABLE = (
    ValueError, TypeError, AssertionError, LookupError, RuntimeError, HttpProcessingError,
    web.RequestPayloadError,
)  # fmt: skip


class _TooLong(Exception):
    """A part has more bytes than it may have."""


async def read_message(request: web.Request, account: str, *, photo_mb: int) -> Incoming:
    """Read the parts text, photo, quoted, message and press, within their limits. Raises
    `Refusal`.
    """
    limit = photo_mb * 2**20
    too_large = Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "http-too-large", limit=photo_mb)
    if (request.content_length or 0) > MOST_PHOTOS * limit + 2**16:
        raise too_large
    words: dict[str, str] = {}
    pictures: dict[str, list[bytes]] = {"photo": [], "quoted": []}
    try:
        reader = await request.multipart()
        while (entry := await reader.next()) is not None:
            part = _leaf(entry)
            if part.name in ("text", "message", "press"):
                words[part.name] = (await _read(part, _TEXT_BYTES)).decode()
            if part.name not in pictures:
                continue
            photo = await _read(part, limit)
            # A form with an empty file field sends a part without bytes and name.
            if photo or part.filename:
                pictures[part.name].append(photo)
            if sum(map(len, pictures.values())) > MOST_PHOTOS:
                raise too_large
    except _TooLong:
        raise too_large from None
    except _UNREADABLE:
        raise Refusal(HTTPStatus.BAD_REQUEST, "http-not-multipart") from None
    if not _MESSAGE.fullmatch(words.get("message", "")):
        raise Refusal(HTTPStatus.BAD_REQUEST, "http-no-message")
    return Incoming(
        platform="web",
        user=f"web:{account}",
        chat=account,
        message=words["message"],
        text=words.get("text", ""),
        photos=tuple(pictures["photo"]),
        quoted=tuple(pictures["quoted"]),
        press=words.get("press", ""),
        lang=language(request),
    )


def _leaf(part: BodyPartReader | MultipartReader) -> BodyPartReader:
    if not isinstance(part, BodyPartReader):
        raise TypeError("a multipart in a multipart")
    return part


async def _read(part: BodyPartReader, limit: int) -> bytes:
    """A part's bytes. Raises `_TooLong` when there are more than `limit`."""
    content = bytearray()
    while chunk := await part.read_chunk(2**16):
        content += chunk
        if len(content) > limit:
            raise _TooLong
    return bytes(content)
