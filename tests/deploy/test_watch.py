"""What bot and worker tell over HTTP, as real processes."""

from __future__ import annotations

import asyncio
import time
import urllib.error
import urllib.request

import pytest

from tests.bot.process import kept_port
from tests.deploy.conftest import Told
from tests.deploy.watched import samples_in, value
from tests.worker.cases import a_job, submit
from worker.jobs import watch
from worker.jobs.errors import BadSettings
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import WorkerInfo
from worker.jobs.queue_metrics import QueueCollector
from worker.jobs.watch import WatchSettings


def test_metrics_of_a_bot(told: Told) -> None:
    """Endings, answers, the queue, its workers and credits are counted."""
    found = samples_in(told.metrics["bot"])
    for outcome, effect, code in (("done", "noop", ""), ("failed", "odd", "broken_effect")):
        labels = {"messenger": "web", "outcome": outcome, "effect": effect, "code": code}
        assert 1 == value(found, "atelier_endings_total", **labels)
    answers = [dict(labels) for name, labels in found if name == "atelier_answers_total"]
    codes = {(answer["messenger"], answer["code"]) for answer in answers}
    assert {("web", ""), ("web", "bad_params"), ("web", "incident")} == codes
    # there from the start, so that the first one is an increase
    assert 0 == value(found, "atelier_answers_total", messenger="web", code="incident")
    assert 2 == value(found, "atelier_answers_total", messenger="web", code="")
    assert 0 == value(found, "atelier_undelivered_endings", messenger="web")
    assert (1, 1) == (value(found, "atelier_redis_up"), value(found, "atelier_dead_jobs"))
    assert 1 == value(found, "atelier_workers", pool="cpu")
    assert 1 == value(found, "atelier_effect_workers", effect="odd", state="up")
    waiting = {"tier": "free", "effect": "unknown"}
    assert 1 == value(found, "atelier_queue_waiting_jobs", **waiting)
    assert 0 <= (value(found, "atelier_queue_oldest_wait_seconds", **waiting) or 0) < 300
    for pool, count in (("none", 1), ("cpu", 0)):
        assert count == value(found, "atelier_pool_waiting_jobs", pool=pool)
    held, spent, returned = (
        value(found, f"atelier_credits_{name}_total") for name in ("held", "spent", "returned")
    )
    assert held
    assert (held - 1) / 2 == pytest.approx(spent) == returned


def test_metrics_of_a_worker(told: Told) -> None:
    """Attempts, waits, service times, what is loaded, and the memory of both its processes."""
    found = samples_in(told.metrics["worker"])
    attempt = {"effect": "odd", "outcome": "failed", "code": "broken_effect"}
    assert 1 == value(found, "atelier_attempts_total", **attempt)
    death = {"effect": "noop", "outcome": "retried", "code": "crashed"}
    assert 0 == value(found, "atelier_attempts_total", **death)
    assert (value(found, "process_resident_memory_bytes") or 0) > 1e6
    assert 1 == value(found, "atelier_service_seconds_count", effect="noop")
    assert 2 == value(found, "atelier_wait_seconds_count", tier="free", pool="cpu")
    assert (value(found, "atelier_effect_load_seconds", effect="noop") or 0) > 0
    assert (value(found, "atelier_child_process_resident_memory_bytes") or 0) > 1e6


def test_metrics_name_nobody(told: Told) -> None:
    """Neither an account nor a job is in them."""
    for text in told.metrics.values():
        assert [] == [word for word in (told.account, *told.jobs) if word in text]


@pytest.mark.parametrize("program", ["bot", "worker"])
def test_alive_and_ready(told: Told, program: str) -> None:
    """Both answer that they live; that they are ready while Redis is there."""
    for redis in ("there", "away"):
        assert (200, "ok\n") == told.answers[program, redis, "healthz"]
        assert 404 == told.answers[program, redis, ""][0]
    assert (200, "ok\n") == told.answers[program, "there", "readyz"]
    status, reason = told.answers[program, "away", "readyz"]
    assert (503, True) == (status, reason.startswith("Redis does not answer"))
    status, text = told.answers["bot", "away", "metrics"]
    assert (200, 0) == (status, value(samples_in(text), "atelier_redis_up"))


async def test_what_a_pool_has_to_do() -> None:
    """A job counts for every pool that could run it now, else for "none"; deferred ones wait."""
    queue = MemoryQueue(clock=lambda: time.time() - 100)
    for pool, effects in (("cpu", ("paint",)), ("cuda", ("paint", "dream"))):
        await queue.announce(
            WorkerInfo(name=pool, device=pool, pool=pool, effects=effects), ttl=1000
        )
    await submit(queue, a_job("a", "ann"), a_job("b", "bob", effect="dream"))
    await submit(queue, a_job("c", "ann", effect="odd"), a_job("d", "bob", deferred=True))
    collector = QueueCollector(queue, queue.office, asyncio.get_running_loop())
    families = await asyncio.to_thread(lambda: {one.name: one for one in collector.collect()})

    def by_pool(name: str) -> dict[str, float]:
        return {one.labels["pool"]: one.value for one in families[f"atelier_{name}"].samples}

    assert {"cpu": 1, "cuda": 2, "none": 1} == by_pool("pool_waiting_jobs")
    # the clock of the queue is 100 s behind: so long they seem to have waited
    waits = by_pool("pool_oldest_wait_seconds")
    assert all(100 <= seconds < 160 for seconds in waits.values()), waits
    assert {"cpu": 1, "cuda": 1} == by_pool("workers")


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
