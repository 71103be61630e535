"""Calls made at the same time go to Redis together, and stay each its own."""

from __future__ import annotations

import asyncio

import pytest
import redis

from tests.conftest import WAIT, RedisServer
from tests.worker.cases import a_job, serve_all, submit, take
from worker.jobs.errors import LeaseLost, QueueAway
from worker.jobs.keys import KEYS
from worker.jobs.model import Claim, Done
from worker.jobs.redis_queue import RedisQueue


async def _claims(queue: RedisQueue, count: int) -> list[Claim]:
    """So many running jobs, each of its own user."""
    await submit(queue, *(a_job(f"a{i}", f"user:{i}") for i in range(count)))
    return [await take(queue) for _ in range(count)]


async def _until_held_up(client: redis.Redis) -> None:
    """Return when a call waits for the end of a CLIENT PAUSE."""
    while all("b" not in each["flags"] for each in client.client_list()):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def test_gathered_calls_share_connections(own_redis: RedisServer) -> None:
    """Forty calls at once, of scripts that the server does not know yet, need few connections,
    few runs of a script and few looks at the whole queue.
    """
    queue = RedisQueue(own_redis.url)
    with redis.Redis.from_url(own_redis.url) as client:
        await queue.office.rules()
        client.script_flush()
        client.config_resetstat()
        before = client.info("stats")["total_connections_received"]
        jobs = [a_job(f"a{i:02}", f"user:{i}") for i in range(40)]
        tickets = await asyncio.gather(*(queue.submit(job, key=job.id) for job in jobs))
        assert [job.id for job in jobs] == [ticket.job for ticket in tickets]
        assert all(1 <= ticket.place <= 40 for ticket in tickets)
        assert before + 5 > client.info("stats")["total_connections_received"]
        calls = client.info("commandstats")
        assert calls["cmdstat_evalsha"]["calls"] < 20
        assert calls["cmdstat_zrange"]["calls"] < 10
        assert 40 == len(await serve_all(queue))
    await queue.close()


async def test_each_call_keeps_its_own_error(own_redis: RedisServer) -> None:
    """Of calls sent together those that the server refuses fail, and only those."""
    queue = RedisQueue(own_redis.url)
    held, lost = await _claims(queue, 2)
    await queue.release(lost)
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory", "1")
        answers = await asyncio.gather(
            queue.renew(lost, lease=9), queue.submit(a_job("b"), key="b"), queue.estimate("a1"),
            return_exceptions=True,
        )  # fmt: skip
        client.config_set("maxmemory", "0")
    assert [LeaseLost, QueueAway, "Estimate"] == [
        type(answer) if isinstance(answer, Exception) else type(answer).__name__
        for answer in answers
    ]
    await queue.renew(held, lease=9)
    await queue.close()


async def test_an_error_in_a_run_is_one_callers(own_redis: RedisServer) -> None:
    """Of calls that one run of a script serves, one that fails in it leaves the others done."""
    queue = RedisQueue(own_redis.url)
    claims = await _claims(queue, 4)
    with redis.Redis.from_url(own_redis.url) as client:
        client.hset(KEYS["records"], claims[1].job.id, "no JSON")
        client.config_resetstat()
        answers = await asyncio.gather(
            *(queue.finish(claim, Done(job=claim.job.id)) for claim in claims),
            return_exceptions=True,
        )
        assert 1 == client.info("commandstats")["cmdstat_evalsha"]["calls"]
        ended = client.hkeys(KEYS["endings"])
    assert [None, redis.ResponseError, None, None] == [
        type(answer) if answer else None for answer in answers
    ]
    assert sorted(claims[i].job.id.encode() for i in (0, 2, 3)) == sorted(ended)
    await queue.close()


async def test_who_is_cancelled_takes_nobody_along(own_redis: RedisServer) -> None:
    """Callers that give up, before or after their call went out, change no other's answer."""
    queue = RedisQueue(own_redis.url)
    await _claims(queue, 9)
    with redis.Redis.from_url(own_redis.url) as client:
        client.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
        calls = [asyncio.create_task(queue.estimate(f"a{i}")) for i in range(9)]
        asyncio.get_running_loop().call_soon(calls[0].cancel)
        await _until_held_up(client)
        calls[1].cancel()
        calls[8].cancel()
        client.execute_command("CLIENT", "UNPAUSE")
    answers = await asyncio.gather(*calls, return_exceptions=True)
    gone = [i for i, answer in enumerate(answers) if isinstance(answer, asyncio.CancelledError)]
    assert [0, 1, 8] == gone
    assert [0] * 6 == [answer.place for answer in answers if not isinstance(answer, BaseException)]
    assert 0 == (await queue.estimate("a8")).place
    await queue.close()


async def test_a_lost_connection_fails_all_its_calls(own_redis: RedisServer) -> None:
    """Every call that waits on a server that dies hears that it is away; the next ones get in."""
    queue = RedisQueue(own_redis.url)
    claims = await _claims(queue, 5)
    with redis.Redis.from_url(own_redis.url) as client:
        client.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
        calls = asyncio.gather(
            *(queue.renew(claim, lease=60) for claim in claims), return_exceptions=True
        )
        await _until_held_up(client)
    own_redis.kill()
    assert [QueueAway] * 5 == [type(answer) for answer in await asyncio.wait_for(calls, WAIT)]
    own_redis.start()
    await asyncio.gather(*(queue.renew(claim, lease=60) for claim in claims))
    await queue.close()


@pytest.mark.slow
async def test_a_silent_server_is_away(own_redis: RedisServer) -> None:
    """Calls that get no answer give up together; late answers reach nobody else."""
    queue = RedisQueue(own_redis.url)
    claims = await _claims(queue, 3)
    with redis.Redis.from_url(own_redis.url) as client:
        client.execute_command("CLIENT", "PAUSE", "60000", "WRITE")
        calls = (queue.renew(claim, lease=60) for claim in claims)
        answers = await asyncio.gather(*calls, return_exceptions=True)
        client.execute_command("CLIENT", "UNPAUSE")
    assert all("it said nothing for 10 s" in str(answer) for answer in answers)
    assert [QueueAway] * 3 == [type(answer) for answer in answers]
    assert 0 == (await queue.estimate("a0")).place
    await queue.close()
