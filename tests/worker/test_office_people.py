"""What admins set for one user, with exact numbers, on both builds of the queue."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import WAIT, Clock
from tests.worker.cases import a_job, serve_all, submit, take
from tests.worker.conftest import Sleepers
from worker.jobs.errors import Banned, NoSuchUser, NothingToChange, OutOfRange, QuotaExceeded
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Boost, Done, Ticket, WorkerInfo
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

Built = MemoryQueue | RedisQueue
"""Either build; both have the office beside the queue."""


@pytest.fixture(autouse=True)
async def _ten_a_day(queue: Built, clock: Clock) -> None:
    """Free users get ten credits a day; it is noon in UTC."""
    clock.now = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("UTC")).timestamp()
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(daily=10)}
    await queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")


async def sums(queue: Built, user: str = "ann") -> tuple[float, ...]:
    """Available, bonus in it, held, spent and expired credits: all that was granted."""
    account = await queue.account(user)
    assert account.granted == sum(
        (account.available, account.held, account.spent, account.expired)
    )  # fmt: skip
    return account.available, account.bonus, account.held, account.spent, account.expired


async def test_a_bonus_is_spent_last_and_outlives_the_day(queue: Built, clock: Clock) -> None:
    """The day's credits go first; at midnight what is left of them expires, the bonus stays."""
    await queue.office.grant("ann", 5, who="admin")
    assert (15, 5, 0, 0, 0) == await sums(queue)
    await submit(queue, a_job("a", "ann", seconds=8), a_job("b", "ann", seconds=4))
    assert (3, 3, 12, 0, 0) == await sums(queue)
    for _ in range(2):
        claim = await take(queue)
        await queue.finish(claim, Done(job=claim.job.id))
    assert (3, 3, 0, 12, 0) == await sums(queue)
    clock.advance(24 * 3600)
    assert (13, 3, 0, 12, 0) == await sums(queue)
    clock.advance(24 * 3600)
    await submit(queue, a_job("c", "ann", seconds=6))
    assert (7, 3, 6, 12, 0) == await sums(queue)
    clock.advance(24 * 3600)
    assert (13, 3, 6, 12, 4) == await sums(queue)


async def test_a_refund_goes_back_where_it_came_from(queue: Built, clock: Clock) -> None:
    """To the bonus what the bonus paid, also after midnight; what was used took the day's first."""
    await queue.office.grant("ann", 5, who="admin")
    await submit(queue, a_job("a", "ann", seconds=13), a_job("b", "ann", seconds=2))
    assert (0, 0, 15, 0, 0) == await sums(queue)
    claim = await take(queue)
    await queue.cancel("b", user="ann")
    assert (2, 2, 13, 0, 0) == await sums(queue)
    clock.advance(4)
    await queue.cancel("a", user="ann")
    clock.advance(24 * 3600)
    await queue.acknowledge_cancel(claim)
    # of 13, ten of the day and three of the bonus, four were used: of the day's
    assert (15, 5, 0, 4, 6) == await sums(queue)


async def test_grants_and_submits_at_once(queue: Built) -> None:
    """No credit is made or destroyed, however grants and submits fall together."""
    answers = await asyncio.gather(
        *(queue.submit(a_job(f"a{i}", "ann"), key=f"a{i}") for i in range(100)),
        *(queue.office.grant("ann", 2, who="admin") for _ in range(20)),
        return_exceptions=True,
    )
    taken = sum(isinstance(answer, Ticket) for answer in answers)
    refused = sum(isinstance(answer, QuotaExceeded) for answer in answers)
    assert 100 == taken + refused
    assert 10 <= taken <= 50
    assert (50 - taken, min(40, 50 - taken), taken, 0, 0) == await sums(queue)


async def test_an_allowance_of_ones_own(queue: Built, clock: Clock) -> None:
    """More counts at once, less from tomorrow; None is the tier's again, whatever the tier."""
    await queue.office.set_daily("ann", 25, who="admin")
    account = await queue.account("ann")
    assert (25, 25) == (account.allowance, account.available)
    await submit(queue, a_job("a", "ann", seconds=20))
    await queue.office.set_daily("ann", 0, who="admin")
    assert 5 == (await queue.account("ann")).available
    clock.advance(24 * 3600)
    assert 0 == (await queue.account("ann")).available
    with pytest.raises(QuotaExceeded):
        await submit(queue, a_job("b", "ann"))
    await queue.office.set_tier("ann", "pro", who="admin")
    assert 0 == (await queue.account("ann")).available
    await queue.office.set_daily("ann", None, who="admin")
    assert 43_200 == (await queue.account("ann")).available
    changes = [(c.what, c.before, c.after) for c in await queue.office.changes(limit=4)]
    assert [
        ("daily of ann", "0", ""),
        ("tier of ann", "free", "pro"),
        ("daily of ann", "25", "0"),
        ("daily of ann", "", "25"),
    ] == changes


