"""Redis on three nodes with three sentinels; all that is said to a node goes through a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import redis

from tests.proxy import Proxy
from tests.worker.runtime_kit import until
from tests.worker.several_redis import Node, Sentinels, online

__all__ = ["Redises"]

_SILENCE = 2000
"""Milliseconds after which a sentinel gives a node up."""


class Redises:
    """`async with` starts and stops them."""

    def __init__(self, program: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.proxies: list[Proxy] = []
        folder.mkdir()
        self._group = Sentinels(
            program, folder, 2, silence=_SILENCE, environment=environment, way=self._way
        )
        self.url = self._group.url
        self.nodes = self._group.nodes
        self.sentinels = self._group.sentinels

    async def __aenter__(self) -> Redises:
        for proxy in self.proxies:
            await proxy.__aenter__()
        await asyncio.to_thread(self._group.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._group.close()
        for proxy in self.proxies:
            await proxy.__aexit__()

    async def master(self) -> Node:
        """The one that most sentinels name."""
        return await asyncio.to_thread(lambda: self._group.master)

    async def moved_from(self, node: Node) -> None:
        """Return when another one is the master."""
        await asyncio.to_thread(self._group.until_moved, node)

    async def whole(self) -> None:
        """Return when the master has all its replicas again."""

        def is_whole() -> bool:
            try:
                return online(self._group.master) == len(self.nodes) - 1
            except (redis.RedisError, KeyError):
                return False

        await until(lambda: asyncio.to_thread(is_whole))

    def _way(self, port: int) -> int:
        self.proxies.append(Proxy(port))
        return self.proxies[-1].port
