"""An S3 server of another make, and a way to it that can be troubled."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Literal

from tests.conftest import WAIT

BUCKET = "atelier"
Trouble = Literal["", "500", "cut", "silent"]
_BUSY = b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>"


class S3Server:
    """`moto_server`, which many test S3 clients with: the protocol with buckets, listings in pages
    and XML errors, over HTTP, from a process of its own. It keeps all in memory and checks no
    signatures.
    """

    def __init__(self) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            self.port = int(server.getsockname()[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + WAIT
        while True:
            try:
                self.call("POST", "moto-api/reset")
            except OSError:
                assert time.monotonic() < end, "the S3 server does not answer"
                time.sleep(0.05)
            else:
                break

    def empty(self) -> None:
        """One bucket, with nothing in it."""
        self.call("POST", "moto-api/reset")
        self.call("PUT", BUCKET)

    def call(self, method: str, path: str) -> bytes:
        """Ask it something."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Ended at the end of the block."""
    server = S3Server()
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


class Way:
    """A proxy before the server. With `trouble` it answers each request with status 500, cuts the
    connection, or says nothing.
    """

    def __init__(self, port: int) -> None:
        self._upstream = port
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._trouble: Trouble = ""
        self.met = 0
        """Requests that met with trouble."""
        self.url = ""

    async def __aenter__(self) -> Way:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.set("")
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, trouble: Trouble) -> None:
        """From now on; open connections are closed."""
        self._trouble = trouble
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        try:
            if not self._trouble:
                await self._pass_on(reader, writer)
                return
            await reader.readuntil(b"\r\n\r\n")
            self.met += 1
            if self._trouble == "500":
                head = f"HTTP/1.1 500 Trouble\r\nContent-Length: {len(_BUSY)}\r\n"
                writer.write(f"{head}Connection: close\r\n\r\n".encode() + _BUSY)
                await writer.drain()
            elif self._trouble == "silent":
                await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._open.discard(writer)
            self._tasks.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", self._upstream)
        self._open.add(here)
        try:
            await asyncio.gather(_pump(reader, here), _pump(there, writer))
        finally:
            here.close()
            self._open.discard(here)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
    writer.close()
