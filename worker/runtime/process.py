"""The child process as its parent has it: started, spoken to, listened to, killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Any

from worker.runtime import messages


class ChildGone(Exception):
    """The child died in the middle of something; how, is the message."""


class ChildHung(Exception):
    """The child was silent for too long, and was killed."""


class ChildProcess:
    """One child. Once it is gone, another is started in its place."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        inbox: asyncio.StreamReader,
        outbox: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._inbox = inbox
        self._outbox = outbox

    @classmethod
    async def spawn(cls) -> ChildProcess:
        """Start a fresh interpreter; it waits for `messages.Start`."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker.runtime.child", str(os.getpid())),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        if process.stdout is None or process.stdin is None:
            raise AssertionError("pipes were asked for")
        return cls(process, process.stdout, process.stdin)

    @property
    def alive(self) -> bool:
        """Whether it is not known to have ended."""
        return self._process.returncode is None

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def send(self, message: object) -> None:
        """Raises `ChildGone`."""
        try:
            self._outbox.write(messages.pack(message))
            await self._outbox.drain()
        except ConnectionError as error:
            raise await self._gone() from error

    async def receive(self, limit: float) -> Any:
        """The next message, within so many seconds. Raises `ChildGone` and `ChildHung`."""
        try:
            async with asyncio.timeout(limit):
                head = await self._inbox.readexactly(messages.HEADER.size)
                (length,) = messages.HEADER.unpack(head)
                return messages.unpack(await self._inbox.readexactly(length))
        except TimeoutError as error:
            await self.kill()
            raise ChildHung(f"was silent for {limit:g} s") from error
        except asyncio.IncompleteReadError as error:
            raise await self._gone() from error

    async def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _gone(self) -> ChildGone:
        # Who closes the pipe is ending; the kill is for one that stays nevertheless.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._process.wait()
        await self.kill()
        code = self._process.returncode or 0
        if code < 0:
            return ChildGone(f"was killed by {signal.Signals(-code).name}")
        return ChildGone(f"ended with status {code}")
