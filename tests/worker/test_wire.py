"""What an earlier program wrote is understood, and what a later one writes is kept for it."""

from __future__ import annotations

import json

import pytest
import redis.asyncio

from bot.core.preferences import RedisPreferences
from bot.core.saved_redis import RedisSavedFilters
from bot.core.session import RedisSessions
from tests.conftest import Clock
from tests.worker import record_wire
from tests.worker.cases import a_job, deliver, submit, take
from tests.worker.laws import balances
from worker.jobs import memory_leases, model, redis_leases
from worker.jobs.errors import BadSettings, Banned, NewerWire
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import WIRE, Cancelled, Done, Failed, State, read_job
from worker.jobs.redis_queue import RedisQueue

Built = MemoryQueue | RedisQueue
RECORDED = sorted(record_wire.FOLDER.glob("wire-*.json"))[-2:]
VERSIONS = [path.stem.partition("-")[2] for path in RECORDED]


def test_this_version_is_recorded() -> None:
    """Whoever raises the version records it, and keeps the one before."""
    assert [str(version) for version in (WIRE - 1, WIRE) if version] == VERSIONS


@pytest.mark.parametrize("text", [path.read_text("utf-8") for path in RECORDED], ids=VERSIONS)
async def test_recorded_work_goes_on(
    text: str, redis_client: redis.asyncio.Redis, redis_url: str, clock: Clock
) -> None:
    """What was in Redis when its programs stopped is looked at, delivered and worked to the end by
    those of today: nothing is lost, and the ledgers balance.
    """
    found = json.loads(text)
    clock.now = found["clock"]
    await record_wire.load(redis_client, found["redis"])
    queue = RedisQueue(redis_url, clock=clock)
    await queue.wait_until_there()
    views = {v.job.id: v for user in ("web:w", "telegram:2") for v in await queue.jobs_of(user)}
    assert {
        "delivered": State.DONE, "undelivered": State.DONE, "dead": State.FAILED,
        "cancelled": State.CANCELLED, "running": State.RUNNING, "night": State.WAITING,
        **{f"waiting-{i}": State.WAITING for i in range(3)},
    } == {name: view.state for name, view in views.items()}  # fmt: skip
    progress = views["running"].progress
    assert (1, 9) == (progress and progress.done, progress and progress.total)
    assert ("x/photo-0",) == views["waiting-0"].job.photos
    # the outbox: not handed out in the life before, or to a consumer that is gone
    receipts = await deliver(queue)
    assert ["undelivered", "dead", "cancelled"] == [receipt.job.id for receipt in receipts]
    done, failed, cancelled = (receipt.ending for receipt in receipts)
    assert isinstance(done, Done)
    assert ("undelivered/w1-1/0.png", "готово") == (done.media[0].blob, done.text["ru"])
    assert isinstance(failed, Failed)
    assert ("crashed", {"reason": "x"}) == (failed.code, failed.details)
    assert isinstance(cancelled, Cancelled)
    # who held the running one is gone; it and the rest are worked off
    clock.advance(61)
    await queue.reap()
    await queue.reap()
    await queue.office.retry("dead", who="admin")
    served = []
    while claims := await queue.claim("w2", ["paint"], lease=60, most={"paint": 8}):
        for claim in claims:
            await queue.finish(claim, Done(job=claim.job.id, seconds=1.0))
            served.append(claim.job.id)
    assert ["dead", "night", "running", "waiting-0", "waiting-1", "waiting-2"] == sorted(served)
    assert sorted(served) == sorted(receipt.job.id for receipt in await deliver(queue))
    # people
    one, two = await queue.office.person("telegram:1"), await queue.office.person("telegram:2")
    assert ("plus", ("web:w",), 100) == (one.tier, one.linked, one.account.bonus)
    assert (500, 3) == (two.daily, two.boost and two.boost.factor)
    for person in (one, two):
        balances(person.account)
        assert 0 == person.account.held
    with pytest.raises(Banned):
        await submit(queue, a_job("x", "vk:3"))
    assert "link of web:w" in [change.what for change in await queue.office.changes()]
    # what the bot keeps beside it
    settled = await RedisPreferences(queue.client).get("telegram:1")
    assert ("ru", 768, True) == (settled.lang, settled.size, settled.as_files)
    talk = await RedisSessions(queue.client, keep=3600, clock=clock).get("telegram:1")
    assert ("half", ("half/photo-0",)) == (talk and talk.job, talk and talk.photos)
    saved = await RedisSavedFilters(queue.client).with_code("ABCDEFGH")
    assert ("dusk", True) == (saved and saved.name, saved and saved.is_learned)
    clock.advance(86_401)
    assert 9 == len(await queue.forget(older_than=86_400))
    await queue.close()


async def test_a_job_from_the_future_waits_for_a_newer_worker(
    queue: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older worker is refused with one code from the moment on that it was submitted, as often
    as it asks, may end what it holds, and costs nobody an attempt; a newer one takes up all.
    """
    await submit(queue, a_job("old", "ann"), a_job("older", "bob"))
    held = await take(queue)
    await submit(queue, a_job("new", "cem", v=2))
    for _ in range(5):
        with pytest.raises(NewerWire, match=r"version 2.*above 1") as refusal:
            await queue.claim("w1", ["paint"], lease=10)
        assert "newer_wire" == refusal.value.code
    await queue.finish(held, Done(job=held.job.id))
    await submit(queue, a_job("late", "dan"))  # by a bot that is not upgraded yet
    for module in (model, redis_leases, memory_leases):
        monkeypatch.setattr(module, "WIRE", 2)
    served = []
    while claims := await queue.claim("w2", ["paint"], lease=10):
        assert 1 == claims[0].attempt
        served.append(claims[0].job.id)
        await queue.finish(claims[0], Done(job=claims[0].job.id))
    assert {"older", "new", "late"} == set(served)
    assert 4 == len(await deliver(queue))


async def test_an_ending_from_the_future_waits_for_a_newer_bot(
    redis_queue: RedisQueue, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older bot is refused it, and the newer one that takes its place gets it at once."""
    with monkeypatch.context() as newer:
        for module in (model, redis_leases):
            newer.setattr(module, "WIRE", 2)
        await submit(redis_queue, a_job("new", v=2))
        await redis_queue.finish(await take(redis_queue), Done(job="new"))
    for _ in range(2):
        with pytest.raises(NewerWire):
            await redis_queue.outbox("web", "bot")
    with pytest.raises(NewerWire):
        await redis_queue.view("new", user="web:ann")
    monkeypatch.setattr(model, "WIRE", 2)
    again = RedisQueue(redis_url)
    assert ["new"] == [receipt.job.id for receipt in await again.outbox("web", "bot")]
    await again.close()


async def test_an_old_program_does_not_start(redis_queue: RedisQueue) -> None:
    """One sentence says what to do."""
    await redis_queue.wait_until_there()
    await submit(redis_queue, a_job("new", v=2))
    with pytest.raises(BadSettings, match=r"version 2.*above 1.*; install a newer one"):
        await redis_queue.wait_until_there()


def test_a_shape_that_is_not_known() -> None:
    """A job of a later version is told apart, whatever else is in it; a broken one is not."""
    with pytest.raises(NewerWire):
        read_job('{"v": 7, "what": "ever"}')
    for broken in ('{"v": 1, "what": "ever"}', '{"v": "x"}', "{}"):
        with pytest.raises(ValueError, match="validation error"):
            read_job(broken)
