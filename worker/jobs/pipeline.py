"""Calls of scripts: those made in one turn of the event loop go out together."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hiredis import pack_command
from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import NoScriptError, ResponseError

__all__ = ["PATIENCE", "Pipeline"]

PATIENCE = 10.0
"""Seconds after which a server that says nothing counts as away."""


@dataclass(frozen=True, slots=True)
class _Call:
    script: str
    arguments: tuple[str | int, ...]
    reply: asyncio.Future[Any]


class Pipeline:
    """Runs scripts on connections of `pool`. `texts`: name -> Lua."""

    def __init__(self, pool: ConnectionPool, texts: dict[str, str]) -> None:
        self._pool = pool
        self._texts = texts
        self._hashes = {
            name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            for name, text in texts.items()
        }
        self._waiting: list[_Call] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, script: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """The script's reply. Raises what redis-py raises. It may have run if this is cancelled."""
        loop = asyncio.get_running_loop()
        call = _Call(script, (len(keys), *keys, *args), loop.create_future())
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append(call)
        return await call.reply

    def _flush(self) -> None:
        calls = [call for call in self._waiting if not call.reply.done()]
        self._waiting.clear()
        if not calls:
            return
        task = asyncio.create_task(self._send(calls), name="scripts")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, calls: list[_Call]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    forgotten = await self._ask(connection, calls, "EVALSHA", self._hashes)
                    if forgotten:  # these did not run
                        await self._ask(connection, forgotten, "EVAL", self._texts)
                finally:
                    await self._pool.release(connection)
        except Exception as error:  # each caller gets it
            for call in calls:
                if not call.reply.done():
                    call.reply.set_exception(error)
        finally:
            for call in calls:
                call.reply.cancel()  # of those still open when this itself is cancelled

    async def _ask(
        self, connection: Connection, calls: list[_Call], command: str, scripts: dict[str, str]
    ) -> list[_Call]:
        """Hand out the replies; return the calls whose script the server does not know."""
        commands = ((command, scripts[call.script], *call.arguments) for call in calls)
        # its type asks for a tuple of one
        await connection.send_packed_command([pack_command(each) for each in commands])  # type: ignore[arg-type]
        unknown = []
        for call in calls:
            try:
                reply = await connection.read_response()
            except NoScriptError:
                unknown.append(call)
            except ResponseError as error:
                if not call.reply.done():
                    call.reply.set_exception(error)
            else:
                if not call.reply.done():
                    call.reply.set_result(reply)
        return unknown
