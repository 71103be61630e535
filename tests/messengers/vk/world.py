"""What the VK server knows: peers, messages, uploads, events."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import WAIT
from tests.messengers.pictures import shrink

__all__ = ["GROUPS", "GROUP_ID", "Kept", "Message", "World"]

GROUP_ID = 77
GROUPS = 2_000_000_000
"""Peers above are group chats."""
VERSION = "5.199"


@dataclass
class Kept:
    """A photo or document; `token` names it in attachments: "photo1_2_key"."""

    kind: str
    id: int
    owner: int
    content: bytes
    title: str = ""
    size: tuple[int, int] = (0, 0)

    @property
    def token(self) -> str:
        """As attachments name it."""
        return f"{self.kind}{self.owner}_{self.id}_key{self.id}"


@dataclass
class Message:
    """A message with a peer, by its number in the conversation (cmid)."""

    id: int
    cmid: int
    peer: int
    author: int
    """A person's id; of the community it is negative."""
    time: float
    text: str = ""
    attachments: list[Kept] = field(default_factory=list)
    odd: str = ""
    """sticker, audio_message, video: an attachment that is no picture."""
    keyboard: dict[str, Any] | None = None
    payload: str = ""
    reply_to: int | None = None
    forwarded: list[Message] = field(default_factory=list)
    random_id: int = 0
    edits: int = 0

    @property
    def kind(self) -> str:
        """text, photo or doc."""
        return self.attachments[0].kind if self.attachments else "text"

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """The actions of its keyboard, row by row."""
        rows = (self.keyboard or {}).get("buttons", [])
        return [button["action"] for row in rows for button in row]

    def button(self, word: str) -> dict[str, Any]:
        """The one whose label holds `word`."""
        return next(one for one in self.buttons if word.lower() in one["label"].lower())


class World:
    """All of it, for one community."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.base = ""
        self.peers: defaultdict[int, dict[int, Message]] = defaultdict(dict)
        self.languages: dict[int, int] = {}
        self.denied: set[int] = set()
        """Peers that don't let the community write."""
        self.files: dict[str, Kept] = {}
        self.uploads: dict[str, tuple[str, int, bytes, str]] = {}
        """Uploaded and not saved yet: kind, peer, content, title."""
        self.sent: dict[tuple[int, int], Message] = {}
        """Peer and random_id -> the message that it sent."""
        self.repeated = 0
        """Sends that a random_id showed to be repeated."""
        self.log: list[Message] = []
        self.pressed: dict[str, tuple[int, int]] = {}
        """Unanswered presses: user, peer."""
        self.answers: list[dict[str, Any]] = []
        self.activity: list[tuple[int, str]] = []
        self.events: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._cmids: Counter[int] = Counter()
        self._changed = asyncio.Condition()

    def number(self) -> int:
        """A new number."""
        return next(self._numbers)

    def keep(self, kind: str, owner: int, content: bytes, title: str = "") -> Kept:
        """Store a photo (made smaller, as VK does: at most 2560 px) or a document."""
        kept = Kept(kind, self.number(), owner, content, title)
        if kind == "photo":
            kept.content, kept.size = shrink(content, 2560)
        self.files[kept.token] = kept
        return kept

    def post(self, peer: int, author: int, **fields: Any) -> Message:
        """Put a message into a conversation."""
        chat = self.peers[peer]
        self._cmids[peer] += 1
        cmid = self._cmids[peer]
        message = Message(self.number(), cmid, peer, author, self.clock(), **fields)
        chat[message.cmid] = message
        return message

    def shape(self, message: Message, *, quoted: bool = True) -> dict[str, Any]:
        """A message object."""
        shape: dict[str, Any] = {
            # in group chats a community sees no ids of messages, only numbers in the conversation
            "id": 0 if message.peer > GROUPS else message.id,
            "conversation_message_id": message.cmid,
            "peer_id": message.peer,
            "from_id": message.author,
            "date": int(message.time),
            "text": message.text,
            "random_id": 0,
            "attachments": [self.attachment(one) for one in message.attachments],
            "fwd_messages": [self.shape(one, quoted=False) for one in message.forwarded],
            "important": False,
            "is_hidden": False,
            "out": int(message.author < 0),
        }
        if message.odd:
            shape["attachments"].append({"type": message.odd, message.odd: {"id": 1}})
        if message.payload:
            shape["payload"] = message.payload
        quote = self.peers[message.peer].get(message.reply_to or 0)
        if quote is not None and quoted:
            shape["reply_message"] = self.shape(quote, quoted=False)
        return shape

    def attachment(self, kept: Kept) -> dict[str, Any]:
        """A photo or doc attachment."""
        common = {"id": kept.id, "owner_id": kept.owner, "access_key": f"key{kept.id}"}
        url = f"{self.base}/files/{kept.token}"
        if kept.kind == "doc":
            extension = kept.title.rpartition(".")[2]
            doc = {"title": kept.title, "size": len(kept.content), "ext": extension, "url": url}
            return {"type": "doc", "doc": common | doc | {"type": 4}}
        width, height = kept.size
        sizes = [
            {"type": "s", "url": f"{url}?size=75", "width": min(75, width), "height": 75},
            {"type": "w", "url": url, "width": width, "height": height},
        ]
        return {"type": "photo", "photo": common | {"sizes": sizes, "album_id": -3, "date": 0}}

    async def tell(self, kind: str, content: dict[str, Any]) -> None:
        """An event for the community."""
        event = {
            "type": kind,
            "object": content,
            "group_id": GROUP_ID,
            "event_id": f"{self.number():040x}",
            "v": VERSION,
        }
        async with self._changed:
            self.events.append(event)
            self._changed.notify_all()

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
