"""Saved filters are kept alike in memory and in Redis."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.core.filter_names import BadFilterName, FilterNameShipped, check_name
from bot.core.saved import (
    FilterNameTaken,
    MemorySavedFilters,
    SavedFilter,
    SavedFilters,
    TooManyFilters,
)
from bot.core.saved_redis import RedisSavedFilters
from tests.conftest import RedisServer
from worker.jobs.errors import QueueAway


@pytest.fixture(params=["memory", "redis"])
async def saved(request: pytest.FixtureRequest) -> AsyncIterator[SavedFilters]:
    """Each build in turn; the codes are C0, C0, C1, C1, C2 …: each is drawn twice."""
    numbers = itertools.count()

    def draw() -> str:
        return f"C{next(numbers) // 2}"

    if request.param == "memory":
        yield MemorySavedFilters(draw)
        return
    redis = Redis.from_url(request.getfixturevalue("redis_url"), decode_responses=True)
    yield RedisSavedFilters(redis, draw)
    await redis.aclose()


def a_filter(id: str, name: str = "", owner: str = "ann", **more: str) -> SavedFilter:
    """One with a picture of its own."""
    name, digest, picture = name or id, more.pop("digest", id), f"filters/{id}/picture"
    return SavedFilter(
        id=id, owner=owner, name=name, effect="style", digest=digest, picture=picture, **more
    )


async def names(saved: SavedFilters, owner: str = "ann") -> list[str]:
    """Of the owner's filters, in their order."""
    return [each.name for each in await saved.of(owner)]


async def test_a_life(saved: SavedFilters) -> None:
    """Saved, learned, renamed, deleted; found by owner, job and code meanwhile, not after."""
    one = await saved.save(a_filter("f1", "волна"), most=5)
    assert ("C0", False) == (one.code, one.is_learned)
    two = await saved.save(a_filter("f2", owner="bob"), most=5)
    assert "C1" == two.code
    begun = await saved.begin("f1", "j1")
    assert [begun] == await saved.of("ann")
    learned = await saved.learn("f1", job="j1", vectors="v", thumbnail="t")
    assert learned is not None
    assert (True, "v", "t") == (learned.is_learned, learned.vectors, learned.thumbnail)
    assert "sea" == getattr(await saved.rename("f1", "sea"), "name", "")
    last = learned.model_copy(update={"name": "sea"})
    assert [last, last] == [await saved.with_job("j1"), await saved.with_code("C0")]
    assert ["f3"] == await saved.missing(["f1", "f3", "f2"])
    assert last == await saved.delete("f1")
    assert [None] * 3 == [
        await saved.delete("f1"), await saved.with_job("j1"), await saved.with_code("C0"),
    ]  # fmt: skip
    assert ([], ["f2"]) == (await names(saved), await names(saved, "bob"))


async def test_what_is_gone_stays_gone(saved: SavedFilters) -> None:
    """A filter that was deleted is not brought back by its job, nor learned by an earlier one."""
    assert await saved.begin("f1", "j1") is None
    assert await saved.rename("f1", "x") is None
    assert await saved.learn("f1", job="j1", vectors="v", thumbnail="t") is None
    await saved.save(a_filter("f1", job="j1"), most=5)
    await saved.begin("f1", "j2")
    assert await saved.with_job("j1") is None
    assert await saved.learn("f1", job="j1", vectors="v", thumbnail="t") is None
    assert [False] == [each.is_learned for each in await saved.of("ann")]


async def test_saved_twice_is_saved_once(saved: SavedFilters) -> None:
    """The same picture under the same name is the same filter; another one's name is taken."""
    first = await saved.save(a_filter("f1", "sea", digest="d"), most=1)
    assert first == await saved.save(a_filter("f2", "sea", digest="d"), most=1)
    with pytest.raises(FilterNameTaken, match="sea"):
        await saved.save(a_filter("f3", "sea"), most=5)
    await saved.save(a_filter("f4", "land"), most=5)
    with pytest.raises(FilterNameTaken, match="sea"):
        await saved.rename("f4", "sea")
    assert first == await saved.rename("f1", "sea")
    assert ["sea", "land"] == await names(saved)


async def test_twenty_at_once_keep_the_limit(saved: SavedFilters) -> None:
    """Of twenty simultaneous saves as many succeed as the limit has room for; one a name."""
    saves = [saved.save(a_filter(f"f{i}", f"n{i % 10}"), most=5) for i in range(20)]
    ends = await asyncio.gather(*saves, return_exceptions=True)
    kept = [end for end in ends if isinstance(end, SavedFilter)]
    assert 5 == len(kept) == len(await names(saved)) == len({each.name for each in kept})
    assert 5 == len({each.code for each in kept})
    assert 15 == sum(isinstance(end, TooManyFilters | FilterNameTaken) for end in ends)


async def test_two_deliveries_learn_alike(saved: SavedFilters) -> None:
    """The same result told twice at the same time leaves one learned filter, told to both."""
    await saved.save(a_filter("f1", job="j1"), most=5)
    told = await asyncio.gather(
        *(saved.learn("f1", job="j1", vectors="v", thumbnail="t") for _ in range(2))
    )
    assert [await saved.with_job("j1")] * 2 == told


async def test_gathering(saved: SavedFilters) -> None:
    """What linked identities had becomes the account's, beyond its limit, under names of its own;
    again it changes nothing."""
    await saved.save(a_filter("f1", "sea"), most=1)
    await saved.save(a_filter("f2", "sea", "bob", job="j2"), most=1)
    await saved.save(a_filter("f3", "sea", "cyd"), most=9)
    await saved.save(a_filter("f4", "land", "cyd"), most=9)
    for _ in range(2):
        await saved.gather("ann", ["bob", "cyd", "dan"])
        assert ["sea", "sea-2", "sea-3", "land"] == await names(saved)
        assert [] == await names(saved, "bob")
    found = await saved.with_job("j2")
    assert found is not None
    assert ("ann", "sea-2") == (found.owner, found.name)
    assert found == await saved.delete("f2")
    assert ["sea", "sea-3", "land"] == await names(saved)


async def test_redis_away(own_redis: RedisServer) -> None:
    """A lost Redis is said in the queue's own words."""
    redis = Redis.from_url(own_redis.url, decode_responses=True)
    own_redis.kill()
    with pytest.raises(QueueAway):
        await RedisSavedFilters(redis).of("ann")
    await redis.aclose()


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Sea", "sea"),
        ("ЁЛКА-2", "елка-2"),
        ("е\u0308лка", "елка"),
        ("-a--b-", "a-b"),
        ("e\u0301", "\u00e9"),
        ("हिन्दी", "हिन्दी"),
        ("x" * 24, "x" * 24),
    ],
)
def test_names(word: str, name: str) -> None:
    """Letters of any alphabet, digits, - and _; however they were typed."""
    assert name == check_name(word, ["mosaic"])


@pytest.mark.parametrize(
    "word", ["", "a b", "a=b", "a+b", "x" * 25, "ß" * 13, "a/b", "½", "🙂", ".", "--"]
)
def test_bad_names(word: str) -> None:
    """What can't be typed in a blend, or is too long once it is normal, is refused."""
    with pytest.raises(BadFilterName):
        check_name(word, [])


def test_reserved_names() -> None:
    """A shipped style's name is nobody's."""
    with pytest.raises(FilterNameShipped):
        check_name("Mosaic", ["mosaic"])
