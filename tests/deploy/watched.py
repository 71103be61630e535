"""A bot and a worker that are watched: started, used once, asked what they tell."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.bot.conftest import WebDoor, browser
from tests.bot.process import BotProcess, bot
from tests.conftest import RedisServer
from tests.worker.runtime_kit import ROOT, WorkerProcess, install, until

_PLACE = re.compile(r"metrics are at (http://[\d.:]+)/metrics")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass
class Service:
    """Both programs, with the addresses at which they tell."""

    bot: BotProcess
    worker: WorkerProcess
    door: WebDoor
    bot_place: str
    worker_place: str


async def fetch(url: str) -> tuple[int, str]:
    """Status and text."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.text()


def samples_in(text: str) -> Samples:
    """All that is exposed: (name, labels) -> value."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float | None:
    """Of one sample; None when it is not there."""
    return found.get((name, frozenset(labels.items())))


def account_in(server: RedisServer) -> str:
    """The name of the web chat's account, of one whose jobs are in its append-only file."""
    written = b"".join(path.read_bytes() for path in server.folder.rglob("*.aof"))
    found = re.search(rb'"user":"web:([^"]+)"', written)
    assert found
    return found[1].decode()


@asynccontextmanager
async def service(
    folder: Path, redis_url: str, environment: dict[str, str] | None = None
) -> AsyncIterator[Service]:
    """Started, with the test effects of `odd_effects`."""
    paths = os.pathsep.join([str(install(folder / "plugins")), str(ROOT)])
    shared = {
        "ATELIER_REDIS_URL": redis_url,
        "ATELIER_STATE_DIR": str(folder / "state"),
        "ATELIER_LOG": "json",
        "PYTHONPATH": paths,
        **(environment or {}),
    }
    own = {
        "ATELIER_WORKER__EFFECTS": "noop,odd",
        "ATELIER_WORKER__WATCH__PORT": "0",
        "OMP_NUM_THREADS": "1",
    }
    worker = WorkerProcess("one", folder, shared | own)
    try:
        with bot(folder, shared | {"ATELIER_WATCH__PORT": "0"}) as process:
            places = [await until(lambda it=it: _place_in(it.log)) for it in (process, worker)]
            await until(lambda: _ready(places[1]))
            async with browser(process.address) as door:
                yield Service(process, worker, door, *places)
    finally:
        worker.close()


def _place_in(log: str) -> str | None:
    found = _PLACE.search(log)
    return found and found[1]


async def _ready(place: str) -> bool:
    return (await fetch(f"{place}/readyz"))[0] == 200
