"""One service for all tests that look at what it told: it is used once, and then Redis goes."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import RedisServer
from tests.deploy.watched import Service, account_in, fetch, samples_in, service, value
from tests.worker.runtime_kit import until
from worker.jobs.model import Job
from worker.jobs.redis_queue import RedisQueue

WISHES = ("/noop", "/odd how=raise")
REFUSED = "/odd unspeakable=words"


@dataclass
class Told:
    """What bot and worker told: `/metrics` after a job that was done, one that failed and a
    refusal, while one waits that nobody can do; then, by path, what they answered with Redis and
    without; at last their logs.
    """

    jobs: list[str] = field(default_factory=list)
    account: str = ""
    metrics: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str, str], tuple[int, str]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, redis_program: str) -> Told:
    """See `Told`."""
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        server = RedisServer(redis_program, Path(folder), appendfsync="always")
        server.start()
        try:
            return asyncio.run(_use(tmp_path_factory.mktemp("service"), server))
        finally:
            server.kill()


async def _use(folder: Path, server: RedisServer) -> Told:
    told = Told()
    async with service(folder, server.url) as it:
        places = {"bot": it.bot_place, "worker": it.worker_place}
        told.jobs = [(await it.door.say(text))["slot"] for text in WISHES]
        assert (await it.door.say(REFUSED))["error"]

        async def delivered() -> bool:
            found = samples_in((await fetch(f"{it.bot_place}/metrics"))[1])
            return value(found, "atelier_delivery_seconds_count", messenger="web") == 2

        await until(delivered)
        # whose effect nobody offers: it waits
        stranger = Job(
            id="stranger", user="web:x", platform="web", chat="x", effect="unknown", cost=1_000_000
        )
        queue = RedisQueue(server.url)
        await queue.submit(stranger, key="stranger")
        await queue.close()

        async def seen() -> bool:  # what was read of the queue holds for a moment
            return 'effect="unknown"' in (await fetch(f"{it.bot_place}/metrics"))[1]

        await until(seen)
        for name, place in places.items():
            told.metrics[name] = (await fetch(f"{place}/metrics"))[1]
        told.account = account_in(server)
        await _ask(told, places, "there")
        server.kill()
        await _ask(told, places, "away")
        server.start()
        told.logs = _logs_of(it)
    return told


async def _ask(told: Told, places: dict[str, str], redis: str) -> None:
    for name, place in places.items():
        for path in ("healthz", "readyz", "metrics", ""):
            told.answers[name, redis, path] = await fetch(f"{place}/{path}")


def _logs_of(it: Service) -> dict[str, str]:
    return {"bot": it.bot.log, "worker": it.worker.log}
