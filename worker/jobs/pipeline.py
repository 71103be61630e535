"""Calls of scripts: those made in one turn of the event loop go out together.

Where Redis has a replica, the answer to a call that promises something waits for it to have what
was written so far, so that a failover forgets no promise.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hiredis import pack_command
from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import NoScriptError, ResponseError

__all__ = ["PATIENCE", "Pipeline"]

PATIENCE = 10.0
"""Seconds after which a server that says nothing counts as away."""
_WAIT = ("WAIT", 1, 1000)
"""For one replica to have what was written, so many milliseconds."""
_LOOK = 1.0
"""Seconds after which to look anew whether there is one."""
# A replica speaks once a second. One that has been silent for longer holds up nobody.
_REPLICA = re.compile(r"^slave\d+:.*state=online.*lag=[0-2]\b", re.M)
# So many sets of arguments at most in one run of a script: nothing else is served meanwhile.
_RUN = 16
# A write takes half of what waits, but no fewer than these: so Redis is at work on some calls while
# we are on the others.
_FEW = 5


@dataclass(slots=True)
class _Call:
    script: str
    keys: tuple[str, ...]
    args: tuple[str | int, ...]
    reply: asyncio.Future[Any]


_Run = list[_Call]


class Pipeline:
    """Runs scripts on connections of `pool`. `texts`: name -> Lua, see `scripts`; `fleeting`: of
    these a failover may undo what they did.
    """

    def __init__(
        self, pool: ConnectionPool, texts: dict[str, str], fleeting: Collection[str] = ()
    ) -> None:
        self._pool = pool
        self._texts = texts
        self._fleeting = fleeting
        self._replicated = False
        self._look_at = 0.0
        self._hashes = {
            name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            for name, text in texts.items()
        }
        self._waiting: list[_Call] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, script: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """The script's reply to `args`, at least one. Raises what redis-py raises. It may have run
        if this is cancelled.
        """
        loop = asyncio.get_running_loop()
        call = _Call(script, tuple(keys), tuple(args), loop.create_future())
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append(call)
        return await call.reply

    def _flush(self) -> None:
        while calls := self._take():
            task = asyncio.create_task(self._serve(calls), name="scripts")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _take(self) -> list[_Call]:
        waiting = [call for call in self._waiting if not call.reply.done()]
        size = max(_FEW, len(waiting) // 2)
        self._waiting = waiting[size:]
        return waiting[:size]

    async def _serve(self, calls: list[_Call]) -> None:
        """Send calls, and those that their callers make as soon as they have the replies."""
        try:
            async with asyncio.timeout(PATIENCE) as limit:
                connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    while calls:
                        await self._look_if_due(connection)
                        runs = _runs(calls)
                        forgotten = await self._ask(connection, runs, "EVALSHA", self._hashes)
                        if forgotten:  # these did not run
                            await self._ask(connection, forgotten, "EVAL", self._texts)
                        await asyncio.sleep(0)
                        calls = self._take()
                        limit.reschedule(asyncio.get_running_loop().time() + PATIENCE)
                finally:
                    await self._pool.release(connection)
        except Exception as error:  # each caller gets it
            self._look_at = 0.0  # the next server may be another
            for call in calls:
                if not call.reply.done():
                    call.reply.set_exception(error)
        finally:
            for call in calls:
                call.reply.cancel()  # of those still open when this itself is cancelled

    async def confirm(self) -> None:
        """Return when a replica, if there is one, has all that was written so far."""
        async with asyncio.timeout(PATIENCE):
            connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
            try:
                await self._look_if_due(connection)
                if self._replicated:
                    # WAIT is for what was written before the connection's last command.
                    await connection.send_command("PING")
                    await connection.read_response()
                    await connection.send_command(*_WAIT)
                    await self._confirm(connection)
            finally:
                await self._pool.release(connection)

    async def _look_if_due(self, connection: Connection) -> None:
        if asyncio.get_running_loop().time() >= self._look_at:
            await self._look(connection)

    async def _look(self, connection: Connection) -> None:
        """Raises `ResponseError` where Redis is told not to write without a replica, and has none:
        since Redis 7 scripts write all the same.
        """
        await connection.send_command("INFO", "replication")
        try:
            info = await connection.read_response()
        except ResponseError:  # we may not ask
            info = ""
        self._replicated = bool(_REPLICA.search(info))
        if not self._replicated and "min_slaves_good_slaves" in info:
            raise ResponseError("NOREPLICAS Not enough good replicas to write.")
        self._look_at = asyncio.get_running_loop().time() + _LOOK

    async def _ask(
        self, connection: Connection, runs: list[_Run], command: str, scripts: dict[str, str]
    ) -> list[_Run]:
        """Hand out the replies; return the runs whose script the server does not know."""
        commands = []
        for run in runs:
            keys, size = run[0].keys, len(run[0].args)
            sets = [arg for call in run for arg in call.args]
            commands.append((command, scripts[run[0].script], len(keys), *keys, size, *sets))
        promised = self._replicated and any(run[0].script not in self._fleeting for run in runs)
        if promised:
            commands.append(_WAIT)
        # its type asks for a tuple of one
        await connection.send_packed_command([pack_command(each) for each in commands])  # type: ignore[arg-type]
        unknown, held = [], []
        for run in runs:
            try:
                replies = await connection.read_response()
            except NoScriptError:
                unknown.append(run)
                continue
            except ResponseError as error:
                replies = [error] * len(run)
            for call, reply in zip(run, replies, strict=True):
                if call.reply.done():
                    continue
                if isinstance(reply, Exception):
                    call.reply.set_exception(reply)
                elif promised and call.script not in self._fleeting:
                    held.append((call, reply))
                else:
                    call.reply.set_result(reply)
        if promised:
            await self._confirm(connection)
        for call, reply in held:
            if not call.reply.done():
                call.reply.set_result(reply)
        return unknown

    async def _confirm(self, connection: Connection) -> None:
        """Read the answer to WAIT: return when a replica has what was written, or none lives."""
        while await connection.read_response() == 0:
            await self._look(connection)
            if not self._replicated:
                return
            await connection.send_command(*_WAIT)


def _runs(calls: Iterable[_Call]) -> list[_Run]:
    """Those that one run of a script can serve together."""
    alike: defaultdict[Hashable, list[_Call]] = defaultdict(list)
    for call in calls:
        alike[call.script, call.keys, len(call.args)].append(call)
    return [some[i : i + _RUN] for some in alike.values() for i in range(0, len(some), _RUN)]
