"""All of an account is forgotten, on both builds of the queue."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tests.conftest import WAIT, Clock
from tests.worker.cases import a_job, deliver, submit, take
from tests.worker.laws import balances
from worker.jobs.errors import Banned, LeaseLost, NoSuchJob, NoSuchUser, QuotaExceeded
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Done
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

Built = MemoryQueue | RedisQueue
DAY = 86_400


@pytest.fixture(autouse=True)
async def _ten_a_day(queue: Built) -> None:
    """Free users get ten credits a day and may run one job."""
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(daily=10, running=1), "plus": Tier(daily=25)}
    await queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")


async def test_jobs_in_every_state(queue: Built, clock: Clock) -> None:
    """Waiting, running, ended and not delivered: all are gone at once, no ending comes, another's
    stay, and the worker that comes back with a result is refused. The ledger balances.
    """
    await submit(queue, *(a_job(f"ann-{i}", "ann", seconds=2) for i in range(4)))
    await submit(queue, a_job("bob-0", "bob"), a_job("ann-night", "ann", deferred=True))
    first = await take(queue)
    await queue.finish(first, Done(job=first.job.id))
    second = await take(queue)
    assert "bob-0" == second.job.id
    third = await take(queue)
    clock.advance(1)
    erased = await queue.erase("ann", who="ann")
    assert ["ann-0", "ann-1", "ann-2", "ann-3", "ann-night"] == sorted(erased)
    for job in erased:
        with pytest.raises(NoSuchJob):
            await queue.view(job, user="ann")
    assert [] == await queue.jobs_of("ann")
    with pytest.raises(LeaseLost):
        await queue.finish(third, Done(job=third.job.id))
    assert [] == await deliver(queue)
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.finish(second, Done(job="bob-0"))
    assert ["bob-0"] == [receipt.job.id for receipt in await deliver(queue)]
    balances(await queue.account("ann"))
    turnover = (await queue.office.overview()).turnover
    # 2 for the one that was done, 1 of the one that ran for a second, 1 of bob's
    assert (9, 4, 5) == (turnover.held, turnover.spent, turnover.returned)


async def test_the_same_day_has_no_new_credits(queue: Built, clock: Clock) -> None:
    """What was used stays used until midnight; then nothing is known of the account."""
    await submit(queue, a_job("a", "ann", seconds=7))
    await queue.finish(await take(queue), Done(job="a"))
    await queue.erase("ann", who="ann")
    account = await queue.account("ann")
    balances(account)
    assert (3, 7) == (account.available, account.spent)
    with pytest.raises(QuotaExceeded):
        await submit(queue, a_job("b", "ann", seconds=4))
    await queue.erase("ann", who="ann")
    assert 3 == (await queue.account("ann")).available
    clock.advance(DAY)
    assert [] == await queue.forget(older_than=DAY)
    account = await queue.account("ann")
    assert (10, 0, 10) == (account.available, account.spent, account.granted)


async def test_who_comes_back_the_same_day_is_not_forgotten_at_midnight(
    queue: Built, clock: Clock
) -> None:
    """A job over midnight keeps its account, and its credits go back to it."""
    await submit(queue, a_job("a", "ann", seconds=1))
    await queue.finish(await take(queue), Done(job="a"))
    await queue.erase("ann", who="ann")
    await submit(queue, a_job("b", "ann", seconds=2))
    await queue.office.grant("ann", 5, who="admin")
    clock.advance(DAY)
    await queue.forget(older_than=DAY)
    account = await queue.account("ann")
    balances(account)
    assert (2, 5, 1) == (account.held, account.bonus, account.spent)


async def test_what_admins_gave_and_links(queue: Built) -> None:
    """Tier, allowance, boost, bonus, links and codes go, for all identities alike; a ban stays
    with each of them, and the trail has names alone.
    """
    assert "ann" == await queue.link(await queue.link_code("ann"), user="bob")
    office = queue.office
    await office.set_tier("ann", "plus", who="admin")
    await office.grant("ann", 5, who="admin")
    await office.set_daily("ann", 50, who="admin")
    await office.boost("ann", 3, seconds=60, who="admin")
    await submit(queue, a_job("a", "bob", seconds=4))
    await queue.finish(await take(queue), Done(job="a"))
    await office.ban("ann", "spam", who="admin")
    code = await queue.link_code("ann")
    await queue.erase("bob", who="shell:root")
    for name in ("ann", "bob"):
        assert name == await queue.whose(name)
        person = await office.person(name)
        assert ("free", None, None, ()) == (
            person.tier, person.daily, person.boost, person.linked,
        )  # fmt: skip
        assert (0, "spam", 4) == (person.account.bonus, person.banned, person.account.spent)
        with pytest.raises(Banned):
            await submit(queue, a_job("b", name))
        await office.unban(name, who="admin")
    with pytest.raises(Exception, match="not known"):
        await queue.link(code, user="cem")
    last = next(c for c in await office.changes() if c.what.startswith("data"))
    assert ("shell:root", "data of ann", "", "forgotten") == (
        last.who, last.what, last.before, last.after,
    )  # fmt: skip


async def test_a_running_job_is_stopped(queue: Queue) -> None:
    """Its worker hears of it as of a cancel."""
    async with aclosing(queue.cancellations("w1")) as heard:  # type: ignore[type-var]
        told = asyncio.ensure_future(anext(heard))
        async with asyncio.timeout(WAIT):
            # until it listens, nobody hears
            while not (await asyncio.wait([told], timeout=0.02))[0]:
                await submit(queue, a_job("a", "ann"))
                await queue.claim("w1", ["paint"], lease=10)
                await queue.erase("ann", who="ann")
        assert "a" == await told


async def test_nobody(queue: Queue) -> None:
    """Who never came can be forgotten; who can't be is refused."""
    assert [] == await queue.erase("zed", who="zed")
    with pytest.raises(NoSuchUser):
        await queue.erase("a b", who="x")


async def test_nothing_is_left_in_redis(redis_queue: RedisQueue) -> None:
    """No key of the queue's has the name any more, but for the trail and what was used today."""
    await submit(redis_queue, *(a_job(f"x{i}", "telegram:77") for i in range(3)))
    await redis_queue.finish(await take(redis_queue), Done(job="x0"))
    await redis_queue.outbox("web", "bot")
    await redis_queue.erase("telegram:77", who="telegram:77")
    redis, left = redis_queue.client, set()
    async for key in redis.scan_iter():
        match await redis.type(key):
            case "hash":
                text = repr(await redis.hgetall(key))
            case "zset":
                text = repr(await redis.zrange(key, 0, -1))
            case "stream":
                text = repr(await redis.xrange(key))
            case _:
                text = repr(await redis.smembers(key))
        if "telegram:77" in text or "x0" in text:
            left.add(key.partition(":")[2])
    assert {"audit", "accounts", "forgotten"} == left
