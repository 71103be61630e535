"""`/forget` and what is kept for a day: nothing of a person's pictures outlives it, anywhere."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.saved_redis import RedisSavedFilters
from tests.bot.conftest import DirectDoor, FakeFront, House, browser, picture, running, until
from tests.conftest import Clock
from worker.config import WorkerOptions
from worker.jobs.blobs import Blobs
from worker.jobs.redis_queue import RedisQueue
from worker.runtime.sweep import Sweep, sweep_cache

PHOTO = picture()


@pytest.fixture
async def real(redis_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[House]:
    """A bot with all that it keeps in a real Redis, on a clock that stands still."""
    queue = RedisQueue(redis_url, clock=clock)
    blobs = Blobs.open(tmp_path / "blobs")
    yield House(queue, blobs, clock=clock, saved=RedisSavedFilters(queue.client))
    await queue.close()


async def everything(house: House) -> dict[str, str]:
    """All that Redis holds, by key."""
    assert isinstance(house.queue, RedisQueue)
    redis: Any = house.queue.client
    found = {}
    async for key in redis.scan_iter():
        match await redis.type(key):
            case "hash":
                found[key] = repr(await redis.hgetall(key))
            case "zset":
                found[key] = repr(await redis.zrange(key, 0, -1, withscores=True))
            case "stream":
                found[key] = repr(await redis.xrange(key))
            case "set":
                found[key] = repr(await redis.smembers(key))
            case _:
                found[key] = await redis.get(key)
    return found


def files(folder: Path) -> list[Path]:
    """All files below."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def fill(house: House, door: DirectDoor) -> list[str]:
    """One job done and delivered, one that runs, one that waits, a half-said request."""
    front = FakeFront()
    first = (await door.say("/swirl", [PHOTO]))["slot"]
    async with running(house.delivery(front).run()):
        claim = await house.claim()
        await house.progress(claim, 1, 2, picture("blue"))
        await house.finish(claim)
        await front.until(1)
        await until(lambda: not house.watched.jobs("fake"))
    second = (await door.say("/swirl", [PHOTO]))["slot"]
    await house.claim()
    third = (await door.say("/swirl", [PHOTO]))["slot"]
    await door.say("/blend", [PHOTO])
    return [first, second, third]


async def test_all_is_forgotten(real: House, tmp_path: Path) -> None:
    """Asked once, confirmed by the button: jobs in every state, pictures, the half-said request,
    settings and filters are gone from Redis and the store; what others have stays.
    """
    await real.announce("swirl", "blend")
    ann, bob = DirectDoor(real, "en", "ann"), DirectDoor(real, "en", "bob")
    jobs = await fill(real, ann)
    await ann.say(press="set:size=768")
    one = await real.filters.keep("fake:ann", "style", PHOTO, name="dusk")
    copy = await real.filters.copy("fake:bob", one.code)
    kept = (await bob.say("/swirl", [PHOTO]))["slot"]
    asked = await ann.say("/forget")
    [[button]] = asked["buttons"]
    assert "can’t be undone" in asked["text"]
    assert "No" not in (await ann.say("/queue"))["text"][:2]  # nothing has happened yet
    # somebody else in the group presses it
    assert "not_yours" == (await bob.say(press=button["data"]))["error"]
    assert "deleted" in (await ann.say(press=button["data"]))["text"]
    left = await everything(real)
    named = {key.partition(":")[2] for key, text in left.items() if "fake:ann" in text}
    assert {"audit", "accounts", "forgotten"} == named
    assert not any(job in text for job in [*jobs, one.id] for text in left.values())
    places = {path.relative_to(tmp_path / "blobs").parts[:2] for path in files(tmp_path)}
    assert {(kept, "photo-0"), ("filters", copy.id)} == places
    assert "None of your jobs" in (await ann.say("/queue"))["text"]
    for action in ("again", "delete", "use", "save", "cancel"):
        answer = await ann.say(press=f"{action}:{jobs[0]}")
        assert answer["error"] in ("no_such_job", "filter_gone"), action
    # a worker that was in the middle has nothing to end; asked again, nothing happens
    assert "deleted" in (await ann.say(press=button["data"]))["text"]
    assert kept == (await real.claim()).job.id


