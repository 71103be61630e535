"""The queue's figures: latency when idle, cycles per second, beside bare Redis Streams.

Nothing to do in any job, the embedded Redis with its append-only file (everysec).
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles

import redis.asyncio

from worker.jobs.embedded import embedded_redis
from worker.jobs.model import Claim, Done, Job
from worker.jobs.redis_queue import RedisQueue

IDLE_JOBS = 200
DRAINED = 2000
CLAIMED = 3000
ROUNDS = 3
SECONDS = 1.5
BATCH = 8
SCRIPT_CALLS = 200
PACKET = 500
EFFECTS = ["noop"]
_numbers = itertools.count()


def main() -> None:
    """Run all; under a minute."""
    asyncio.run(_main())


async def _main() -> None:
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        async with embedded_redis(Path(folder)) as url:
            await idle(url)
            await drain(url)
            print(f"{'jobs a second':40}{'queue':>10}{'streams':>10}{'ratio':>8}")
            await compare(url, "submits alone, ten tasks", submits, 10, 1)
            await compare(url, "claims alone, ten tasks", claims_alone, 10, 1)
            await compare(url, f"claims of {BATCH} alone, ten tasks", claims_alone, 10, BATCH)
            print("  submit to finish:")
            await compare(url, "one task", cycles, 1, 1)
            await compare(url, "ten tasks", cycles, 10, 1)
            await compare(url, f"ten tasks, batches of {BATCH}", cycles, 10, BATCH)
            for waiting in (10, 1_000, 100_000):
                await depth(url, waiting)


def a_job() -> Job:
    """One of five thousand users asks for nothing to be done."""
    number = next(_numbers)
    return Job(
        id=f"job-{number}", user=f"user:{number % 5000}", platform="bench", chat="c",
        effect="noop", kind="noop", cost=1_000_000,
    )  # fmt: skip


async def submit(queue: RedisQueue) -> None:
    """Queue one job."""
    job = a_job()
    await queue.submit(job, key=job.id)


async def idle(url: str) -> None:
    """Time from the call of submit to the claim's return, with the worker asleep."""
    bot, worker = RedisQueue(url), RedisQueue(url)
    taken = []
    for _ in range(IDLE_JOBS):
        sleeper = asyncio.create_task(worker.claim("w1", EFFECTS, lease=60, wait=10))
        await asyncio.sleep(0.01)
        begun = time.perf_counter()
        submitting = asyncio.create_task(submit(bot))
        [claim] = await sleeper
        taken.append(1000 * (time.perf_counter() - begun))
        await submitting
        await worker.finish(claim, Done(job=claim.job.id))
    p99 = quantiles(taken, n=100)[98]
    print(f"submit to claimed, idle: p50 {median(taken):.1f} ms, p99 {p99:.1f} ms")
    await bot.close()
    await worker.close()


