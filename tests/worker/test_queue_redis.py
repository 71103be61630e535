"""What only the Redis queue can show: crashes, restarts, lost connections, several clients."""

from __future__ import annotations

import asyncio
import logging

import pytest
import redis

from tests.conftest import WAIT, RedisServer
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from tests.worker.conftest import Sleepers
from worker.jobs import redis_leases
from worker.jobs.errors import BadSettings, QueueAway
from worker.jobs.model import Done, Progress, State, WorkerInfo
from worker.jobs.redis_queue import KEYS, RedisQueue


async def test_all_is_there_after_a_crash(own_redis: RedisServer) -> None:
    """Redis is killed and comes back with its append-only file: nothing is lost, leases hold."""
    queue = RedisQueue(own_redis.url)
    await submit(queue, a_job("done"), a_job("running"), a_job("waiting"))
    claim = await take(queue)
    await queue.finish(claim, Done(job="done"))
    claim = await take(queue, lease=60)
    own_redis.kill()
    with pytest.raises(QueueAway):
        await queue.renew(claim, lease=60)
    own_redis.start()
    await queue.renew(claim, lease=60)
    await queue.finish(claim, Done(job="running"))
    assert ["waiting"] == await serve_all(queue)
    assert ["done", "running", "waiting"] == [receipt.job.id for receipt in await deliver(queue)]
    await queue.close()


async def test_listeners_outlive_a_restart(own_redis: RedisServer) -> None:
    """Progress and cancellations are heard again after Redis was away, without being asked."""
    queue = RedisQueue(own_redis.url)
    await submit(queue, a_job("a"), a_job("b", "bob"))
    claim = await take(queue)
    await take(queue)
    told, events = queue.cancellations("w1"), queue.events("web")
    await queue.cancel("b", user="bob")
    assert "b" == await asyncio.wait_for(anext(told), WAIT)
    heard = [asyncio.ensure_future(anext(each)) for each in (told, events)]
    await Sleepers(queue).events("web")
    own_redis.kill()
    own_redis.start()
    assert "b" == await asyncio.wait_for(heard[0], WAIT)  # told again: still running and flagged
    while not heard[1].done():
        await queue.progress(claim, Progress(job="a", done=1, total=2))
        await asyncio.sleep(0.1)
    assert 1 == heard[1].result().done
    await told.aclose()
    await events.aclose()
    await queue.close()


