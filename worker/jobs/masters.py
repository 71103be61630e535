"""Redis on several machines: connections to whichever node is the master just now.

Sentinels or the nodes of a cluster are asked where it is whenever a connection is made. A node that
was demoted says so at the next command: the connection is dropped, and all that lie idle with it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    AuthenticationError,
    ClusterDownError,
    ConnectionError,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    TimeoutError,
    TryAgainError,
)

from worker.jobs.keys import PREFIX

__all__ = ["open_pool"]

Address = tuple[str, int]

_ASKING = 2.0
"""Seconds for the answer of a sentinel or a node."""
_GREETING = 5.0
"""Seconds for that of a new connection. One to a stopped process is accepted by the system."""
_PORTS = {"sentinel": 26379, "cluster": 6379}
# MovedError is an AskError.
_MOVED = (AskError, ClusterDownError, ReadOnlyError, TryAgainError)


def open_pool(url: str, **options: Any) -> ConnectionPool:
    """For what redis-py reads, and for `redis+sentinel://` and `redis+cluster://` (`rediss+…` with
    TLS): hosts by commas; then a sentinel's name of the master, and the database. Raises
    `ValueError`.
    """
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    if not kind:
        return ConnectionPool.from_url(url, **options)
    if kind not in _PORTS or scheme not in ("redis", "rediss"):
        raise ValueError(f"it begins with {parts.scheme}://")
    login, _, hosts = parts.netloc.rpartition("@")
    name, _, database = parts.path.strip("/").partition("/")
    if kind == "cluster":
        name, database = "", name
    if (name == "") == (kind == "sentinel"):
        raise ValueError("after the sentinels must come the name of the master: /mymaster")
    if database not in ("", "0") and (kind == "cluster" or not database.isdecimal()):
        raise ValueError(f"{database!r} is no database")
    options |= parse_url(f"{scheme}://{login}@host/{database or 0}?{parts.query}")
    del options["host"]
    addresses = [_address(host, _PORTS[kind]) for host in hosts.split(",")]
    plain: type[AbstractConnection] = options.pop("connection_class", Connection)
    theirs = {key: value for key, value in options.items() if not key.startswith("sentinel_")}
    masters: Masters
    if kind == "cluster":
        masters = _Cluster(addresses, {**theirs, "connection_class": plain})
    else:
        login_there = {key: options.get(f"sentinel_{key}") for key in ("username", "password")}
        asking = {**theirs, **login_there, "db": 0, "connection_class": plain}
        masters = _Sentinels(addresses, asking, name)
    return _Pool(
        masters, connection_class=_TlsToMaster if plain is SSLConnection else _ToMaster, **theirs
    )


def _address(host: str, port: int) -> Address:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError("a host is missing")
    return parts.hostname, parts.port or port


class Masters(ABC):
    """Knows whom to ask where the master is. `moves` counts how often it was found elsewhere, or
    left where it was thought to be.
    """

    whom: str

    def __init__(self, addresses: Sequence[Address], options: Mapping[str, Any]) -> None:
        self._addresses = list(addresses)
        self._options = options
        self._last: Address | None = None
        self.moves = 0

    async def find(self) -> Address:
        """Ask one after another; who does not know is asked last the next time. Raises redis-py's
        errors.
        """
        fault: object = "none knows it"
        for address in list(self._addresses):
            pool = ConnectionPool(host=address[0], port=address[1], **self._options)
            try:
                async with asyncio.timeout(_ASKING), Redis.from_pool(pool) as client:
                    found = await self._ask(client, address)
            except (AuthenticationError, NoPermissionError):
                raise
            except (RedisError, OSError) as error:
                fault, found = str(error) or "no answer", None
            if found is not None:
                if self._last not in (None, found):
                    self.moves += 1
                self._last = found
                return found
            self._ask_last(address)
        raise ConnectionError(f"no {self.whom} tells where the master is: {fault}")

    def doubt(self) -> None:
        """What was said last is not so: somebody else is asked next."""
        self.moves += 1
        self._ask_last(self._addresses[0])

    def _ask_last(self, address: Address) -> None:
        self._addresses.remove(address)
        self._addresses.append(address)

    @abstractmethod
    async def _ask(self, client: Redis, address: Address) -> Address | None:
        """What the one at `address` says; None when it does not know."""


async def _said(client: Redis, *command: str) -> Any:
    """The answer, as it is."""
    return await client.execute_command(*command)  # type: ignore[no-untyped-call]


class _Sentinels(Masters):
    whom = "sentinel"

    def __init__(self, addresses: Sequence[Address], options: Mapping[str, Any], name: str) -> None:
        super().__init__(addresses, options)
        self._name = name

    async def _ask(self, client: Redis, address: Address) -> Address | None:
        found = await _said(client, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._name)
        return (found[0], int(found[1])) if found else None


class _Cluster(Masters):
    """All our keys share a hash tag: one node has them all."""

    whom = "node of the cluster"
    _slot = key_slot(PREFIX.encode())

    async def _ask(self, client: Redis, address: Address) -> Address | None:
        master = None
        for first, last, *nodes in await _said(client, "CLUSTER", "SLOTS"):
            # a node that does not know its own name is where we have asked
            known = [(host or address[0], int(port)) for host, port, *_ in nodes]
            self._addresses += [each for each in known if each not in self._addresses]
            if first <= self._slot <= last:
                master = known[0]
        return master


class _ToMaster(Connection):
    """A connection that asks `masters` where to."""

    def __init__(self, *, masters: Masters, **options: Any) -> None:
        super().__init__(**options, redis_connect_func=self._greet)
        self._masters = masters
        self.moves = 0

    async def _connect(self) -> None:
        self.host, self.port = await self._masters.find()
        self.moves = self._masters.moves
        try:
            await super()._connect()  # type: ignore[no-untyped-call]
        except OSError:
            self._masters.doubt()
            raise

    async def _greet(self, _: AbstractConnection) -> None:
        try:
            async with asyncio.timeout(_GREETING):
                await self.on_connect()
                await self.send_command("ROLE", check_health=False)
                role, *_rest = await self.read_response()
        except OSError as error:
            self._masters.doubt()
            raise TimeoutError(f"{self.host}:{self.port} does not answer") from error
        if role != "master":
            self._masters.doubt()
            raise ConnectionError(f"{self.host}:{self.port} is a {role}")

    async def read_response(self, *args: Any, **options: Any) -> Any:
        """Raises `ConnectionError` too when this is the master no longer."""
        try:
            response = await super().read_response(*args, **options)
        except _MOVED as error:
            raise await self._left(error) from error
        if isinstance(response, list):
            # Of a run of a script. Before Redis 7 the word stands in the middle.
            for each in (each for each in response if isinstance(each, Exception)):
                if isinstance(each, _MOVED) or "READONLY" in str(each):
                    raise await self._left(each)
        return response

    async def _left(self, error: Exception) -> ConnectionError:
        self._masters.doubt()
        await self.disconnect(nowait=True)
        return ConnectionError(f"{self.host}:{self.port} serves us no longer: {error}")


class _TlsToMaster(_ToMaster, SSLConnection):
    """The same with TLS."""


class _Pool(ConnectionPool):
    """Hands out no connection to a former master."""

    def __init__(self, masters: Masters, **options: Any) -> None:
        super().__init__(masters=masters, **options)
        self._masters = masters

    async def ensure_connection(self, connection: AbstractConnection) -> None:
        """As redis-py."""
        if isinstance(connection, _ToMaster) and connection.moves != self._masters.moves:
            await connection.disconnect()
        await super().ensure_connection(connection)
