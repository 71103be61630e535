"""Stages without a messenger: the web front over HTTP, and a front that is only its contract."""

from __future__ import annotations

import asyncio
import base64
import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.messages import Handle, Incoming, Reply
from tests.bot.conftest import House, WebDoor
from tests.bot.conversations.colours import colour
from tests.bot.conversations.stages import NUMBERS, Heard, How, Stage

__all__ = ["FakeStage", "WebStage"]


@dataclass
class _Said:
    """One thing a person does."""

    text: str = ""
    photos: tuple[bytes, ...] = ()
    quoted: tuple[bytes, ...] = ()
    odd: str = ""
    press: str = ""
    pressed: str = ""
    """The message with the button."""
    who: str = "one"


class Board(Stage):
    """A chat kept here: a reply with a slot takes the place of the one that held it."""

    def __init__(self) -> None:
        self._standing: dict[str, Heard] = {}
        self._buttons: dict[str, dict[str, str]] = {}
        self._contents: dict[str, tuple[bytes, ...]] = {}
        self._toasts: list[str] = []

    @abstractmethod
    async def tell(self, said: _Said) -> str:
        """Bring it to the bot; returns the id of the message."""

    async def say(self, text: str, *, to: Any = None, mention: bool = False) -> Any:
        """See `Stage`."""
        return await self.tell(_Said(text, quoted=self._contents[to] if to else ()))

    async def bring(
        self, photos: Sequence[bytes], text: str = "", *, how: How = "photo", name: str = "a.jpg"
    ) -> Any:
        """See `Stage`."""
        number = await self.tell(_Said(text, photos=tuple(photos)))
        self._contents[number] = tuple(photos)
        return number

    async def odd(self, kind: str) -> None:
        """See `Stage`."""
        await self.tell(_Said(odd=kind))

    async def press(self, heard: Heard, label: str, *, other: bool = False) -> None:
        """See `Stage`."""
        data = next(d for name, d in self._buttons[heard.message].items() if label in name)
        who = "other" if other else "one"
        await self.tell(_Said(press=data, pressed=heard.message, who=who))

    def heard(self) -> list[Heard]:
        """See `Stage`."""
        return list(self._standing.values())

    def id_of(self, message: Any) -> Any:
        """See `Stage`."""
        return message

    def toasts(self) -> list[str]:
        """See `Stage`."""
        return self._toasts

    def put(
        self,
        text: str,
        slot: str,
        buttons: dict[str, str],
        contents: tuple[bytes, ...],
        answers: str = "",
    ) -> None:
        """What the bot said."""
        key = slot or f"m{next(NUMBERS)}"
        before = self._standing.pop(key, None)
        shown = tuple(map(colour, contents)) or (before.pictures if before else ())
        heard = Heard(text, tuple(buttons), shown, answers=answers or None, message=key)
        self._standing[key], self._buttons[key], self._contents[key] = heard, buttons, contents

    def take_away(self, message: str) -> None:
        """A message goes."""
        self._standing.pop(message, None)


class FakeStage(Board):
    """Calls the conversation, and is the front that its endings are sent to."""

    platform = "fake"

    def __init__(self, house: House, lang: str, *, group: bool) -> None:
        super().__init__()
        self._house = house
        self._lang = lang
        self._group = group

    async def run(self, handle: Handle) -> None:
        """Nobody speaks but through `tell`."""

    async def send(self, chat: str, reply: Reply) -> None:
        """See `Front`."""
        buttons = {button.label: button.data for row in reply.buttons for button in row}
        contents = tuple(file.content for file in reply.files)
        self.put(reply.text, reply.slot, buttons, contents, reply.answers)

    async def tell(self, said: _Said) -> str:
        """See `Board`."""
        number = f"m{next(NUMBERS)}"
        incoming = Incoming(
            platform="fake", user=f"fake:{said.who}", chat="chat", message=number,
            text=said.text, photos=said.photos, press=said.press, quoted=said.quoted,
            group=self._group, odd=said.odd, lang=self._lang,
        )  # fmt: skip
        for reply in await self._house.conversation.handle(incoming):
            if reply.removes:
                self.take_away(said.pressed)
            if reply.toast:
                self._toasts.append(reply.text)
            else:
                await self.send("chat", reply)
        return number


class WebStage(Board):
    """A browser without a screen."""

    def __init__(self, door: WebDoor) -> None:
        super().__init__()
        self.listening = asyncio.Event()
        """Nothing that is told from now on is missed."""
        self._door = door

    async def tell(self, said: _Said) -> str:
        """See `Board`."""
        number = f"m{next(NUMBERS)}"
        reply = await self._door.say(said.text, said.photos, press=said.press, message=number)
        if reply["removes"]:
            self.take_away(said.pressed)
        if said.press and (reply["error"] or reply["removes"]):
            self._toasts.append(reply["text"])
        else:
            await self._show(reply)
        return number

    async def listen(self) -> None:
        """Show the events of the page until cancelled."""
        async with self._door.http.get("/api/events") as answer:
            async for raw in answer.content:
                line = raw.decode()
                if line.startswith("data: "):
                    self.listening.set()
                    if "slot" in (data := json.loads(line[6:])):
                        await self._show(data)

    async def _show(self, reply: dict[str, Any]) -> None:
        buttons = {b["label"]: b["data"] for row in reply["buttons"] for b in row}
        running = reply["status"] and reply["status"]["state"] == "running"
        address = f"/api/jobs/{reply['slot']}"
        contents: list[bytes] = []
        for number, file in enumerate(reply["files"]):
            if not reply["slot"]:
                contents.append(base64.b64decode(file["content"]))
                continue
            path = f"{address}/preview" if running else f"{address}/media/{number}"
            contents.append((await self._door.get(path))[1])
        self.put(reply["text"], reply["slot"], buttons, tuple(contents))
