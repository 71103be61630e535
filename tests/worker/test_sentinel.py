"""Redis with a replica and three sentinels, all real: a failover loses no promise."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WAIT
from tests.worker.cases import a_job, deliver, submit, take
from tests.worker.load import under_load
from tests.worker.several_redis import Sentinels, sentinels
from worker.jobs import connection, masters, pipeline
from worker.jobs.doctor import check_jobs
from worker.jobs.errors import BadSettings, QueueAway
from worker.jobs.keys import KEYS
from worker.jobs.model import Done, Progress
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.settings import JobsSettings
from worker.runtime.patience import Patience


@pytest.fixture(scope="module")
def _group(redis_program: str) -> Iterator[Sentinels]:
    with sentinels(redis_program) as group:
        yield group


@pytest.fixture
def group(_group: Sentinels) -> Sentinels:
    """The module's, whole and empty."""
    _group.start()
    _group.master.client.flushall()
    return _group


async def test_a_failover_under_load_loses_nothing(group: Sentinels, tmp_path: Path) -> None:
    """The master is killed while bots submit and workers, one of them a process, serve. All find
    the new one by themselves; what was accepted ends, once.
    """
    async with under_load(group.url, tmp_path) as load:
        old = group.master
        old.kill()
        await asyncio.to_thread(group.until_moved, old)
    assert ([], []) == load.verdict()


