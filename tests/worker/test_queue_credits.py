"""Accounts: held at submit, spent or returned at the end, new ones at midnight; on both builds."""

from __future__ import annotations

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import Clock
from tests.worker.cases import a_job, submit, take
from worker.jobs.errors import QuotaExceeded
from worker.jobs.model import Done, Ticket
from worker.jobs.queue import Queue
from worker.jobs.rules import Tier

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
async def _ten_a_day(queue: Queue, clock: Clock) -> None:
    """Free users of a service in Berlin get ten credits a day; it is noon."""
    clock.now = datetime(2026, 7, 1, 12, tzinfo=BERLIN).timestamp()
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(daily=10), "plus": Tier(daily=25)}
    values = {"tiers": tiers, "zone": "Europe/Berlin"}
    await queue.office.set_rules(rules.model_copy(update=values), who="admin")


async def sums(queue: Queue) -> tuple[float, float, float, float]:
    """Ann's available, held, spent and expired credits, which are all that was granted."""
    account = await queue.account("ann")
    found = account.available, account.held, account.spent, account.expired
    assert account.granted == sum(found)
    return found


async def test_a_new_account(queue: Queue) -> None:
    """Who never came has the day's allowance, and knows when there will be more."""
    account = await queue.account("ann")
    assert ("free", 10, 10, 0) == (
        account.tier, account.allowance, account.available, account.held,
    )  # fmt: skip
    assert 12 * 3600 == account.refill


async def test_done_is_spent(queue: Queue) -> None:
    """A job holds its cost while it waits and runs; being done spends it, once."""
    await submit(queue, a_job("a", "ann", seconds=4))
    assert (6, 4, 0, 0) == await sums(queue)
    await queue.submit(a_job("a2", "ann", seconds=4), key="a")
    claim = await take(queue)
    assert (6, 4, 0, 0) == await sums(queue)
    for _ in range(2):  # the first answer may be lost
        await queue.finish(claim, Done(job="a"))
        assert (6, 0, 4, 0) == await sums(queue)


async def test_too_little_is_left(queue: Queue) -> None:
    """The refusal says what it takes, what is left, and when there is more; nothing is held."""
    await submit(queue, a_job("a", "ann", seconds=7))
    with pytest.raises(QuotaExceeded, match="needs 4 credits, and 3 are left") as caught:
        await submit(queue, a_job("b", "ann", seconds=3.5))
    assert {"needed": 4, "left": 3, "hours": 12} == caught.value.details
    assert (3, 7, 0, 0) == await sums(queue)
    assert 1 == len(await queue.jobs_of("ann"))
    await submit(queue, a_job("c", "ann", seconds=3), a_job("d", "bob", seconds=10))
    assert (0, 10, 0, 0) == await sums(queue)


async def test_a_hundred_at_once_overspend_nothing(queue: Queue) -> None:
    """Of simultaneous submits as many are taken as there are credits for, the rest refused."""
    answers = await asyncio.gather(
        *(queue.submit(a_job(f"a{i}", "ann"), key=f"a{i}") for i in range(100)),
        return_exceptions=True,
    )
    assert 10 == sum(isinstance(answer, Ticket) for answer in answers)
    assert 90 == sum(isinstance(answer, QuotaExceeded) for answer in answers)
    assert (0, 10, 0, 0) == await sums(queue)


async def test_a_failure_costs_nothing(queue: Queue, clock: Clock) -> None:
    """A retry holds on, a dead letter returns all, whoever buried it."""
    await submit(queue, a_job("a", "ann", seconds=4), a_job("b", "ann", seconds=3, max_attempts=1))
    claim = await take(queue)
    await queue.fail(claim, "x", "X.", retry=True)
    assert (3, 7, 0, 0) == await sums(queue)
    await queue.fail(await take(queue), "x", "X.", retry=False)
    assert (7, 3, 0, 0) == await sums(queue)
    await take(queue, lease=5)
    clock.advance(5)
    assert ["b"] == await queue.reap()
    assert (10, 0, 0, 0) == await sums(queue)


async def test_a_cancel_returns_the_unused(queue: Queue, clock: Clock) -> None:
    """All of a waiting job; of a running one what it did not use until it was told to stop."""
    await submit(queue, a_job("a", "ann", seconds=4), a_job("b", "ann", seconds=2))
    claim = await take(queue)
    await queue.cancel("b", user="ann")
    assert (6, 4, 0, 0) == await sums(queue)
    clock.advance(1.5)
    await queue.cancel("a", user="ann")
    clock.advance(0.5)
    await queue.cancel("a", user="ann")  # once more, impatiently
    assert (6, 4, 0, 0) == await sums(queue)
    await queue.acknowledge_cancel(claim)
    assert (8.5, 0, 1.5, 0) == await sums(queue)


async def test_a_late_cancel_costs_no_more_than_the_job(queue: Queue, clock: Clock) -> None:
    """A job that took longer than expected costs what was told, cancelled or not."""
    await submit(queue, a_job("a", "ann", seconds=4))
    claim = await take(queue)
    clock.advance(100)
    await queue.cancel("a", user="ann")
    await queue.finish(claim, Done(job="a"))
    assert (6, 0, 4, 0) == await sums(queue)


async def test_midnight(queue: Queue, clock: Clock) -> None:
    """What was left expires, the allowance is new, and a refund goes to the day it came from."""
    await submit(queue, a_job("a", "ann", seconds=4), a_job("b", "ann", seconds=3))
    clock.now = datetime(2026, 7, 2, tzinfo=BERLIN).timestamp() - 1
    assert (3, 7, 0, 0) == await sums(queue)
    clock.advance(1)
    assert (10, 7, 0, 3) == await sums(queue)
    await queue.cancel("a", user="ann")
    assert (10, 3, 0, 7) == await sums(queue)
    await submit(queue, a_job("c", "ann", seconds=10))
    assert (0, 13, 0, 7) == await sums(queue)
    await queue.cancel("b", user="ann")
    assert (0, 10, 0, 10) == await sums(queue)
    await queue.cancel("c", user="ann")
    assert (10, 0, 0, 10) == await sums(queue)
    clock.advance(3 * 24 * 3600)
    assert (10, 0, 0, 20) == await sums(queue)  # days without a visit bring nothing


async def test_a_better_tier_tops_up(queue: Queue) -> None:
    """The difference is there at once, and only once, however often the tier changes."""
    await submit(queue, a_job("a", "ann", seconds=8))
    for tier in ("plus", "free", "plus"):
        await queue.office.set_tier("ann", tier, who="admin")
        await submit(queue, a_job(f"a-{tier}", "ann"))
    assert (15, 10, 0, 0) == await sums(queue)
