"""A front of a messenger that runs against its test server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.core.messages import Button, File, Front, Incoming, Reply, Status
from tests.conftest import WAIT

__all__ = ["Desk", "done", "file", "waiting"]


class Desk:
    """Stands in for the conversation: `answer` says what it would."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.heard: asyncio.Queue[Incoming] = asyncio.Queue()
        self.answer: Callable[[Incoming], list[Reply]] = lambda incoming: []

    async def handle(self, incoming: Incoming) -> list[Reply]:
        """The conversation."""
        self.heard.put_nowait(incoming)
        return self.answer(incoming)

    async def next(self) -> Incoming:
        """What the conversation was told next."""
        return await asyncio.wait_for(self.heard.get(), WAIT)


def waiting(place: int) -> Reply:
    """A status of job j."""
    status = Status("j", "waiting", place=place)
    button = Button("Cancel", "cancel:j")
    return Reply(f"place {place}", buttons=((button,),), slot="j", status=status)


def done(*files: File, job: str = "j", **more: str | bool) -> Reply:
    """The end of a job."""
    return Reply("done", files, slot=job, status=Status(job, "done"), **more)


def file(content: bytes, name: str = "a.png", type: str = "image/png") -> File:
    """A file of a result."""
    return File(name, type, content)
