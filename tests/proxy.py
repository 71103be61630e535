"""The network between our programs and what they need: slow, silent, cut, or answering itself."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from dataclasses import dataclass

__all__ = ["Proxy", "Weather"]

_PIECE = 2**16
_LOOK = 0.02
_FOLLOWS = b"PSYNC"
"""What a replica says first."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Weather:
    """How it is on the way."""

    delay: float = 0.0
    """Seconds by which each piece is late, either way."""
    rate: float = float("inf")
    """Bytes a second of each connection."""
    cut: bool = False
    """Connections are cut, new ones as soon as something is said."""
    silent: bool = False
    """What is said gets no answer."""
    lagging: bool = False
    """What a Redis tells its replicas is held back."""
    status: int = 0
    """This HTTP status is answered in place of the server, which hears nothing."""
    code: str = "InternalError"
    """So S3 calls it, in the body."""

    @property
    def lets_through(self) -> bool:
        """Whether anything arrives."""
        return not (self.cut or self.silent or self.status)


class Proxy:
    """Forwards what comes to `port` to another port of this machine; `async with` starts and
    stops it.
    """

    def __init__(self, target: int) -> None:
        self.met = 0
        """Requests that nothing came of."""
        self._target = target
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._weather = Weather()
        self._open: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Of a web server behind it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def weather(self) -> Weather:
        """As it is now."""
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        before, self._weather = self._weather, weather
        # who has a connection already would not notice
        if not (weather.lets_through and before.lets_through) and weather != before:
            self._cut()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, sock=self._socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._cut()
        if self._serving:
            await asyncio.wait(self._serving)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._open.add(writer)
        # Whoever goes away in the middle, and the end of all.
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            await (self._forward if self._weather.lets_through else self._trouble)(reader, writer)
        self._open.discard(writer)
        self._serving.discard(task)
        writer.transport.abort()

    async def _trouble(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await reader.read(1)
        self.met += bool(said)
        if self._weather.status:
            head = said + await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            body = f"<?xml version='1.0'?>\n<Error><Code>{self._weather.code}</Code></Error>"
            lines = (f"HTTP/1.1 {self._weather.status} Trouble", f"Content-Length: {len(body)}")
            writer.write("\r\n".join((*lines, "Connection: close", "", body)).encode())
            await writer.drain()
            writer.write_eof()
        if not self._weather.cut:
            await reader.read()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._target)
        self._open.add(ours)
        replica = asyncio.Event()
        try:
            await asyncio.gather(
                self._pump(reader, ours, replica, asks=True), self._pump(theirs, writer, replica)
            )
        finally:
            self._open.discard(ours)
            ours.transport.abort()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        replica: asyncio.Event,
        *,
        asks: bool = False,
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE):
                if asks and _FOLLOWS in piece:
                    replica.set()
                while self._weather.lagging and replica.is_set() and not asks:  # noqa: ASYNC110
                    await asyncio.sleep(_LOOK)
                if late := self._weather.delay + len(piece) / self._weather.rate:
                    await asyncio.sleep(late)
                writer.write(piece)
                await writer.drain()
        writer.close()
