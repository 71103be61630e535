"""What the server knows: chats, messages, files, updates."""

from __future__ import annotations

import asyncio
import itertools
import mimetypes
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import WAIT
from tests.messengers.pictures import shrink, size_of

__all__ = ["ALL_UPDATES", "Chat", "Kept", "Message", "Sent", "World"]

# What a bot gets that never named its `allowed_updates`.
ALL_UPDATES = frozenset({"message", "edited_message", "callback_query", "my_chat_member"})
BOT_ID = 42


@dataclass
class Kept:
    """A stored file. Its id belongs to one kind: a document's can't be sent as a photo."""

    id: str
    kind: str
    content: bytes
    size: tuple[int, int] | None = None
    name: str = ""


@dataclass
class Message:
    """A message in a chat, as the server keeps it."""

    id: int
    chat: int
    author: int
    date: int
    text: str = ""
    kind: str = "text"
    """text, photo, document, animation, video, sticker, voice, service"""
    file: Kept | None = None
    small: Kept | None = None
    """The thumbnail of a photo."""
    markup: dict[str, Any] | None = None
    reply_to: int | None = None
    group: str = ""
    """Album."""
    forwarded: bool = False
    edits: int = 0

    @property
    def buttons(self) -> list[dict[str, str]]:
        """Its inline buttons, row by row."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]

    def button(self, word: str) -> dict[str, str]:
        """The button whose label holds `word`."""
        return next(one for one in self.buttons if word.lower() in one["text"].lower())


@dataclass
class Chat:
    """A private chat (positive id) or a group."""

    id: int
    title: str = ""
    messages: dict[int, Message] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    blocked: bool = False
    moved_to: int | None = None

    @property
    def private(self) -> bool:
        """Whether it is one person's."""
        return self.id > 0

    def shape(self) -> dict[str, Any]:
        """A `Chat` object."""
        if self.private:
            return {"id": self.id, "type": "private", "first_name": f"person {self.id}"}
        kind = "supergroup" if self.id < -(10**12) else "group"
        return {"id": self.id, "type": kind, "title": self.title or "a group"}


@dataclass(frozen=True)
class Sent:
    """A message that the bot sent, and when; deleted ones count too."""

    time: float
    method: str
    message: Message


class World:
    """All of it, for one bot."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.chats: dict[int, Chat] = {}
        self.people: dict[int, dict[str, Any]] = {}
        self.files: dict[str, Kept] = {}
        self.updates: dict[int, dict[str, Any]] = {}
        self.allowed = ALL_UPDATES
        self.queries: dict[str, tuple[int, float]] = {}
        """Unanswered callback queries: who pressed, when."""
        self.answers: list[dict[str, Any]] = []
        """What was answered to presses."""
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.log: list[Sent] = []
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()

    def number(self) -> int:
        """A new number, for whatever needs one."""
        return next(self._numbers)

    def chat(self, id: int) -> Chat:
        """A chat that may be new."""
        return self.chats.setdefault(id, Chat(id))

    def keep(self, kind: str, content: bytes, name: str = "") -> Kept:
        """Store a file."""
        kept = Kept(f"{kind}-{self.number()}", kind, content, size_of(content), name)
        self.files[kept.id] = kept
        return kept

    def post(self, chat: int, author: int, **fields: Any) -> Message:
        """Put a message into a chat."""
        message = Message(self.number(), chat, author, int(self.clock()), **fields)
        self.chat(chat).messages[message.id] = message
        return message

    def set_photo(self, message: Message, content: bytes) -> None:
        """Give a message a photo, squeezed as clients do."""
        large, size = shrink(content, 1280)
        small, small_size = shrink(large, 320)
        message.kind = "photo"
        message.file = self.keep("photo", large)
        message.small = self.keep("photo", small)
        message.file.size, message.small.size = size, small_size

    def user(self, id: int) -> dict[str, Any]:
        """A `User` object."""
        if id == BOT_ID:
            return {"id": id, "is_bot": True, "first_name": "Atelier", "username": "atelier_bot"}
        return {"id": id, "is_bot": False, "first_name": f"person {id}", **self.people.get(id, {})}

    def shape(self, message: Message, *, quoted: bool = True) -> dict[str, Any]:
        """A `Message` object."""
        chat = self.chat(message.chat)
        shape: dict[str, Any] = {
            "message_id": message.id,
            "date": message.date,
            "chat": chat.shape(),
            "from": self.user(message.author),
        }
        if message.kind == "text":
            shape |= {"text": message.text}
        elif message.kind != "service":
            shape |= self._media(message) | ({"caption": message.text} if message.text else {})
        marks = _entities(message.text)
        if marks:
            shape["entities" if message.kind == "text" else "caption_entities"] = marks
        if message.markup:
            shape["reply_markup"] = message.markup
        if message.group:
            shape["media_group_id"] = message.group
        if message.forwarded:
            origin = {"type": "hidden_user", "date": message.date, "sender_user_name": "somebody"}
            shape["forward_origin"] = origin
        if message.reply_to in chat.messages and quoted:
            shape["reply_to_message"] = self.shape(chat.messages[message.reply_to], quoted=False)
        return shape

    def _media(self, message: Message) -> dict[str, Any]:
        assert message.file is not None
        if message.kind == "photo":
            return {"photo": [file_shape(one) for one in (message.small, message.file) if one]}
        extra = _EXTRA.get(message.kind, {})
        if message.kind == "document":
            extra = {
                "mime_type": mimetypes.guess_type(message.file.name)[0]
                or "application/octet-stream"
            }
        return {message.kind: file_shape(message.file) | extra}

    async def tell(self, kind: str, content: dict[str, Any]) -> int:
        """Queue an update for the bot; returns its id, or 0 when the bot wants none of its kind."""
        if kind not in self.allowed:
            return 0
        async with self._changed:
            id = self.number()
            self.updates[id] = {"update_id": id, kind: content}
            self._changed.notify_all()
        return id

    async def changed(self) -> None:
        """Wake those who wait for a state."""
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[], Any], seconds: float = WAIT) -> Any:
        """Wait until `condition` is true; returns what it returned."""
        async with asyncio.timeout(seconds), self._changed:
            while not (found := condition()):
                await self._changed.wait()
        return found


_EXTRA: dict[str, dict[str, Any]] = {
    "voice": {"duration": 3},
    "video": {"duration": 3},
    "animation": {"duration": 3},
    "sticker": {"type": "regular", "is_animated": False, "is_video": False},
}


def file_shape(kept: Kept) -> dict[str, Any]:
    """A `PhotoSize`, `Document`, … object."""
    shape: dict[str, Any] = {
        "file_id": kept.id,
        "file_unique_id": f"u{kept.id}",
        "file_size": len(kept.content),
    }
    if kept.name:
        shape["file_name"] = kept.name
    if kept.kind != "document" and kept.kind != "voice":
        shape["width"], shape["height"] = kept.size or (512, 512)
    return shape


def _entities(text: str) -> list[dict[str, Any]]:
    """The commands and mentions in a text; offsets in UTF-16 units."""
    marks = []
    offset = 0
    for word in text.replace("\n", " ").split(" "):
        length = len(word.encode("utf-16-le")) // 2
        if word[:1] == "/" and len(word) > 1 and word[1:].partition("@")[0].isascii():
            marks.append({"type": "bot_command", "offset": offset, "length": length})
        elif word[:1] == "@" and len(word) > 1:
            marks.append({"type": "mention", "offset": offset, "length": length})
        offset += length + 1
    return marks