async def test_what_was_used_counts_until_midnight(still: House) -> None:
    """To forget is no way to new credits."""
    ann = DirectDoor(still, "en", "ann")
    before = (await ann.say("/quota"))["text"]
    await ann.say("/swirl", [PHOTO])
    await still.finish(await still.claim())
    used = (await ann.say("/quota"))["text"]
    [[button]] = (await ann.say("/forget"))["buttons"]
    await ann.say(press=button["data"])
    assert before != used == (await ann.say("/quota"))["text"]
    still.clock.advance(86_400)
    await still.queue.forget(older_than=86_400)
    assert before == (await ann.say("/quota"))["text"]


async def test_a_status_that_stands_elsewhere_ends(house: House) -> None:
    """The message about a job that waits becomes "cancelled", whatever platform it stands on."""
    ann, front = DirectDoor(house, "ru", "ann"), FakeFront()
    job = (await ann.say("/swirl", [PHOTO]))["slot"]
    [[button]] = (await ann.say("/забудь"))["buttons"]
    await ann.say(press=button["data"])
    async with running(house.delivery(front).run()):
        [(chat, reply), *_] = await front.until(1)
    assert ("ann", job, "cancelled") == (chat, reply.slot, reply.status and reply.status.state)


async def test_on_the_page(house: House) -> None:
    """The web front answers as any other, and shows no works afterwards."""
    async with house.web() as address, browser(address) as page:
        await page.say("/swirl", [PHOTO])
        [[button]] = (await page.say("/forget"))["buttons"]
        answer = await page.say(press=button["data"])
        assert answer["forgets"]
        assert "deleted" in answer["text"]
        assert [] == (await page.get("/api/jobs"))[1]["jobs"]


async def test_an_admin_forgets(house: House) -> None:
    """`forget ACCOUNT`, for whoever asks by letter; a moderator may not."""
    ann, boss = DirectDoor(house, "en", "ann"), DirectDoor(house, "en", "boss")
    await ann.say("/swirl", [PHOTO])
    aide = DirectDoor(house, "en", "aide")
    assert "refused" == (await aide.say("/admin forget fake:ann"))["error"]
    assert "All of fake:ann is deleted." == (await boss.say("/admin forget fake:ann"))["text"]
    assert "None of your jobs" in (await ann.say("/queue"))["text"]
    assert "data of fake:ann" in (await boss.say("/admin audit"))["text"]


async def test_after_a_day_nothing_is_left(real: House, tmp_path: Path, clock: Clock) -> None:
    """With the settings as they come, on a clock: what ended and what was never finished goes
    with photos, previews, results and what effects kept; buttons under it say so in one sentence.
    """
    await real.announce("swirl", "blend")
    ann, keep = DirectDoor(real, "en", "ann"), WorkerOptions()
    cache = tmp_path / "cache"
    (cache / "learn_style").mkdir(parents=True)
    (cache / "learn_style" / "x.pt").write_bytes(b"x")
    jobs = await fill(real, ann)
    for job in jobs[1:]:
        await ann.say(press=f"cancel:{job}")
    await real.queue.reap()
    clock.advance(601)
    await real.queue.reap()  # the worker of the running one is gone
    async with running(real.delivery(front := FakeFront()).run()):
        await front.until(2)
        await until(lambda: not real.watched.jobs("fake"))
    await real.filters.keep("fake:ann", "style", PHOTO, name="dusk")

    async def sweep() -> None:
        for path in files(tmp_path):
            os.utime(path, (born, born))
        await real.requests.tidy()
        for job in await real.queue.forget(older_than=keep.keep):
            await real.blobs.delete_under(job)
        await Sweep(real.queue, real.blobs, keep.keep_orphans, clock).round()
        sweep_cache(cache, keep.keep_orphans, clock)

    born = clock.now
    clock.advance(86_400 - 602)
    await sweep()
    assert 5 <= len(files(tmp_path))  # not a second too early, but for the half-said request
    clock.advance(603)
    await sweep()
    assert ["filters"] == sorted(
        {p.relative_to(tmp_path / "blobs").parts[0] for p in files(tmp_path)}
    )
    left = await everything(real)
    assert not any(job in text for job in jobs for text in left.values())
    assert "photo-0" not in repr(left)
    for action in ("again", "stronger", "hd", "delete", "save", "cancel"):
        answer = await ann.say(press=f"{action}:{jobs[0]}")
        assert ("no_such_job", 1) == (answer["error"], answer["text"].count(".")), action
