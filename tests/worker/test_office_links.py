"""One account of several identities, on both builds of the queue."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.conftest import Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, take
from worker.jobs.errors import BadCode, Banned, LinkBusy, NoSuchUser, NotYours, QueueError
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Account, Done, Ticket
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

Built = MemoryQueue | RedisQueue
"""Either build; both have the office beside the queue."""


@pytest.fixture(autouse=True)
async def _ten_a_day(queue: Built, clock: Clock) -> None:
    """Free users get ten credits a day; it is noon in UTC."""
    clock.now = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(daily=10), "plus": Tier(daily=25)}
    await queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")


async def join(queue: Built, name: str, account: str) -> str:
    """Let the one join the other."""
    return await queue.link(await queue.link_code(account), user=name)


def sums(account: Account) -> tuple[float, ...]:
    """Available, bonus in it, held, spent and expired credits: all that was granted."""
    parts = (account.available, account.held, account.spent, account.expired)
    assert account.granted == sum(parts)
    return account.available, account.bonus, *parts[1:]


async def spend(queue: Built, user: str, *costs: float) -> None:
    """Jobs that are done."""
    await submit(queue, *(a_job(f"{user}-{i}", user, seconds=c) for i, c in enumerate(costs)))
    await serve_all(queue)


async def test_a_code(queue: Built, clock: Clock) -> None:
    """Eight letters and digits that no one confuses, good once, for ten minutes, however typed."""
    code = await queue.link_code("ann")
    assert re.fullmatch("[2-9A-HJKMNP-Z]{8}", code)
    assert "ann" == await queue.link(f" {code[:4].lower()}-{code[4:]} ", user="bob")
    with pytest.raises(BadCode):
        await queue.link(code, user="cem")
    code = await queue.link_code("ann")
    clock.advance(600)
    with pytest.raises(BadCode):
        await queue.link(code, user="cem")
    old, new = await queue.link_code("ann"), await queue.link_code("ann")
    with pytest.raises(BadCode):
        await queue.link(old, user="cem")
    assert "ann" == await queue.link(new, user="cem")


@pytest.mark.parametrize("code", ["", "AAAA", "||||||||", "7" * 8, "x" * 5000])
async def test_no_code(queue: Built, code: str) -> None:
    """What is no code is refused, whatever it is; so is who is nobody."""
    await queue.link_code("ann")
    with pytest.raises(BadCode):
        await queue.link(code, user="bob")
    with pytest.raises(NoSuchUser):
        await queue.link_code("a b")


async def test_both_are_one(queue: Built) -> None:
    """Jobs and credits are the account's, in whoever's name; both see all and may cancel."""
    await spend(queue, "bob", 2)
    await submit(queue, a_job("ann-0", "ann", seconds=3))
    assert "ann" == await join(queue, "bob", "ann")
    assert ("ann", "ann", "cem") == tuple([await queue.whose(n) for n in ("ann", "bob", "cem")])
    await submit(queue, a_job("bob-1", "bob", seconds=1))
    ahead = [await queue.foresee(a_job("new", name, seconds=9)) for name in ("ann", "bob", "cem")]
    assert [3, 3, 2] == [estimate.place for estimate in ahead]
    for name in ("ann", "bob"):
        assert ["bob-1", "ann-0", "bob-0"] == [v.job.id for v in await queue.jobs_of(name)]
        assert ["bob-1"] == [v.job.id for v in await queue.jobs_of(name, limit=1)]
        assert "bob-0" == (await queue.view("bob-0", user=name)).job.id
        person = await queue.office.person(name)
        assert ("ann", 2, ("bob",)) == (person.user, person.waiting, person.linked)
        assert (4, 0, 4, 2, 10) == sums(await queue.account(name))
    assert not (await queue.submit(a_job("bob-0", "bob"), key="bob-0")).fresh
    await queue.cancel("ann-0", user="bob")
    await queue.defer("bob-1", user="bob")
    assert (8, 0, 0, 2, 10) == sums(await queue.account("ann"))
    with pytest.raises(NotYours):
        await queue.view("ann-0", user="cem")


async def test_the_day_is_not_doubled(queue: Built, clock: Clock) -> None:
    """What both have used counts against one allowance; a bonus is added; the next day is one."""
    await spend(queue, "ann", 4)
    await spend(queue, "bob", 3)
    await queue.office.grant("bob", 5, who="admin")
    await join(queue, "bob", "ann")
    assert (3 + 5, 5, 0, 7, 10) == sums(await queue.account("ann"))
    clock.advance(24 * 3600)
    assert (10 + 5, 5, 0, 7, 13) == sums(await queue.account("bob"))
    await spend(queue, "cem", 9)
    await spend(queue, "ann2", 8)
    await join(queue, "ann2", "cem")
    assert (0, 0, 0, 17, 3) == sums(await queue.account("cem"))


async def test_a_refund_after_joining(queue: Built, clock: Clock) -> None:
    """What the account held goes back to its day, once."""
    await submit(queue, a_job("a", "ann", seconds=6))
    await join(queue, "bob", "ann")
    assert (4, 0, 6, 0, 0) == sums(await queue.account("ann"))
    await queue.cancel("a", user="bob")
    assert (10, 0, 0, 0, 0) == sums(await queue.account("ann"))


async def test_who_has_jobs_waits(queue: Built) -> None:
    """Whoever joins must have nothing waiting, running or deferred; the account may."""
    await submit(queue, a_job("a", "ann"))
    code = await queue.link_code("ann")
    await submit(queue, a_job("later", "bob", deferred=True))
    with pytest.raises(LinkBusy):
        await queue.link(code, user="bob")
    await queue.cancel("later", user="bob")
    await submit(queue, a_job("b", "bob"))
    claims = [await take(queue), await take(queue)]
    with pytest.raises(LinkBusy):
        await queue.link(code, user="bob")
    for claim in claims:
        await queue.finish(claim, Done(job=claim.job.id))
    assert "ann" == await queue.link(code, user="bob")


async def test_the_banned_join_nobody(queue: Built) -> None:
    """Neither way; a ban of either later holds for both."""
    code = await queue.link_code("ann")
    await queue.office.ban("bob", "spam", who="admin")
    with pytest.raises(Banned, match="spam"):
        await queue.link(code, user="bob")
    with pytest.raises(Banned, match="spam"):
        await join(queue, "ann", "bob")
    await queue.office.unban("bob", who="admin")
    await queue.link(code, user="bob")
    await queue.office.ban("bob", "spam", who="admin")
    for name in ("ann", "bob"):
        with pytest.raises(Banned):
            await submit(queue, a_job(f"{name}-x", name))
    assert "ban of ann" == (await queue.office.changes())[0].what


async def test_what_admins_gave_goes_along(queue: Built, clock: Clock) -> None:
    """The account keeps its own; of the other it gets what it has nothing of."""
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(2)))
    await queue.office.set_tier("bob", "plus", who="admin")
    await queue.office.set_daily("bob", 40, who="admin")
    await queue.office.boost("bob", 3, seconds=60, who="admin")
    await queue.office.boost("ann", 2, seconds=60, who="admin")
    await join(queue, "bob", "ann")
    person = await queue.office.person("ann")
    assert ("plus", 40, 2) == (person.tier, person.daily, person.boost and person.boost.factor)
    assert {"plus": {"paint": 2}} == (await queue.office.overview()).waiting
    assert ["a0", "a1"] == await serve_all(queue)


async def test_chains(queue: Built) -> None:
    """Who joins brings along all that had joined; joining again changes nothing."""
    await spend(queue, "cem", 1)
    await join(queue, "cem", "bob")
    code = await queue.link_code("cem")  # of the account, bob
    await join(queue, "bob", "ann")
    assert ["ann"] * 3 == [await queue.whose(name) for name in ("ann", "bob", "cem")]
    assert ("bob", "cem") == (await queue.office.person("cem")).linked
    assert "ann" == await queue.link(code, user="cem")
    assert "ann" == await queue.link(await queue.link_code("bob"), user="dan")
    assert ["cem-0"] == [view.job.id for view in await queue.jobs_of("dan")]
    assert 1 == (await queue.account("dan")).spent


async def test_an_old_letter_of_who_joined(queue: Built, clock: Clock) -> None:
    """Sent again it is the account's, and costs nothing."""
    await submit(queue, a_job("b", "bob"))
    await queue.fail(await take(queue), "x", "X.", retry=False)
    await join(queue, "bob", "ann")
    await queue.office.retry("b", who="admin")
    assert "ann" == (await queue.view("b", user="bob")).job.user
    assert 1 == (await queue.office.person("ann")).waiting
    assert ["b"] == await serve_all(queue)
    assert 0 == (await queue.account("ann")).spent
    assert ["b"] == [view.job.id for view in await queue.jobs_of("bob")]
    assert not (await queue.submit(a_job("again", "ann"), key="b")).fresh
    await deliver(queue)
    clock.advance(10)
    assert ["b"] == await queue.forget(older_than=5)
    assert [] == await queue.jobs_of("ann")


