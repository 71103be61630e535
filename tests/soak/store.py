"""Where the pictures are: S3, of a server that keeps them on a small disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.proxy import Proxy
from tests.soak.disk import Disk
from tests.worker.s3 import S3Server

__all__ = ["Store"]


class Store:
    """`async with` starts and stops it."""

    def __init__(self, folder: Path) -> None:
        self.disk = Disk(folder / "disk")
        self.settings: dict[str, str] = {}
        """For our programs."""

    async def __aenter__(self) -> Store:
        self.server = await asyncio.to_thread(S3Server, self.disk.place)
        self.server.empty()
        self.proxy = await Proxy(self.server.port).__aenter__()
        self.settings = self.server.settings(self.proxy.url)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.proxy.__aexit__()
        self.server.process.terminate()
        self.server.process.wait()
        await asyncio.to_thread(self.disk.close)
