"""A person at the other end: says things, sends pictures, presses buttons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.messengers.vk.world import Message, World

__all__ = ["Person"]

_LANGUAGES = {"ru": 0, "uk": 1, "en": 3}


class Person:
    """One person with the community, or in a group chat given by its peer id."""

    def __init__(self, world: World, id: int, peer: int | None = None, lang: str = "en") -> None:
        self._world = world
        self.id = id
        self.peer = id if peer is None else peer
        world.languages[id] = _LANGUAGES[lang]

    async def say(self, text: str, *, reply_to: Message | None = None) -> Message:
        """Send words."""
        return await self._post(text=text, reply_to=reply_to.cmid if reply_to else None)

    async def photo(
        self, content: bytes, caption: str = "", *, reply_to: Message | None = None
    ) -> Message:
        """Send a photo."""
        return await self.album([content], caption, reply_to=reply_to)

    async def album(
        self, photos: Sequence[bytes], caption: str = "", *, reply_to: Message | None = None
    ) -> Message:
        """Send several photos: one message."""
        kept = [self._world.keep("photo", self.id, photo) for photo in photos]
        return await self._post(
            text=caption, attachments=kept, reply_to=reply_to.cmid if reply_to else None
        )

    async def forward(self, message: Message, caption: str = "") -> Message:
        """Forward a message, with words of one's own."""
        return await self._post(text=caption, forwarded=[message])

    async def document(self, content: bytes, name: str, caption: str = "") -> Message:
        """Send a file as it is."""
        return await self._post(
            text=caption, attachments=[self._world.keep("doc", self.id, content, name)]
        )

    async def odd(self, kind: str, caption: str = "") -> Message:
        """Send a sticker, audio_message or video."""
        return await self._post(text=caption, odd=kind)

    async def press(self, message: Message, word: str) -> str:
        """Press the button whose label holds `word`; returns the id of the event."""
        action = message.button(word)
        if action["type"] == "text":
            await self._post(text=action["label"], payload=action.get("payload", ""))
            return ""
        return await self.press_payload(message, json.loads(action["payload"]))

    async def press_payload(self, message: Message, payload: Any) -> str:
        """Press a callback button with this payload."""
        event = f"press-{self._world.number()}"
        self._world.pressed[event] = (self.id, message.peer)
        content = {
            "user_id": self.id,
            "peer_id": message.peer,
            "event_id": event,
            "payload": payload,
            "conversation_message_id": message.cmid,
        }
        await self._world.tell("message_event", content)
        return event

    def heard(self) -> list[Message]:
        """The community's messages in this conversation, oldest first."""
        return [one for one in self._world.peers[self.peer].values() if one.author < 0]

    async def hears(
        self, *words: str, kind: str | None = None, after: Message | None = None
    ) -> Any:
        """Wait for a message of the community that holds all the words (any case)."""

        def found() -> Message | None:
            for one in reversed(self.heard()):
                text = one.text.lower()
                if kind in (None, one.kind) and all(word.lower() in text for word in words):
                    return one if after is None or one.cmid > after.cmid else None
            return None

        try:
            return await self._world.until(found)
        except TimeoutError:
            said = [f"{one.kind}: {one.text}" for one in self.heard()]
            raise AssertionError(f"{words} ({kind}) was not heard, but {said}") from None

    async def _post(self, **fields: Any) -> Message:
        return await self.tell(self._world.post(self.peer, self.id, **fields))

    async def tell(self, message: Message) -> Message:
        """Bring a message of this person to the community, perhaps once more."""
        client = {
            "button_actions": ["text", "callback", "open_link"],
            "keyboard": True,
            "inline_keyboard": True,
            "carousel": False,
            "lang_id": self._world.languages[self.id],
        }
        content = {"message": self._world.shape(message), "client_info": client}
        await self._world.tell("message_new", content)
        return message
