"""What a person has half said: remembered for a while, per chat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError

from worker.jobs.errors import QueueAway

if TYPE_CHECKING:
    from redis.asyncio import Redis

__all__ = ["MemorySessions", "RedisSessions", "Sessions", "Talk", "away"]


class Talk(BaseModel):
    """An unfinished request. Its photos are stored under the id that its job will have."""

    model_config = ConfigDict(frozen=True)

    job: str
    user: str
    message: str = ""
    """The newest message that brought photos."""
    effect: str = ""
    values: dict[str, str] = {}
    photos: tuple[str, ...] = ()
    """Blob names."""
    pixels: int = 0
    """Of the first photo."""
    night: bool | None = None
    """Whether it shall wait for the night; None: not chosen yet."""


@contextmanager
def away() -> Iterator[None]:
    """Turn what Redis can't help into `QueueAway`."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueAway("the queue can't be reached just now; please try again") from error


class Sessions(Protocol):
    """Where talks wait. All methods raise `QueueAway` when Redis can't be reached."""

    async def get(self, chat: str) -> Talk | None:
        """The talk of a chat, unless it has expired."""

    async def put(self, chat: str, talk: Talk) -> None:
        """Remember a talk in place of the chat's former one, and begin its time anew."""

    async def delete(self, chat: str) -> None:
        """Forget it."""

    async def pop_expired(self) -> list[Talk]:
        """Forget the talks whose time is over, and return them."""

    async def pop_of(self, users: Sequence[str]) -> list[Talk]:
        """Forget the talks of these users, and return them."""


class MemorySessions:
    """Talks in this process."""

    def __init__(self, *, keep: float, clock: Callable[[], float] = time.time) -> None:
        """Talks live for `keep` seconds."""
        self._keep = keep
        self._clock = clock
        self._talks: dict[str, tuple[float, Talk]] = {}

    async def get(self, chat: str) -> Talk | None:
        """See `Sessions`."""
        until, talk = self._talks.get(chat, (0.0, None))
        return talk if until > self._clock() else None

    async def put(self, chat: str, talk: Talk) -> None:
        """See `Sessions`."""
        self._talks[chat] = (self._clock() + self._keep, talk)

    async def delete(self, chat: str) -> None:
        """See `Sessions`."""
        self._talks.pop(chat, None)

    async def pop_expired(self) -> list[Talk]:
        """See `Sessions`."""
        late = [chat for chat, (until, _) in self._talks.items() if until <= self._clock()]
        return [self._talks.pop(chat)[1] for chat in late]

    async def pop_of(self, users: Sequence[str]) -> list[Talk]:
        """See `Sessions`."""
        theirs = [chat for chat, (_, talk) in self._talks.items() if talk.user in users]
        return [self._talks.pop(chat)[1] for chat in theirs]


_TALKS, _UNTIL = "{atelier}:talks", "{atelier}:talks:until"

_GET = """
local till = redis.call('ZSCORE', KEYS[2], ARGV[1])
if till and tonumber(till) > tonumber(ARGV[2]) then return redis.call('HGET', KEYS[1], ARGV[1]) end
"""
_PUT = """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
"""
_DELETE = """
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
"""
_POP_EXPIRED = """
local talks = {}
for _, chat in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, 100)) do
    talks[#talks + 1] = redis.call('HGET', KEYS[1], chat)
    redis.call('HDEL', KEYS[1], chat)
    redis.call('ZREM', KEYS[2], chat)
end
return talks
"""
_POP_OF = """
local users, talks, all = {}, {}, redis.call('HGETALL', KEYS[1])
for _, user in ipairs(ARGV) do users[user] = true end
for i = 1, #all, 2 do
    if users[cjson.decode(all[i + 1]).user] then
        talks[#talks + 1] = all[i + 1]
        redis.call('HDEL', KEYS[1], all[i])
        redis.call('ZREM', KEYS[2], all[i])
    end
end
return talks
"""


class RedisSessions:
    """Talks that survive a restart. A sorted set holds their ends, so that the photos of an
    expired talk can be removed too.
    """

    def __init__(
        self, redis: Redis, *, keep: float, clock: Callable[[], float] = time.time
    ) -> None:
        """Talks live for `keep` seconds."""
        self._redis = redis
        self._keep = keep
        self._clock = clock

    async def get(self, chat: str) -> Talk | None:
        """See `Sessions`."""
        found = await self._run(_GET, chat, repr(self._clock()))
        return Talk.model_validate_json(found) if found else None

    async def put(self, chat: str, talk: Talk) -> None:
        """See `Sessions`."""
        until = repr(self._clock() + self._keep)
        await self._run(_PUT, chat, until, talk.model_dump_json())

    async def delete(self, chat: str) -> None:
        """See `Sessions`."""
        await self._run(_DELETE, chat)

    async def pop_expired(self) -> list[Talk]:
        """See `Sessions`."""
        found = await self._run(_POP_EXPIRED, repr(self._clock()))
        return [Talk.model_validate_json(talk) for talk in found]

    async def pop_of(self, users: Sequence[str]) -> list[Talk]:
        """See `Sessions`."""
        found = await self._run(_POP_OF, *users)
        return [Talk.model_validate_json(talk) for talk in found]

    async def _run(self, script: str, *args: str) -> Any:
        with away():
            # redis-py gives both its clients' types at once.
            return await cast(Any, self._redis.eval(script, 2, _TALKS, _UNTIL, *args))
