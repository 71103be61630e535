"""What bot and worker tell over HTTP, as real processes."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.bot.process import kept_port
from tests.conftest import RedisServer
from tests.deploy.watched import fetch, samples, service, value
from tests.worker.runtime_kit import until
from worker.jobs import watch
from worker.jobs.errors import BadSettings
from worker.jobs.watch import WatchSettings


async def test_metrics_of_a_service(tmp_path: Path, own_redis: RedisServer) -> None:
    """Jobs that end well and badly, a refusal, credits, waits: all is counted, nobody is named.
    Without Redis both say so, and live.
    """
    async with service(tmp_path, own_redis.url) as it:
        done = (await it.door.say("/noop"))["slot"]
        assert (await it.door.say("/odd how=raise"))["slot"]
        assert (await it.door.say("/odd how=raise color=1"))["error"]

        async def all_delivered() -> bool:
            found = await samples(it.bot_place)
            return value(found, "atelier_delivery_seconds_count", messenger="web") == 2

        await until(all_delivered)
        told = await samples(it.bot_place)
        ending = {"messenger": "web", "outcome": "done", "effect": "noop", "code": ""}
        assert 1 == value(told, "atelier_endings_total", **ending)
        ending |= {"outcome": "failed", "effect": "odd", "code": "broken_effect"}
        assert 1 == value(told, "atelier_endings_total", **ending)
        assert 2 == value(told, "atelier_answers_total", messenger="web", code="")
        refused = [
            labels for name, labels in told
            if name == "atelier_answers_total" and ("code", "") not in labels
        ]  # fmt: skip
        assert 1 == len(refused)
        assert 0 == value(told, "atelier_undelivered_endings", messenger="web")
        assert (1, 1) == (value(told, "atelier_redis_up"), value(told, "atelier_dead_jobs"))
        assert 1 == value(told, "atelier_workers", pool="cpu")
        assert 1 == value(told, "atelier_effect_workers", effect="odd", state="up")
        assert 0 == value(told, "atelier_pool_waiting_jobs", pool="none")
        sums = [value(told, f"atelier_credits_{name}_total") for name in ("spent", "returned")]
        assert None not in sums
        assert sums[0] == sums[1] == (value(told, "atelier_credits_held_total") or 0) / 2 > 0

        worked = await samples(it.worker_place)
        attempt = {"effect": "odd", "outcome": "failed", "code": "broken_effect"}
        assert 1 == value(worked, "atelier_attempts_total", **attempt)
        assert 1 == value(worked, "atelier_service_seconds_count", effect="noop")
        assert 2 == value(worked, "atelier_wait_seconds_count", tier="free")
        assert (value(worked, "atelier_effect_load_seconds", effect="noop") or 0) > 0
        assert (value(worked, "atelier_child_process_resident_memory_bytes") or 0) > 1e6

        account = re.search(rb'"(web:[^"]+)"', _all_of(own_redis))
        assert account
        cookie = account[1].decode().removeprefix("web:")
        for place in (it.bot_place, it.worker_place):
            _, text = await fetch(f"{place}/metrics")
            assert (cookie in text, done in text) == (False, False)
            assert (200, "ok\n") == await fetch(f"{place}/readyz")

        own_redis.kill()
        for place in (it.bot_place, it.worker_place):
            status, reason = await fetch(f"{place}/readyz")
            assert (503, True) == (status, reason.startswith("Redis does not answer"))
            assert (200, "ok\n") == await fetch(f"{place}/healthz")
        assert 0 == value(await samples(it.bot_place), "atelier_redis_up")
        assert 404 == (await fetch(f"{it.bot_place}/"))[0]
        own_redis.start()


def _all_of(server: RedisServer) -> bytes:
    return b"".join(path.read_bytes() for path in server.folder.rglob("*.aof"))


async def test_a_loop_that_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks a program whose loop does nothing more is told so; a port that is taken is one
    sentence.
    """
    monkeypatch.setattr(watch, "_PATIENCE", 0.2)
    with kept_port() as port:
        async with watch.served(WatchSettings(port=port), _nothing):
            url = f"http://127.0.0.1:{port}/healthz"
            assert 200 == await asyncio.to_thread(_status, url)
            asked = asyncio.create_task(asyncio.to_thread(_status, url))
            await asyncio.sleep(0)
            time.sleep(1)  # noqa: ASYNC251 - this is what it is about
            assert 503 == await asked
            with pytest.raises(BadSettings, match=f"can't be served at 127.0.0.1:{port}"):
                async with watch.served(WatchSettings(port=port), _nothing):
                    pass


async def _nothing() -> str:
    return ""


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