async def test_everything_says_that_redis_is_away(own_redis: RedisServer) -> None:
    """Without Redis each call ends soon, in one sentence that names the place."""
    queue = RedisQueue(own_redis.url)
    await submit(queue, a_job("a"))
    claim = await take(queue)
    own_redis.kill()
    info = WorkerInfo(name="w1", device="cpu", effects=("paint",))
    calls = [
        queue.submit(a_job("b"), key="b"), queue.claim("w1", ["paint"], lease=1),
        queue.claim("w1", ["paint"], lease=1, wait=0.1), queue.renew(claim, lease=1),
        queue.progress(claim, Progress(job="a", done=1, total=2)),
        queue.finish(claim, Done(job="a")), queue.fail(claim, "x", "X.", retry=True),
        queue.release(claim), queue.acknowledge_cancel(claim), queue.cancel("a", user="web:ann"),
        queue.reap(), queue.announce(info, ttl=1), queue.retire("w1"), queue.workers(),
        queue.view("a", user="web:ann"), queue.jobs_of("web:ann"), queue.estimate("a"),
        queue.outbox("web", "bot"), queue.forget(older_than=1),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(QueueAway, match=r"redis\.sock"):
            await asyncio.wait_for(call, WAIT)
    await queue.close()


async def test_the_living_renew_before_the_first_reap(own_redis: RedisServer) -> None:
    """Leases that ran out while Redis was away are not taken in the first round."""
    queue = RedisQueue(own_redis.url)
    await submit(queue, a_job("a"), a_job("b"))
    living, dead = await take(queue, lease=0.001), await take(queue, "w2", lease=0.001)
    own_redis.kill()
    with pytest.raises(QueueAway):
        await queue.reap()
    own_redis.start()
    assert [] == await queue.reap()
    await queue.renew(living, lease=60)
    assert [dead.job.id] == await queue.reap()
    await queue.close()


async def test_start_before_redis(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """A missing Redis at the start is waited for, with clear lines and no traceback."""
    own_redis.kill()
    queue = RedisQueue(own_redis.url)
    with caplog.at_level(logging.WARNING, logger="worker.jobs"):
        waiting = asyncio.create_task(queue.wait_until_there())
        while not caplog.records:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)
        own_redis.start()
        await asyncio.wait_for(waiting, WAIT)
    assert "does not answer" in caplog.messages[0]
    assert not any(record.exc_info for record in caplog.records)
    await queue.close()


@pytest.mark.parametrize("url", ["nonsense", "http://host", "redis://host:port"])
def test_a_wrong_url_is_one_sentence(url: str) -> None:
    """What is no address of a Redis stops the start, with the setting's name."""
    with pytest.raises(BadSettings, match="ATELIER_REDIS_URL"):
        RedisQueue(url)


async def test_a_wrong_password_is_one_sentence(own_redis: RedisServer) -> None:
    """A server that lets us not in is not waited for, and the password is not shown."""
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("requirepass", "right")
    for url in (own_redis.url, own_redis.url.replace("unix://", "unix://:wrong@")):
        queue = RedisQueue(url)
        with pytest.raises(BadSettings) as caught:
            await asyncio.wait_for(queue.wait_until_there(), WAIT)
        assert "wrong@" not in str(caught.value)
        await queue.close()


async def test_scripts_are_sent_again(redis_queue: RedisQueue, redis_url: str) -> None:
    """A server that has forgotten the scripts (a failover) gets them anew."""
    await submit(redis_queue, a_job("a"))
    with redis.Redis.from_url(redis_url) as client:
        client.script_flush()
    assert ["a"] == await serve_all(redis_queue)


async def test_a_full_server_is_away_and_nothing_changed(own_redis: RedisServer) -> None:
    """Out of memory is said as such; afterwards the queue goes on where it was."""
    queue = RedisQueue(own_redis.url)
    await submit(queue, a_job("a"))
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory", "1")
        with pytest.raises(QueueAway, match="refuses"):
            await queue.submit(a_job("b"), key="b")
        client.config_set("maxmemory", "0")
    assert ["a"] == await serve_all(queue)
    await queue.close()


async def test_another_client_wakes(
    redis_queue: RedisQueue, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bot and worker are different clients; a registration left by a dead one costs nothing."""
    monkeypatch.setattr(redis_leases, "POLL", 10 * WAIT)
    with redis.Redis.from_url(redis_url) as client:
        client.zadd(
            KEYS["idle"], {f"{one}|!dead|1|w0|paint dream": 0 for one in ("paint", "dream")}
        )
        sleeper = asyncio.create_task(redis_queue.claim("w1", ["paint"], lease=10, wait=2 * WAIT))
        while client.zcard(KEYS["idle"]) < 3:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        bot = RedisQueue(redis_url)
        await submit(bot, a_job("a"))
        assert await asyncio.wait_for(sleeper, WAIT)
        assert 0 == client.zcard(KEYS["idle"])
    await bot.close()


async def test_the_fastest_is_woken(redis_queue: RedisQueue) -> None:
    """Of workers that sleep, the one whose pool has proved the fastest for the effect."""
    claims = {}
    for name, took in (("slow", 2.0), ("fast", 0.5), ("middling", 1.0)):
        info = WorkerInfo(name=name, device="cpu", pool=name, effects=("paint",))
        await redis_queue.announce(info, ttl=60)
        await submit(redis_queue, a_job(name))
        claim = await take(redis_queue, name)
        await redis_queue.finish(claim, Done(job=name, seconds=took))
    async with asyncio.TaskGroup() as tasks:
        for name in ("slow", "fast", "middling"):
            claims[name] = tasks.create_task(
                redis_queue.claim(name, ["paint"], lease=10, wait=2 * WAIT), name=name
            )
        while await redis_queue.client.zcard(KEYS["idle"]) < 3:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        woken = []
        for number in range(3):
            await submit(redis_queue, a_job(f"a{number}", f"u{number}"))
            done, _ = await asyncio.wait(claims.values(), return_when="FIRST_COMPLETED")
            woken += [claims.pop(task.get_name()).get_name() for task in done]
    assert ["fast", "middling", "slow"] == woken


async def test_a_restarted_consumer_gets_its_own_at_once(redis_url: str) -> None:
    """Endings taken by the bot's last life are handed to its next without delay."""
    first = RedisQueue(redis_url)
    await submit(first, *(a_job(f"a{i}") for i in range(5)))
    await serve_all(first)
    taken = await first.outbox("web", "bot", count=3)
    await first.acknowledge("web", taken[0])
    await first.close()
    second = RedisQueue(redis_url)
    names = []
    while receipts := await second.outbox("web", "bot", count=1):
        names += [receipt.job.id for receipt in receipts]
    assert ["a1", "a2", "a3", "a4"] == names
    await second.close()


async def test_what_was_taken_in_vain_comes_at_once(
    redis_queue: RedisQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endings that Redis handed out just before it went away are not waited for until they count as
    abandoned; those in hand are not handed out again.
    """

    async def away() -> None:
        raise QueueAway("Redis has gone.")

    await submit(redis_queue, a_job("a"), a_job("b"))
    await redis_queue.finish(await take(redis_queue), Done(job="a"))
    [in_hand] = await redis_queue.outbox("web", "bot")
    await redis_queue.finish(await take(redis_queue), Done(job="b"))
    with monkeypatch.context() as patch:
        patch.setattr(redis_queue._connection, "confirm", away)
        with pytest.raises(QueueAway):
            await redis_queue.outbox("web", "bot")
    assert ["b"] == [receipt.job.id for receipt in await redis_queue.outbox("web", "bot")]
    assert "a" == in_hand.job.id


async def test_finish_tags_do_not_pile_up(redis_queue: RedisQueue, redis_url: str) -> None:
    """Users who were served long ago leave no tag, even if the queue is never empty."""
    await submit(redis_queue, *(a_job(f"x{i}", "xena") for i in range(60)))
    for i in range(50):
        await submit(redis_queue, a_job(f"a{i}", f"user:{i}"))
        for _ in range(2):
            claim = await take(redis_queue)
            await redis_queue.finish(claim, Done(job=claim.job.id))
    with redis.Redis.from_url(redis_url) as client:
        assert client.zcard(KEYS["spent"]) <= 4
        assert client.hlen(KEYS["users"]) <= 5


async def test_nothing_is_left_behind(redis_queue: RedisQueue, redis_url: str) -> None:
    """After all jobs were forgotten only counters and empty streams remain."""
    await submit(redis_queue, *(a_job(f"a{i}", f"u{i % 3}") for i in range(9)))
    await redis_queue.claim("w1", ["other"], lease=1, wait=0.05)
    await redis_queue.cancel("a8", user="u2")
    claim = await take(redis_queue)
    await redis_queue.progress(claim, Progress(job=claim.job.id, done=1, total=2))
    await redis_queue.cancel(claim.job.id, user=claim.job.user)
    await redis_queue.acknowledge_cancel(claim)
    await serve_all(redis_queue)
    assert State.DONE is (await redis_queue.jobs_of("u1"))[0].state
    await deliver(redis_queue)
    assert 9 == len(await redis_queue.forget(older_than=-1))
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        left = {key for key in client.scan_iter() if client.type(key) != "stream"}
        kept = ("counters", "classes", "users", "spent", "rules", "accounts", "arrivals")
        assert {KEYS[name] for name in kept} >= left
        assert client.hlen(KEYS["users"]) <= 3
        assert all(client.xlen(key) == 0 for key in client.scan_iter(_type="stream"))
