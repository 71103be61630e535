"""Messages and presses of people, as the conversation takes them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from bot.core.messages import Incoming
from bot.fronts.persist import PATIENT, brief, persist
from bot.fronts.vk.keyboards import INLINE

__all__ = ["GROUPS", "Reader", "Shapeless", "mended", "peer_of"]

log = logging.getLogger(__name__)

GROUPS = 2_000_000_000
"""Peers above are group chats."""
_LANGUAGES = {3: "en"}
_PICTURES = {"jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff"}
_ODD = {"sticker": "sticker", "video": "video", "audio_message": "voice", "audio": "voice"}
_MOST = 10
_AWAY = (aiohttp.ClientError, TimeoutError)


class Shapeless(Exception):
    """An event has not the shape that is documented; why, is the message."""


@contextmanager
def _documented() -> Iterator[None]:
    """Whatever is missing or of another type in the block is `Shapeless`."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise Shapeless(f"{type(error).__name__}: {error}"[:200]) from None


def mended(event: dict[str, Any]) -> dict[str, Any]:
    """Without half letters, which JSON can hold and Redis can't. Raises `Shapeless`."""
    with _documented():
        whole: dict[str, Any] = json.loads(_whole(json.dumps(event, ensure_ascii=False)))
        return whole


def peer_of(event: dict[str, Any]) -> int:
    """In whose conversation it is; 0 where none is named. Raises `Shapeless`."""
    with _documented():
        content = event["object"]
        message = content.get("message", {})
        return _number(content.get("peer_id") or message.get("peer_id", 0))


class _Lost(Exception):
    """A picture can't be fetched, now or ever."""


class Reader:
    """Reads what was said to the community number `group`; pictures over `photo_mb` are left."""

    platform = "vk"

    def __init__(self, http: aiohttp.ClientSession, group: int, photo_mb: int = 50) -> None:
        self._http = http
        self._group = group
        self._limit = photo_mb * 2**20
        self._mention = re.compile(rf"(\[club{group}\|[^\]]*\]|@club{group}\b(\s*\([^)]*\))?),?\s*")

    async def read(self, event: dict[str, Any]) -> Incoming | None:
        """A message or a press; None when it is not for the bot. Raises `Shapeless`."""
        with _documented():
            return await self._read(event)

    async def _read(self, event: dict[str, Any]) -> Incoming | None:
        content = event["object"]
        if event["type"] == "message_event":
            return self._read_press(content)
        if event["type"] != "message_new":
            return None
        message = content["message"]
        quoted = message.get("reply_message")
        if message["from_id"] <= 0:
            return None
        group = message["peer_id"] > GROUPS
        data = _data(message.get("payload"))
        if group and not (data or self._is_meant(message["text"], quoted)):
            return None
        attached = message["attachments"]
        # forwarded pictures stand for one's own
        for forwarded in message.get("fwd_messages", []):
            attached = attached + forwarded["attachments"]
        photos, odd = await self._pictures(attached)
        others, _ = await self._pictures(quoted["attachments"] if quoted else [])
        language = content.get("client_info", {}).get("lang_id", 0)
        return Incoming(
            platform=self.platform,
            user=f"vk:{_number(message['from_id'])}",
            chat=str(_number(message["peer_id"])),
            message=str(_number(message["conversation_message_id"])),
            text="" if data else self._mention.sub("", message["text"]).strip(),
            press=data,
            photos=photos,
            quoted=others,
            group=group,
            odd="" if photos else odd,
            most_buttons=INLINE[1],
            lang=_LANGUAGES.get(language, "ru"),
        )

    def _read_press(self, content: dict[str, Any]) -> Incoming | None:
        payload = content.get("payload")
        data = payload.get("p") if isinstance(payload, dict) else None
        if not isinstance(data, str):
            return None
        _number(content["conversation_message_id"])  # whose message may be taken away
        return Incoming(
            platform=self.platform,
            user=f"vk:{_number(content['user_id'])}",
            chat=str(_number(content["peer_id"])),
            message=f"press-{content['event_id']}",
            press=data,
            group=content["peer_id"] > GROUPS,
            most_buttons=INLINE[1],
            lang="",
        )

    def _is_meant(self, text: str, quoted: dict[str, Any] | None) -> bool:
        """In a group chat: a command, a mention, or a reply to the community."""
        if self._mention.search(text) or text.startswith("/"):
            return True
        return quoted is not None and quoted["from_id"] == -self._group

    async def _pictures(self, attachments: list[dict[str, Any]]) -> tuple[tuple[bytes, ...], str]:
        """The pictures, and the kind of what is none."""
        photos: list[bytes] = []
        odd = ""
        for each in attachments[:_MOST]:
            kind = each["type"]
            if kind == "photo":
                largest = max(
                    each["photo"]["sizes"], key=lambda size: size["width"] * size["height"]
                )
                url, size = largest["url"], 0
            elif kind == "doc" and each["doc"]["ext"].lower() in _PICTURES:
                url, size = each["doc"]["url"], each["doc"]["size"]
            else:
                odd = _ODD.get(kind, "file")
                continue
            try:
                content = None if size > self._limit else await self._fetch(url)
            except _Lost:
                odd = "lost"
                continue
            if content is None:
                odd = "too_large"
            else:
                photos.append(content)
        return tuple(photos), odd

    async def _fetch(self, url: str) -> bytes | None:
        """What is there; None when it is too large. Raises `_Lost`."""

        async def fetch() -> bytes:
            async with self._http.get(url) as answer:
                answer.raise_for_status()
                content = await answer.content.read(self._limit + 1)
                while len(content) <= self._limit and (more := await answer.content.read(2**16)):
                    content += more
            return content

        try:
            content = await persist(fetch, lambda error: isinstance(error, _AWAY), PATIENT)
        except _AWAY as error:
            log.warning("vk: a picture can't be fetched: %s", brief(error))
            raise _Lost from None
        return content if len(content) <= self._limit else None


def _number(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("an id that is no number")
    return value


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()


def _data(payload: str | None) -> str:
    """What a button of ours says."""
    try:
        found = json.loads(payload or "{}")
    except ValueError:
        return ""
    data = found.get("p") if isinstance(found, dict) else None
    return _whole(data) if isinstance(data, str) else ""