async def test_a_boost_multiplies_the_share(queue: Built, clock: Clock) -> None:
    """Three jobs of the boosted for one of another, until its end; then one for one."""
    await queue.office.set_tier("ann", "pro", who="admin")
    await queue.office.set_tier("bob", "pro", who="admin")
    await queue.office.boost("ann", 3, seconds=60, who="admin")
    await submit(
        queue, *(a_job(f"{u}-{i}", u, seconds=6) for i in range(40) for u in ("ann", "bob"))
    )
    assert Boost(factor=3, until=clock.now + 60) == (await queue.office.person("ann")).boost

    async def shares(count: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for _ in range(count):
            claim = await take(queue)
            await queue.finish(claim, Done(job=claim.job.id))
            found[claim.job.user] += 1
        return found

    assert Counter(ann=15, bob=5) == await shares(20)
    clock.advance(60)
    await shares(4)  # those with a tag of before
    assert Counter(ann=8, bob=8) == await shares(16)
    assert None is (await queue.office.person("ann")).boost


async def test_a_boosted_job_returns_what_it_was_charged(queue: Built) -> None:
    """A cancelled head gives its user back cost / factor, no more."""
    await queue.office.boost("ann", 2, seconds=60, who="admin")
    await queue.office.set_daily("ann", 12, who="admin")
    await submit(queue, *(a_job(f"a{i}", "ann", seconds=4) for i in range(3)))
    await submit(queue, a_job("b0", "bob"), a_job("b1", "bob"), a_job("b2", "bob"))
    assert "a0" == (await take(queue)).job.id
    await queue.cancel("a1", user="ann")  # its tag was 2, and so is that of the next
    assert ["b0", "b1", "a2", "b2"] == await serve_all(queue)


async def test_estimates_know_boosts_and_bans(queue: Built) -> None:
    """The place told is the place had."""
    await queue.office.boost("ann", 3, seconds=600, who="admin")
    for user in ("ann", "bob", "cem"):
        await submit(queue, *(a_job(f"{user}-{i}", user, seconds=2) for i in range(3)))
    await queue.office.ban("cem", "spam", who="admin")
    jobs = [f"{user}-{i}" for user in ("ann", "bob") for i in range(3)]
    places = {job: (await queue.estimate(job)).place for job in jobs}
    assert list(range(1, 7)) == sorted(places.values())
    assert sorted(jobs, key=lambda job: places[job]) == await serve_all(queue)


async def test_a_ban(queue: Built) -> None:
    """The banned can submit nothing and begin nothing, but what runs goes on; then all is as it
    was, in its old place.
    """
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(3)))
    claim = await take(queue)
    await queue.office.ban("ann", " spam ", who="admin")
    with pytest.raises(Banned, match=r"is banned: spam\.") as caught:
        await submit(queue, a_job("a3", "ann"))
    assert {"reason": "spam"} == caught.value.details
    assert not (await queue.submit(a_job("a0", "ann"), key="a0")).fresh
    await submit(queue, a_job("b0", "bob"), a_job("b1", "bob"))
    assert ["b0", "b1"] == await serve_all(queue)
    await submit(queue, a_job("b2", "bob"), a_job("b3", "bob"))
    await queue.fail(claim, "x", "X.", retry=True)
    assert 3 == (await queue.estimate("a1")).place  # after bob's
    person = await queue.office.person("ann")
    assert ("spam", 3, 0) == (person.banned, person.waiting, person.running)
    await queue.office.unban("ann", who="admin")
    assert ["a0", "a1", "a2", "b2", "b3"] == await serve_all(queue)


async def test_a_ban_wakes_and_stops_sleeping_claims(queue: Built, sleepers: Sleepers) -> None:
    """A worker that sleeps is not given a banned user's job, and hears of the end of the ban."""
    await submit(queue, a_job("a", "ann"))
    await queue.office.ban("ann", "spam", who="admin")
    sleeping = asyncio.create_task(queue.claim("w1", ["paint"], lease=10, wait=2 * WAIT))
    await sleepers.claims()
    assert not sleeping.done()
    await queue.office.unban("ann", who="admin")
    [claim] = await asyncio.wait_for(sleeping, WAIT)
    assert "a" == claim.job.id


async def test_submits_against_a_ban(queue: Built) -> None:
    """A hundred submits race with a ban: each is taken whole or refused, and the sums agree."""
    await queue.office.set_daily("ann", 200, who="admin")
    answers = await asyncio.gather(
        *(queue.submit(a_job(f"a{i}", "ann"), key=f"a{i}") for i in range(50)),
        queue.office.ban("ann", "spam", who="admin"),
        *(queue.submit(a_job(f"b{i}", "ann"), key=f"b{i}") for i in range(50)),
        return_exceptions=True,
    )
    taken = sum(isinstance(answer, Ticket) for answer in answers)
    assert 100 - taken == sum(isinstance(answer, Banned) for answer in answers)
    assert (200 - taken, 0, taken, 0, 0) == await sums(queue)
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.office.unban("ann", who="admin")
    assert taken == len(await serve_all(queue))
    assert (200 - taken, 0, 0, taken, 0) == await sums(queue)


