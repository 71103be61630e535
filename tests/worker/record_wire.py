"""Records what this version of the program writes to Redis: `python -m tests.worker.record_wire`.

A day in which everything that is kept happens: jobs in every state, endings delivered and not,
people, rules, filters, half-said requests.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from bot.core.preferences import RedisPreferences, Settled
from bot.core.saved import SavedFilter
from bot.core.saved_redis import RedisSavedFilters
from bot.core.session import RedisSessions, Talk
from tests.conftest import Clock, RedisServer, find_redis
from tests.worker.cases import a_job, submit, take
from worker.jobs.model import WIRE, Done, MediaRef, Progress, WorkerInfo
from worker.jobs.redis_queue import RedisQueue

__all__ = ["FOLDER", "live", "load"]

FOLDER = Path(__file__).with_name("recorded")


async def live(queue: RedisQueue, clock: Clock) -> None:
    """Let it all happen."""
    office, redis = queue.office, queue.client
    await office.set_tier("telegram:1", "plus", who="admin")
    await office.grant("telegram:1", 100, who="admin")
    await office.set_daily("telegram:2", 500, who="admin")
    await office.boost("telegram:2", 3, seconds=7200, who="admin")
    await office.ban("vk:3", "spam", who="admin")
    await queue.link(await queue.link_code("telegram:1"), user="web:w")
    info = WorkerInfo(name="w1", device="cpu", effects=("paint",), down={"dream": "no weights"})
    await queue.announce(info, ttl=3600)
    values = {"params": {"size": 512}, "photos": ("x/photo-0",), "kind": "paint", "lang": "ru"}
    for name in ("delivered", "undelivered", "dead", "cancelled", "running"):
        await submit(queue, a_job(name, "telegram:1", seconds=2, **values))
        claim = await take(queue, lease=60)
        clock.advance(1)
        match name:
            case "dead":
                await queue.fail(claim, "crashed", "It crashed.", retry=False, reason="x")
            case "cancelled":
                await queue.cancel(name, user="telegram:1")
                await queue.acknowledge_cancel(claim)
            case "running":
                news = Progress(job=name, done=1, total=9, preview=f"{name}/w1-1/preview-1.jpg")
                await queue.progress(claim, news)
            case _:
                media = (MediaRef(blob=f"{name}/w1-1/0.png", type="image/png"),)
                data = {"v": f"{name}/w1-1/data-0"}
                words = {"en": "done", "ru": "готово"}
                done = Done(job=name, media=media, text=words, data=data, seconds=1.5)
                await queue.finish(claim, done)
        if name == "delivered":
            [receipt] = await queue.outbox("web", "bot")
            await queue.acknowledge("web", receipt)
    for number in range(3):
        await submit(queue, a_job(f"waiting-{number}", "telegram:2", **values))
    await submit(queue, a_job("night", "telegram:1", deferred=True))
    await RedisPreferences(redis).put("telegram:1", Settled(lang="ru", size=768, as_files=True))
    talk = Talk(
        job="half", user="telegram:1", message="m", effect="blend", photos=("half/photo-0",)
    )
    await RedisSessions(redis, keep=3600, clock=clock).put("telegram:1", talk)
    filters = RedisSavedFilters(redis, make_code=lambda: "ABCDEFGH")
    dusk = SavedFilter(
        id="f1", owner="telegram:1", name="dusk", effect="style", digest="d",
        picture="filters/f1/picture", job="learning",
    )  # fmt: skip
    await filters.save(dusk, most=9)
    vectors, thumbnail = "filters/f1/vectors-learning", "filters/f1/thumbnail-learning"
    await filters.learn("f1", job="learning", vectors=vectors, thumbnail=thumbnail)


async def dump(redis: Any) -> dict[str, Any]:
    """All that Redis holds, as JSON."""
    found = {}
    for key in sorted([key async for key in redis.scan_iter()]):
        match await redis.type(key):
            case "hash":
                found[key] = dict(sorted((await redis.hgetall(key)).items()))
            case "zset":
                found[key] = [list(row) for row in await redis.zrange(key, 0, -1, withscores=True)]
            case "stream":
                groups = [group["name"] for group in await redis.xinfo_groups(key)]
                rows = [list(row) for row in await redis.xrange(key)]
                found[key] = {"stream": rows, "groups": groups}
            case kind:
                raise ValueError(f"{key} is a {kind}")
    return found


async def load(redis: Any, found: dict[str, Any]) -> None:
    """Bring it back."""
    for key, value in found.items():
        if isinstance(value, list):
            await redis.zadd(key, dict(value))
        elif "stream" in value:
            for id_, fields in value["stream"]:
                await redis.xadd(key, fields, id=id_)
            for group in value["groups"]:
                await redis.xgroup_create(key, group, id="0")
        else:
            await redis.hset(key, mapping=value)


async def _record() -> None:
    program = find_redis()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        server = RedisServer(program, Path(folder))
        server.start()
        clock = Clock()
        queue = RedisQueue(server.url, clock=clock)
        try:
            await live(queue, clock)
            found = {"clock": clock.now, "redis": await dump(queue.client)}
        finally:
            await queue.close()
            server.kill()
    path = FOLDER / f"wire-{WIRE}.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    asyncio.run(_record())