async def test_a_promise_waits_for_the_replica(group: Sentinels) -> None:
    """Submit is answered when the replica has the job; a claim does not wait for it."""
    queue = RedisQueue(group.url)
    await submit(queue, a_job("a"))
    [replica] = [node for node in group.nodes if node is not group.master]
    with replica.frozen():
        submitting = asyncio.create_task(submit(queue, a_job("b")))
        while not group.master.client.hexists(KEYS["jobs"], "b"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await take(queue)
        assert not submitting.done()
    await asyncio.wait_for(submitting, WAIT)
    assert replica.client.hexists(KEYS["jobs"], "b")
    await queue.close()


@pytest.mark.slow
async def test_a_replica_that_is_gone_holds_up_nobody(group: Sentinels) -> None:
    """Without a living replica the service goes on, soon, as it would with none."""
    queue = RedisQueue(group.url)
    await submit(queue, a_job("a"))
    [replica] = [node for node in group.nodes if node is not group.master]
    with replica.frozen():
        await asyncio.wait_for(submit(queue, a_job("b")), 10)
        await asyncio.wait_for(submit(queue, a_job("c")), 1)
    await queue.close()


@pytest.mark.slow
async def test_nothing_is_promised_without_a_replica(group: Sentinels) -> None:
    """Where Redis is told so: what could not be confirmed is not said, and is found by its key when
    the replica is back; meanwhile all is refused.
    """
    queue = RedisQueue(group.url)
    await submit(queue, a_job("a"))
    [replica] = [node for node in group.nodes if node is not group.master]
    group.master.client.config_set("min-replicas-to-write", "1")
    with replica.frozen():
        for name in ("b", "c"):
            with pytest.raises(QueueAway, match="NOREPLICAS"):
                await submit(queue, a_job(name))
    patience = Patience()
    for name, fresh in (("b", False), ("c", True)):
        ticket = await patience(lambda name=name: queue.submit(a_job(name), key=name))
        assert fresh == ticket.fresh
    group.master.client.config_set("min-replicas-to-write", "0")
    await queue.close()


@pytest.mark.slow
async def test_a_frozen_master_is_left(group: Sentinels, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that keeps its connections and says nothing is given up by callers and by listeners; when
    it wakes up, as a replica, nobody is there.
    """
    for module, name in ((connection, "PATIENCE"), (pipeline, "PATIENCE"), (masters, "_GREETING")):
        monkeypatch.setattr(module, name, 1.0)
    monkeypatch.setattr(connection, "_HEALTH", 0.5)
    monkeypatch.setattr(connection, "_SILENCE", 0.6)
    queue = RedisQueue(group.url)
    await submit(queue, a_job("a"))
    claim = await take(queue)
    events = queue.events("web")
    heard = asyncio.ensure_future(anext(events))
    old = group.master
    with old.frozen():
        with pytest.raises(QueueAway):
            await queue.renew(claim, lease=60)
        await asyncio.to_thread(group.until_moved, old)
        patience = Patience()
        await patience(lambda: queue.renew(claim, lease=60))
        while not heard.done():
            await queue.progress(claim, Progress(job="a", done=1, total=2))
            await asyncio.sleep(0.1)
    group.start()
    await queue.finish(claim, Done(job="a"))
    assert ["a"] == [receipt.job.id for receipt in await deliver(queue)]
    await events.aclose()
    await queue.close()


async def test_a_demoted_master_is_left(group: Sentinels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A master that was made a replica refuses, and is asked no more; while no sentinel answers
    that is said in one sentence.
    """
    monkeypatch.setattr(masters, "_ASKING", 0.2)
    queue = RedisQueue(group.url)
    await submit(queue, a_job("a"))
    [replica] = [node for node in group.nodes if node is not group.master]
    old, (one, two, three) = group.master, group.sentinels
    with one.frozen(), two.frozen(), three.frozen():  # they would make it a master again
        replica.client.execute_command("REPLICAOF", "NO", "ONE")
        old.client.execute_command("REPLICAOF", "127.0.0.1", replica.port)
        with pytest.raises(QueueAway, match="serves us no longer"):
            await submit(queue, a_job("b"))
        with pytest.raises(QueueAway, match="no sentinel tells where the master is"):
            await submit(queue, a_job("b"))
        old.client.execute_command("REPLICAOF", "NO", "ONE")
        replica.client.execute_command("REPLICAOF", "127.0.0.1", old.port)
    await submit(queue, a_job("b"))
    assert ["a", "b"] == sorted(old.client.hkeys(KEYS["jobs"]))
    await queue.close()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("redis+sentinel://host:1", "name of the master"),
        ("redis+sentinel://host:port/name", "Port could not be cast"),
        ("redis+sentinel:///name", "a host is missing"),
        ("redis+sentinel://host/name/eleven", "'eleven' is no database"),
        ("redis+guards://host/name", "redis\\+guards"),
        ("unix+sentinel://host/name", "unix\\+sentinel"),
    ],
)
def test_a_wrong_url_is_one_sentence(url: str, fault: str) -> None:
    """What is no address of a Redis stops the start, with the setting's name and the fault."""
    with pytest.raises(BadSettings, match=f"ATELIER_REDIS_URL .*{fault}"):
        RedisQueue(url)


async def test_a_wrong_password_is_one_sentence(group: Sentinels) -> None:
    """A master that lets us not in is not waited for, and the password is not shown."""
    login, _, rest = group.url.partition("@")
    queue = RedisQueue(f"{login}wrong@{rest}")
    with pytest.raises(BadSettings, match="lets us not in") as caught:
        await asyncio.wait_for(queue.wait_until_there(), WAIT)
    assert "wrong" not in str(caught.value).replace("WRONGPASS", "")
    await queue.close()


async def test_the_doctor_sees_the_replica(group: Sentinels, tmp_path: Path) -> None:
    """Whether another Redis could take over is said."""
    settings = JobsSettings(redis_url=group.url, state_dir=tmp_path)
    found = [str(each) async for each in check_jobs(settings)]
    assert "ok    Redis: has 1 replica; one confirms what is promised" in found


async def test_an_unknown_master_is_waited_for(
    group: Sentinels, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that no sentinel knows is said as such."""
    queue = RedisQueue(group.url.replace("/atelier/", "/another/"))
    with caplog.at_level(logging.WARNING, logger="worker.jobs"), pytest.raises(TimeoutError):
        await asyncio.wait_for(queue.wait_until_there(), 0.5)
    assert "no sentinel tells where the master is: none knows it" in caplog.messages[0]
    await queue.close()