async def test_a_person(queue: Built) -> None:
    """Who never came is as new; who did is told with all counts."""
    person = await queue.office.person("telegram:7")
    assert ("free", None, None, None, 0, 0) == (
        person.tier, person.daily, person.boost, person.banned, person.waiting, person.running,
    )  # fmt: skip
    await queue.announce(WorkerInfo(name="w1", device="cpu", effects=("paint",)), ttl=60)
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(3)))
    await take(queue)
    person = await queue.office.person("ann")
    assert (2, 1, 3) == (person.waiting, person.running, person.account.held)


@pytest.mark.parametrize(
    ("call", "arguments", "sentence"),
    [
        ("grant", {"credits": -5}, "credits: must be from 1 to 1000000, not -5."),
        ("grant", {"credits": 0}, "credits: must be from 1 to 1000000, not 0."),
        ("grant", {"credits": 10**30}, "credits: must be from 1 to 1000000, not 1e+30."),
        ("set_daily", {"credits": -1}, "credits: must be from 0 to 1000000, not -1."),
        ("set_daily", {"credits": 1_000_001}, "credits: must be from 0 to 1000000, not 1000001."),
        ("boost", {"factor": 0, "seconds": 60}, "factor: must be from 1 to 100, not 0."),
        ("boost", {"factor": 101, "seconds": 60}, "factor: must be from 1 to 100, not 101."),
        ("boost", {"factor": 2, "seconds": 0}, "seconds: must be from 1 to 31622400, not 0."),
        (
            "boost",
            {"factor": 2, "seconds": float("nan")},
            "seconds: must be from 1 to 31622400, not nan.",
        ),
        ("ban", {"reason": "  "}, "letters of the reason: must be from 1 to 200, not 0."),
        ("ban", {"reason": "x" * 201}, "letters of the reason: must be from 1 to 200, not 201."),
    ],
)  # fmt: skip
async def test_out_of_range(
    queue: Built, call: str, arguments: dict[str, object], sentence: str
) -> None:
    """A value that is too small or too large is refused with what is allowed, and noted nowhere."""
    before = await queue.office.person("ann"), await queue.office.changes()
    with pytest.raises(OutOfRange) as caught:
        await getattr(queue.office, call)("ann", who="admin", **arguments)
    assert sentence == str(caught.value)
    assert before == (await queue.office.person("ann"), await queue.office.changes())


@pytest.mark.parametrize("user", ["", "a b", "a|b", "x" * 201])
async def test_no_users_name(queue: Built, user: str) -> None:
    """What can be nobody's name is refused by every change about a user."""
    office = queue.office
    calls = [
        lambda: office.person(user),
        lambda: office.set_tier(user, "pro", who="admin"),
        lambda: office.set_daily(user, 5, who="admin"),
        lambda: office.grant(user, 5, who="admin"),
        lambda: office.boost(user, 2, seconds=60, who="admin"),
        lambda: office.ban(user, "spam", who="admin"),
        lambda: office.unban(user, who="admin"),
    ]
    for call in calls:
        with pytest.raises(NoSuchUser):
            await call()
    assert 1 == len(await office.changes())  # of the fixture


async def test_nothing_to_take_back(queue: Built) -> None:
    """No ban, no boost and no allowance of one's own can be ended where there is none."""
    office = queue.office
    with pytest.raises(NothingToChange, match=r"ann is not banned\."):
        await office.unban("ann", who="admin")
    with pytest.raises(NothingToChange, match=r"ann has no boost\."):
        await office.boost("ann", 1, seconds=60, who="admin")
    with pytest.raises(NothingToChange, match=r"ann has the credits of the tier\."):
        await office.set_daily("ann", None, who="admin")
    assert 1 == len(await office.changes())


async def test_terms_of_one_who_came_back(queue: Built) -> None:
    """Other terms of a user who has nothing waiting leave no trace of the time before; then the
    user's next jobs are served like any.
    """
    await submit(queue, a_job("other", "zed", effect="dream"), a_job("a1", "ann", seconds=4))
    await queue.office.set_tier("zed", "plus", who="admin")
    assert ["a1"] == await serve_all(queue)
    await submit(queue, a_job("b1", "bob"))  # V of the tier passes ann's finish tag
    await queue.office.set_daily("ann", 50, who="admin")
    await submit(queue, a_job("a2", "ann"), a_job("a3", "ann"))
    assert ["b1", "a2", "a3"] == await serve_all(queue)
