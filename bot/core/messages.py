"""What goes in and out of a conversation, whatever the platform.

A front turns its platform's updates into `Incoming`, hands them to the conversation and
shows the `Reply`s that come back. It takes no decision of its own.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

IDENTITY = re.compile(r"[a-z]+:[^\s|,]{1,190}")
"""An account: its platform and the name that it has there."""


@dataclass(frozen=True)
class Incoming:
    """One thing a person said: words, pictures, or a pressed button."""

    platform: str
    user: str
    """Who speaks, "web:…", "telegram:123"; in the conversation the account that this one is
    linked to.
    """
    chat: str
    message: str
    """The platform's id of this message; with platform and chat the idempotency key."""
    text: str = ""
    """What was typed, or the caption: "/gatys size=384 strength=1.2"."""
    photos: tuple[bytes, ...] = ()
    press: str = ""
    """The `data` of a pressed button."""
    quoted: tuple[bytes, ...] = ()
    """The pictures of the message that this one replies to."""
    group: bool = False
    """Said among several people; the front passes on only what is meant for the bot."""
    odd: str = ""
    """What it brought that is no picture: "sticker", "video", "voice", "file"; or "too_large",
    "lost".
    """
    lang: str = "en"
    most_buttons: int = 99
    """Under one message of this platform."""
    identity: str = ""
    """Who speaks, whatever the account; set by the conversation."""


@dataclass(frozen=True)
class Button:
    """A choice under a message. `data` has at most 64 bytes (Telegram's limit)."""

    label: str
    data: str


@dataclass(frozen=True)
class File:
    """An encoded file to show or to hand over."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Status:
    """Where a job stands, for fronts that draw more than words."""

    job: str
    state: str
    place: int = 0
    seconds: float = 0.0
    done: int = 0
    total: int = 0
    deferred: bool = False
    """It waits for the night."""
    user: str = ""
    """Whose job it is."""


@dataclass(frozen=True)
class Reply:
    """One message to a chat. With `slot` it replaces the message that held that slot before:
    a job's status, progress and result are one message with slot = job id.
    """

    text: str = ""
    files: tuple[File, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    slot: str = ""
    status: Status | None = None
    error: str = ""
    """The error's code when this reply says that something went wrong."""
    answers: str = ""
    """The platform's id of the message that this one answers."""
    once: str = ""
    """What makes it the same reply when it is sent again: some platforms show it once then."""
    as_files: bool = False
    """Send the files as they are, not as squeezed photos."""
    toast: bool = False
    """A few words for whoever pressed a button, not a message."""
    removes: bool = False
    """Take the message with the pressed button away."""
    forgets: bool = False
    """All works of whoever asked are gone; a page shows none of them any more."""

    @property
    def passing(self) -> bool:
        """Whether it says how a job stands that has not ended; a newer one will replace it."""
        return self.status is not None and self.status.state in ("waiting", "running")


Handle = Callable[[Incoming], Awaitable[list[Reply]]]


class Front(Protocol):
    """One platform."""

    platform: str

    async def run(self, handle: Handle) -> None:
        """Listen until cancelled; show what `handle` replies."""

    async def send(self, chat: str, reply: Reply) -> None:
        """Show a reply that nobody asked for just now: progress, or a result. Raises on failure,
        so that the ending stays in the outbox.
        """

    async def standing(self) -> list[tuple[str, str]]:
        """The jobs whose status stands in some chat since before the start, and whose they are."""