async def drain(url: str) -> None:
    """One worker that claims and finishes what bots have submitted, one job after another."""
    bot, worker = RedisQueue(url), RedisQueue(url)
    for _ in range(10):
        await asyncio.gather(*(submit(bot) for _ in range(DRAINED // 10)))
    begun = time.perf_counter()
    while claims := await worker.claim("w1", EFFECTS, lease=60):
        await worker.finish(claims[0], Done(job=claims[0].job.id))
    rate = DRAINED / (time.perf_counter() - begun)
    print(f"one worker, {DRAINED} jobs waiting: {rate:.0f} jobs a second")
    await bot.close()
    await worker.close()


Rate = Callable[[str, int, int], Awaitable[float]]


async def compare(url: str, name: str, rate: Rate, tasks: int, batch: int) -> None:
    """The queue and the whole cycle of bare Streams in turns, so that both see the same machine."""
    ours = theirs = 0.0
    for _ in range(ROUNDS):
        ours += await rate(url, tasks, batch) / ROUNDS
        theirs += await streams(url, tasks) / ROUNDS
    print(f"  {name:38}{ours:10.0f}{theirs:10.0f}{ours / theirs:8.2f}", flush=True)


async def many(cycle: Callable[[int], Awaitable[int]], tasks: int) -> float:
    """How many jobs a second `tasks` tasks together get through."""
    done = 0
    begun = time.perf_counter()

    async def repeat(index: int) -> None:
        nonlocal done
        while time.perf_counter() - begun < SECONDS:
            jobs = await cycle(index)  # `done` is to be read after it
            done += jobs

    await asyncio.gather(*(repeat(index) for index in range(tasks)))
    return done / (time.perf_counter() - begun)


async def cycles(url: str, tasks: int, batch: int) -> float:
    """Submit `batch` jobs, claim as many, finish them."""
    queue = RedisQueue(url)
    await submit(queue)  # reads the rules

    async def cycle(index: int) -> int:
        await asyncio.gather(*(submit(queue) for _ in range(batch)))
        claims = await queue.claim(f"w{index}", EFFECTS, lease=60, most={"noop": batch})
        await asyncio.gather(*(queue.finish(claim, Done(job=claim.job.id)) for claim in claims))
        return len(claims)

    rate = await many(cycle, tasks)
    await empty(queue)
    await queue.close()
    return rate


async def submits(url: str, tasks: int, _: int) -> float:
    """Submit only."""
    queue = RedisQueue(url)
    await submit(queue)  # reads the rules

    async def cycle(_: int) -> int:
        await submit(queue)
        return 1

    rate = await many(cycle, tasks)
    await empty(queue)
    await queue.close()
    return rate


async def claims_alone(url: str, tasks: int, batch: int) -> float:
    """Claim what waits, `batch` at a time."""
    queue = RedisQueue(url)
    await fill(queue, CLAIMED)
    begun = time.perf_counter()
    found: list[Claim] = []

    async def worker(index: int) -> None:
        while claims := await queue.claim(
            f"w{index}", EFFECTS, lease=60, most={"noop": batch} if batch > 1 else {}
        ):
            found.extend(claims)

    await asyncio.gather(*(worker(index) for index in range(tasks)))
    rate = len(found) / (time.perf_counter() - begun)
    await asyncio.gather(*(queue.finish(claim, Done(job=claim.job.id)) for claim in found))
    await empty(queue)
    await queue.close()
    return rate


async def empty(queue: RedisQueue) -> None:
    """Claim and finish all that waits."""
    while claims := await queue.claim("w0", EFFECTS, lease=60, most={"noop": 100}):
        await asyncio.gather(*(queue.finish(claim, Done(job=claim.job.id)) for claim in claims))


async def streams(url: str, tasks: int) -> float:
    """The baseline: XADD, XREADGROUP COUNT 1, XACK."""
    client = redis.asyncio.Redis.from_url(url)
    await client.xgroup_create("stream", "group", id="0", mkstream=True)
    body = a_job().model_dump_json()

    async def cycle(index: int) -> int:
        await client.xadd("stream", {"job": body})
        reply = await client.xreadgroup("group", f"w{index}", {"stream": ">"}, count=1)
        for message, _ in reply[0][1] if reply else ():
            await client.xack("stream", "group", message)
        return len(reply)

    rate = await many(cycle, tasks)
    await client.delete("stream")
    await client.aclose()
    return rate


async def fill(queue: RedisQueue, jobs: int) -> None:
    """Submit so many, many at a time."""
    for begin in range(0, jobs, PACKET):
        await asyncio.gather(*(submit(queue) for _ in range(min(PACKET, jobs - begin))))


async def depth(url: str, waiting: int) -> None:
    """The server's own time for the scripts, with so many jobs waiting."""
    queue = RedisQueue(url)
    client = redis.asyncio.Redis.from_url(url)
    await client.flushall()
    rules = await queue.office.rules()
    await queue.office.set_rules(rules.model_copy(update={"longest": 1_000_000}), who="bench")
    begun = time.perf_counter()
    await fill(queue, waiting)
    rate = waiting / (time.perf_counter() - begun)
    claims: list[Claim] = []

    async def claim() -> None:
        claims.extend(await queue.claim("w1", EFFECTS, lease=60))

    async def finish() -> None:
        claim = claims.pop()
        await queue.finish(claim, Done(job=claim.job.id))

    steps = {"submit": lambda: submit(queue), "claim": claim, "finish": finish}
    took = []
    for name, step in steps.items():
        await client.config_resetstat()
        for _ in range(SCRIPT_CALLS):
            await step()
        stats = await client.info("commandstats")
        took.append(f"{name} {stats['cmdstat_evalsha']['usec_per_call']:.0f} us")
    print(f"server time with {waiting:>6} waiting: {', '.join(took)} (filled at {rate:.0f}/s)")
    await client.aclose()
    await queue.close()