@pytest.mark.parametrize("place", [0, 1, 50])
async def test_a_link_against_submits(queue: Built, place: int) -> None:
    """Submits, grants and two links at once: no credit is made or destroyed, no job is lost, and
    whoever has joined holds nothing.
    """
    codes = [await queue.link_code("ann"), await queue.link_code("dan")]
    calls: list[Any] = [
        queue.submit(a_job(f"{user}{i}", user), key=f"{user}{i}")
        for i in range(50)
        for user in ("bob", "ann")
    ]
    calls[place:place] = [queue.link(codes[0], user="bob")]
    calls[place + 5 : place + 5] = [queue.link(codes[1], user="bob")]
    calls += [queue.office.grant("bob", 3, who="admin") for _ in range(5)]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [] == [a for a in answers if isinstance(a, Exception) and not isinstance(a, QueueError)]
    taken = sum(isinstance(answer, Ticket) for answer in answers)
    owners = {await queue.whose(name) for name in ("ann", "bob", "dan")}
    accounts = [await queue.account(name) for name in owners]
    assert taken == sum(sums(account)[2] for account in accounts)
    # an identity that joined before its day began brought nothing along
    assert {25, 35, 45} >= {sum(account.granted for account in accounts)}
    found = {view.job.id: view.job.user for name in owners for view in await queue.jobs_of(name)}
    assert taken == len(found)
    assert owners >= set(found.values())
    assert taken == len(await serve_all(queue))
