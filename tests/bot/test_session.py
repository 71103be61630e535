"""What a person has half said, in memory and in Redis alike."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.core.session import MemorySessions, RedisSessions, Sessions, Talk
from tests.conftest import Clock, RedisServer
from worker.jobs.errors import QueueAway

TALK = Talk(job="ab", user="web:1", message="m", effect="blend", photos=("ab/photo-0",), pixels=4)


@pytest.fixture(params=["memory", "redis"])
async def sessions(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Sessions]:
    """Each build in turn; talks live for 100 s."""
    if request.param == "memory":
        yield MemorySessions(keep=100, clock=clock)
        return
    redis = Redis.from_url(request.getfixturevalue("redis_url"), decode_responses=True)
    yield RedisSessions(redis, keep=100, clock=clock)
    await redis.aclose()


async def test_put_get_delete(sessions: Sessions) -> None:
    """A talk is remembered as it was, per chat, until it is deleted."""
    assert await sessions.get("web:1") is None
    await sessions.put("web:1", TALK)
    assert TALK == await sessions.get("web:1")
    assert await sessions.get("web:2") is None
    await sessions.delete("web:1")
    assert await sessions.get("web:1") is None
    assert [] == await sessions.pop_expired()


async def test_expiry(sessions: Sessions, clock: Clock) -> None:
    """A talk ends when nothing is added for so long, and is handed out once for cleaning up."""
    await sessions.put("web:1", TALK)
    clock.advance(99)
    await sessions.put("web:1", TALK)
    clock.advance(99)
    assert TALK == await sessions.get("web:1")
    assert [] == await sessions.pop_expired()
    clock.advance(2)
    assert await sessions.get("web:1") is None
    assert [TALK] == await sessions.pop_expired()
    assert [] == await sessions.pop_expired()


async def test_redis_away(own_redis: RedisServer) -> None:
    """A lost Redis is said in the queue's own words."""
    redis = Redis.from_url(own_redis.url, decode_responses=True)
    own_redis.kill()
    with pytest.raises(QueueAway):
        await RedisSessions(redis, keep=100).get("web:1")
    await redis.aclose()
