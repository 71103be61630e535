"""What docs/sizing.md reckons with: a job in Redis, the price of a replica, a messenger's pace."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import redis

from tests.conftest import RedisServer, find_redis
from tests.messengers.storm import Plan, Storm
from tests.worker.several_redis import sentinels
from worker.jobs.model import Done, Job, MediaRef, Progress
from worker.jobs.redis_queue import RedisQueue

JOBS = 20_000
PACKET = 500
WORKERS = 10
SUBMITS = 400
PEOPLE = 150


def main() -> None:
    """Run all; about three minutes."""
    program = find_redis()
    assert program, "there is no redis-server"
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        server = RedisServer(program, Path(folder))
        server.start()
        asyncio.run(_whole_lives(server))
        server.kill()
    for replicas in (0, 1):
        with sentinels(program, replicas=replicas) as group:
            asyncio.run(_submits(group.url, replicas))
    for platform in ("telegram", "vk"):
        asyncio.run(_pile(platform))


def a_job(number: int) -> Job:
    """As the bot makes it."""
    name, chat = secrets.token_urlsafe(16), str(100_000_000 + number % (JOBS // 2))
    return Job(
        id=name, user=f"telegram:{chat}", platform="telegram", chat=chat, message=str(number),
        effect="style", params={"style": "starry", "strength": 0.8, "size": 1280},
        photos=(f"{name}/photo-0",), cost=500_000, guess=500_000, pixels=1280 * 960,
    )  # fmt: skip


async def _whole_lives(server: RedisServer) -> None:
    """Jobs from submit to the delivered ending, with three steps of progress each."""
    bot, worker = RedisQueue(server.url), RedisQueue(server.url)
    rules = await bot.office.rules()
    await bot.office.set_rules(rules.model_copy(update={"longest": 10 * JOBS}), who="bench")
    client = redis.Redis.from_url(server.url)
    empty, idle, begun = _memory(client), _cpu(client), time.monotonic()
    for first in range(0, JOBS, PACKET):
        jobs = [a_job(number) for number in range(first, first + PACKET)]
        await asyncio.gather(*(bot.submit(job, key=f"{job.chat}:{job.message}") for job in jobs))
    waiting = _memory(client) - empty
    await asyncio.gather(*(_work(worker) for _ in range(WORKERS)))
    while receipts := await bot.outbox("telegram", "bot"):
        await asyncio.gather(*(bot.acknowledge("telegram", receipt) for receipt in receipts))
    rate = JOBS / (time.monotonic() - begun)
    print(
        f"a job in Redis: {waiting / JOBS:.0f} bytes while it waits, "
        f"{(_memory(client) - empty) / JOBS:.0f} when it has ended and is kept; "
        f"{1e6 * (_cpu(client) - idle) / JOBS:.0f} us of its processor; {rate:.0f} jobs a second"
    )
    client.close()
    await bot.close()
    await worker.close()


async def _work(queue: RedisQueue) -> None:
    while claims := await queue.claim("w1", ["style"], lease=60):
        [claim] = claims
        name = claim.job.id
        for step in range(3):
            await queue.progress(claim, Progress(job=name, done=step, total=3))
        await queue.renew(claim, lease=60)
        result = MediaRef(blob=f"{name}/w1-1/0.png", type="image/png")
        await queue.finish(claim, Done(job=name, seconds=0.5, media=(result,)))


def _memory(client: redis.Redis) -> int:
    return int(_info(client, "memory")["used_memory"])


def _cpu(client: redis.Redis) -> float:
    info = _info(client, "cpu")
    return float(info["used_cpu_sys"]) + float(info["used_cpu_user"])


def _info(client: redis.Redis, section: str) -> dict[str, Any]:
    found: dict[str, Any] = client.info(section)
    return found


async def _submits(url: str, replicas: int) -> None:
    queue = RedisQueue(url)

    async def submit(number: int) -> None:
        await queue.submit(a_job(number), key=str(number))

    await submit(-1)
    taken = []
    for number in range(SUBMITS):
        begun = time.perf_counter()
        await submit(number)
        taken.append(time.perf_counter() - begun)
    begun = time.perf_counter()
    await asyncio.gather(*(submit(number) for number in range(SUBMITS, SUBMITS + 1000)))
    many = time.perf_counter() - begun
    print(
        f"submit with {replicas} replicas: {1000 * median(taken):.1f} ms one at a time, "
        f"1,000 at once in {many:.2f} s",
        flush=True,
    )
    await queue.close()


async def _pile(platform: str) -> None:
    """All send their photo at the same moment."""
    storm = await Storm.blow(Plan(platform=platform, people=PEOPLE, seconds=0.0, calm=True))
    begun = min(storm.asked.values())
    last = max(times[0] for times in storm.results.values())
    print(
        f"{platform}: {PEOPLE} people at once, {PEOPLE / (last - begun):.1f} answered a second, "
        f"{storm.broken_limits} limits broken, {len(storm.missing)} without an answer; "
        f"{1000 * storm.cpu / PEOPLE:.0f} ms of the bot's processor each",
        flush=True,
    )
