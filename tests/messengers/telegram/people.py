"""A person at the other end: says things, sends pictures, presses buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.messengers.telegram.world import BOT_ID, Message, World

__all__ = ["Person"]


class Person:
    """One person in one chat: a private one, or a group given by its id."""

    def __init__(self, world: World, id: int, chat: int | None = None, lang: str = "en") -> None:
        self._world = world
        self.id = id
        self.chat = world.chat(id if chat is None else chat)
        world.people[id] = {"language_code": lang} if lang else {}

    def inside(self, chat: int) -> Person:
        """The same person in another chat."""
        lang = self._world.people[self.id].get("language_code", "")
        return Person(self._world, self.id, chat, lang)

    async def say(self, text: str, *, reply_to: Message | None = None) -> Message:
        """Send words."""
        return await self._post(text=text, reply_to=reply_to.id if reply_to else None)

    async def photo(
        self, content: bytes, caption: str = "", *, forwarded: bool = False, group: str = "",
        reply_to: Message | None = None,
    ) -> Message:  # fmt: skip
        """Send a photo, squeezed by the client."""
        message = self._world.post(
            self.chat.id, self.id, text=caption, forwarded=forwarded, group=group,
            reply_to=reply_to.id if reply_to else None,
        )  # fmt: skip
        self._world.set_photo(message, content)
        return await self.tell(message)

    async def album(self, photos: Sequence[bytes], caption: str = "") -> list[Message]:
        """Send several photos at once: each is an update of its own, the caption on the first."""
        group = f"album-{self._world.number()}"
        captions = [caption] + [""] * (len(photos) - 1)
        return [
            await self.photo(photo, words, group=group)
            for photo, words in zip(photos, captions, strict=True)
        ]

    async def document(self, content: bytes, name: str, caption: str = "") -> Message:
        """Send a file as it is."""
        return await self.odd("document", content, name=name, caption=caption)

    async def odd(
        self, kind: str, content: bytes = b"?", *, name: str = "", caption: str = ""
    ) -> Message:
        """Send a sticker, voice, video, animation or document."""
        file = self._world.keep(kind, content, name)
        return await self._post(text=caption, kind=kind, file=file)

    async def press(self, message: Message, word: str) -> str:
        """Press the button whose label holds `word`; returns the id of the callback query."""
        button = message.button(word)
        return await self.press_data(message, button["callback_data"])

    async def press_data(self, message: Message, data: str) -> str:
        """Press a button with this data."""
        id = str(self._world.number())
        self._world.queries[id] = (self.id, self._world.clock())
        query = {
            "id": id,
            "from": self._world.user(self.id),
            "chat_instance": str(self.chat.id),
            "message": self._world.shape(message),
            "data": data,
        }
        await self._world.tell("callback_query", query)
        return id

    async def tell(self, message: Message) -> Message:
        """Bring a message of this person to the bot, perhaps once more."""
        await self._world.tell("message", self._world.shape(message))
        return message

    def heard(self) -> list[Message]:
        """The bot's messages that stand in the chat now, oldest first."""
        return [one for one in self.chat.messages.values() if one.author == BOT_ID]

    async def hears(
        self, *words: str, kind: str | None = None, after: Message | None = None
    ) -> Any:
        """Wait for a message of the bot that holds all the words (any case)."""

        def found() -> Message | None:
            for one in reversed(self.heard()):
                text = one.text.lower()
                if kind in (None, one.kind) and all(word.lower() in text for word in words):
                    return one if after is None or one.id > after.id else None
            return None

        try:
            return await self._world.until(found)
        except TimeoutError:
            said = [f"{one.kind}: {one.text}" for one in self.heard()]
            raise AssertionError(f"{words} ({kind}) was not heard, but {said}") from None

    async def _post(self, **fields: Any) -> Message:
        return await self.tell(self._world.post(self.chat.id, self.id, **fields))
