"""One run: havoc, the settling, the verdict."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.chaos.havoc import Havoc
from tests.chaos.plan import EFFECT, Plan
from tests.chaos.verdict import Verdict
from tests.conftest import RedisServer
from tests.worker.runtime_kit import House, poll
from worker.jobs.redis_queue import KEYS, RedisQueue


async def run(plan: Plan, program: str) -> tuple[dict[str, float], list[str]]:
    """Figures, and the promises that were broken. `program` is a redis-server."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    (folder / "redis").mkdir()
    server = RedisServer(program, folder / "redis", appendfsync=plan.appendfsync)
    server.start()
    # Silence is part of the game: one look, one answer.
    client = redis.Redis.from_url(server.url, retry=Retry(NoBackoff(), 0))
    queue = RedisQueue(server.url)
    house = House(queue, folder, server.url)
    broken = ["the run was broken off"]
    try:
        figures, broken = await _run(plan, house, server, client)
        return figures, broken
    finally:
        house.close()
        await queue.close()
        client.close()
        server.kill()
        if not broken:
            shutil.rmtree(folder)
        else:
            print(f"Logs and ledgers are in {folder}")


async def _run(
    plan: Plan, house: House, server: RedisServer, client: redis.Redis
) -> tuple[dict[str, float], list[str]]:
    def endings() -> int:
        return int(client.hlen(KEYS["endings"]))

    begun = time.monotonic()
    havoc = Havoc(plan, house, server, endings)
    verdict = Verdict(plan, house, client)
    try:
        # Blows wait for a worker to strike, so the havoc may take longer than planned.
        async with asyncio.timeout(3 * plan.duration + 60):
            await havoc.run()
        havocked = time.monotonic()
        await poll(verdict.is_settled, plan.settle)
        settling = time.monotonic() - havocked
    finally:
        statuses = await havoc.stop()
    verdict.of_recoveries(havoc.recoveries)
    await verdict.of_jobs()
    verdict.of_pictures()
    last = house.launch("last", effects=EFFECT, keep=0.5, keep_orphans=0.5)
    await poll(verdict.is_swept, 30)
    verdict.of_sweep()
    last.process.terminate()
    verdict.of_processes([*statuses, await last.ended()])
    figures: dict[str, float] = {
        **havoc.count,
        "workers started": havoc.started,
        "settled after s": round(settling, 1),
        **verdict.figures,
        "seconds in all": round(time.monotonic() - begun),
    }
    return figures, verdict.broken
