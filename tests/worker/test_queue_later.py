"""Deferred work: closed by day unless a worker is idle, open by night; on both builds."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import WAIT, Clock
from tests.worker.cases import a_job, deliver, serve_all, submit, submit_together, take
from tests.worker.conftest import Sleepers
from worker.jobs.errors import (
    BadRules,
    Banned,
    NoSuchJob,
    NotWaiting,
    NotYours,
    TooManyDeferred,
)
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Done, Job, State, WorkerInfo
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Night, Tier, read_rules

Built = MemoryQueue | RedisQueue
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
async def _noon(queue: Built, clock: Clock) -> None:
    """A service in Berlin at noon, whose nights go from 23:00 to 07:00; free weighs 1 at all
    hours, deferred work 4 by night.
    """
    clock.now = at(12)
    await edit(queue, zone="Europe/Berlin", later=4)
    await edit_free(queue)


def at(hour: int, minute: int = 0, day: tuple[int, int, int] = (2026, 7, 1)) -> float:
    """Unix seconds of a time in Berlin."""
    return datetime(*day, hour, minute, tzinfo=BERLIN).timestamp()


async def edit(queue: Built, **values: object) -> None:
    """Change rules."""
    rules = await queue.office.rules()
    await queue.office.set_rules(rules.model_copy(update=values), who="admin")


async def edit_free(queue: Built, **values: int) -> None:
    """Change what free users get."""
    limits = {"waiting": 1000, "running": 4, "deferred": 1000} | values
    rules = await queue.office.rules()
    await edit(queue, tiers={**rules.tiers, "free": Tier.model_validate(limits)})


def later(name: str, user: str = "ann", **more: object) -> Job:
    """A deferred job."""
    return a_job(name, user, deferred=True, **more)  # type: ignore[arg-type]


async def served(queue: Built, count: int) -> Counter[str]:
    """Serve so many; how many were deferred, and how many of a tier."""
    found: Counter[str] = Counter()
    for _ in range(count):
        claim = await take(queue)
        found["later" if claim.job.deferred else "now"] += 1
        await queue.finish(claim, Done(job=claim.job.id))
    return found


# -- closed and open


async def test_by_day_it_waits_for_an_idle_worker(queue: Built) -> None:
    """Not while a tier has a job that this worker can run; a worker without gets it at once."""
    await submit(queue, later("l0"), later("l1"), later("d", "cem", effect="dream"))
    await submit(queue, *(a_job(f"n{i}", "bob", seconds=9) for i in range(3)))
    assert ["n0", "n1"] == [(await take(queue)).job.id for _ in range(2)]
    assert "d" == (await take(queue, "w2", ["dream"])).job.id
    assert ["n2", "l0", "l1"] == await serve_all(queue)


async def test_an_idle_worker_is_woken_by_day(queue: Built, sleepers: Sleepers) -> None:
    """A claim that sleeps takes a deferred job as soon as it is there."""
    sleeping = asyncio.create_task(queue.claim("w1", ["paint"], lease=10, wait=2 * WAIT))
    await sleepers.claims()
    await submit(queue, later("l"))
    [claim] = await asyncio.wait_for(sleeping, WAIT)
    assert "l" == claim.job.id


async def test_by_night_it_has_its_weight(queue: Built, clock: Clock) -> None:
    """Four of five seconds; what it got by day of idle workers is not held against it."""
    await submit(queue, *(later(f"l{i}") for i in range(60)))
    assert Counter(later=10) == await served(queue, 10)
    await submit(queue, *(a_job(f"n{i}", "bob") for i in range(30)))
    assert Counter(now=10) == await served(queue, 10)
    clock.now = at(23)
    await served(queue, 4)  # what free was charged by day runs off
    assert Counter(later=16, now=4) == await served(queue, 20)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ((2026, 7, 1), (2026, 7, 2)),
        ((2026, 3, 28), (2026, 3, 29)),
        ((2026, 10, 24), (2026, 10, 25)),
    ],
    ids=["midsummer", "clocks go forward", "clocks go back"],
)  # fmt: skip
async def test_it_opens_at_23_and_closes_at_7(
    queue: Built, clock: Clock, begins: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    """To the second by the clock on the wall, on every date."""
    evening, morning = at(23, day=begins), at(7, day=ends)
    await submit(queue, *(later(f"l{i}") for i in range(99)))
    await submit(queue, *(a_job(f"n{i}", "bob") for i in range(99)))
    found = []
    for clock.now in (evening - 1, evening, (evening + morning) / 2, morning - 1, morning):
        await served(queue, 5)
        found.append((await served(queue, 20))["later"])
    assert [0, 16, 16, 16, 0] == found


@pytest.mark.parametrize(
    "day", [(2026, 3, 29), (2026, 10, 25)], ids=["clocks go forward", "clocks go back"]
)
async def test_it_opens_in_the_hour_of_the_change(
    queue: Built, clock: Clock, day: tuple[int, int, int]
) -> None:
    """A window from 02:30 to 05:00: opens with the leap over 02:30, and at the first 02:30."""
    await edit(queue, nights=(Night(begins=time(2, 30), ends=time(5)),))
    before, after = at(0, day=day), at(5, day=day)
    # an hour is missing after 02:00 in March, and comes twice in October
    opening = before + 2 * 3600 + (0 if day[1] == 3 else 1800)
    await submit(queue, *(later(f"l{i}") for i in range(99)))
    await submit(queue, *(a_job(f"n{i}", "bob") for i in range(99)))
    found = []
    for clock.now in (opening - 1, opening, after - 1, after):
        await served(queue, 5)
        found.append((await served(queue, 20))["later"])
    assert [0, 16, 16, 0] == found


async def test_a_policy_edited_in_the_middle_of_the_night(queue: Built, clock: Clock) -> None:
    """Another weight, other windows and none at all count from the next claim on."""
    clock.now = at(3)
    await submit(queue, *(later(f"l{i}") for i in range(99)))
    await submit(queue, *(a_job(f"n{i}", "bob") for i in range(99)))
    assert Counter(later=16, now=4) == await served(queue, 20)
    await edit(queue, later=1)
    assert Counter(later=10, now=10) == await served(queue, 20)
    await edit(queue, nights=(Night(begins=time(4), ends=time(5)),))
    assert Counter(now=10) == await served(queue, 10)
    clock.now = at(4)
    await served(queue, 10)  # what free was charged meanwhile runs off
    assert Counter(later=5, now=5) == await served(queue, 10)
    await edit(queue, nights=())
    assert Counter(now=10) == await served(queue, 10)


# -- lines of their own


async def test_fair_among_users(queue: Built) -> None:
    """Twenty deferred jobs of one user hold up neither another's first nor his own of now."""
    await submit(queue, *(later(f"a{i}", "ann") for i in range(4)))
    await submit(queue, later("b0", "bob"), later("b1", "bob"), a_job("now", "ann"))
    assert ["now", "a0", "b0", "a1", "b1", "a2", "a3"] == await serve_all(queue)


async def test_each_line_has_its_running_limit(queue: Built) -> None:
    """As many deferred jobs run beside a user's others as the tier allows of either."""
    await edit_free(queue, running=2)
    await submit(queue, *(later(f"l{i}") for i in range(4)))
    await submit(queue, *(a_job(f"n{i}", "ann") for i in range(4)))
    claims = [await take(queue) for _ in range(4)]
    assert ["n0", "n1", "l0", "l1"] == [claim.job.id for claim in claims]
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.finish(claims[2], Done(job="l0"))
    claims.append(await take(queue))
    await queue.office.set_tier("ann", "pro", who="admin")
    claims += [await take(queue) for _ in range(3)]
    assert ["l2", "n2", "n3", "l3"] == [claim.job.id for claim in claims[4:]]


async def test_bans_and_boosts_hold_for_it(queue: Built, clock: Clock) -> None:
    """A banned user's deferred jobs stay where they are; a boosted one's cost less."""
    await submit(queue, later("a0", "ann"), *(later(f"b{i}", "bob") for i in range(6)))
    await queue.office.ban("ann", "spam", who="admin")
    with pytest.raises(Banned):
        await submit(queue, later("a1", "ann"))
    await queue.office.boost("cem", 2, seconds=60, who="admin")
    await submit(queue, *(later(f"c{i}", "cem") for i in range(6)))
    names = [(await take(queue)).job.id[0] for _ in range(6)]
    assert Counter(b=2, c=4) == Counter(names)
    await queue.office.unban("ann", who="admin")
    assert "a0" == (await take(queue)).job.id


# -- what it costs, and how much there may be


async def test_it_costs_no_credits(queue: Built) -> None:
    """Neither held while it waits nor spent when it is done, failed or cancelled at work."""
    await queue.office.set_daily("ann", 0, who="admin")
    await submit(queue, *(later(f"l{i}", seconds=500, max_attempts=1) for i in range(4)))
    await queue.finish(await take(queue), Done(job="l0"))
    await queue.fail(await take(queue), "x", "X.", retry=True)
    claim = await take(queue)
    await queue.cancel("l2", user="ann")
    await queue.acknowledge_cancel(claim)
    await queue.cancel("l3", user="ann")
    account = await queue.account("ann")
    assert (0, 0, 0, 0) == (account.available, account.held, account.spent, account.expired)
    assert 4 == len(await deliver(queue))


async def test_the_tier_says_how_many(queue: Built) -> None:
    """Only those that wait count, apart from the others; the refusal has both numbers."""
    await edit_free(queue, deferred=2, waiting=1)
    await submit(queue, later("l0"), later("l1"), a_job("n", "ann"))
    with pytest.raises(TooManyDeferred, match="2 of your jobs wait for the night") as caught:
        await submit(queue, later("l2"))
    assert {"waiting": 2, "limit": 2} == caught.value.details
    with pytest.raises(TooManyDeferred):
        await queue.defer("n", user="ann")
    assert 0 < (await queue.account("ann")).held
    assert ["n", "l0"] == [(await take(queue)).job.id for _ in range(2)]
    await submit(queue, later("l2"))


# -- from now to later


async def test_defer(queue: Built) -> None:
    """The credits return, the job goes behind all that is of now, and says what it is; asked
    again, nothing happens.
    """
    await submit(queue, a_job("a0", "ann", seconds=5), a_job("a1", "ann"), a_job("b", "bob"))
    for _ in range(2):
        view = await queue.defer("a0", user="ann")
        assert (True, State.WAITING) == (view.job.deferred, view.state)
        assert 1 == (await queue.account("ann")).held
    assert ["a1", "b", "a0"] == await serve_all(queue)
    account = await queue.account("ann")
    assert (0, 1) == (account.held, account.spent)
    assert [False, False, True] == [receipt.job.deferred for receipt in await deliver(queue)]


async def test_deferred_ones_keep_the_order_of_asking(queue: Built) -> None:
    """A job that is deferred late stands before those that were asked for after it."""
    await submit(queue, a_job("a0", "ann"), *(later(f"l{i}") for i in range(3)))
    await queue.defer("a0", user="ann")
    assert ["l0", "a0", "l1", "l2"] == await serve_all(queue)  # l0 was the head already


async def test_who_defers_only_loses_his_own_turn(queue: Built) -> None:
    """The next job of the user moves up to where the deferred one was."""
    await submit(queue, a_job("a0", "ann", seconds=9), a_job("a1", "ann"), a_job("b0", "bob"))
    await submit(queue, a_job("b1", "bob"))
    await queue.defer("a0", user="ann")
    assert ["a1", "b0", "b1", "a0"] == await serve_all(queue)


async def test_what_can_not_be_deferred(queue: Built) -> None:
    """What runs, what has ended, what is another's, and what nobody knows."""
    await submit(queue, a_job("a", "ann"), a_job("b", "bob"))
    claim = await take(queue)
    with pytest.raises(NotWaiting):
        await queue.defer("a", user="ann")
    await queue.finish(claim, Done(job="a"))
    with pytest.raises(NotWaiting):
        await queue.defer("a", user="ann")
    with pytest.raises(NotYours):
        await queue.defer("b", user="ann")
    with pytest.raises(NoSuchJob):
        await queue.defer("c", user="ann")


@pytest.mark.parametrize("way", ["retry", "release", "expire"])
async def test_given_back_it_stays_deferred(queue: Built, clock: Clock, way: str) -> None:
    """With its class and its tag: before what was behind it, behind all that is of now."""
    await submit(queue, later("l0"), later("l1"), later("b", "bob"))
    claim = await take(queue, lease=5)
    await submit(queue, a_job("now", "cem"))
    if way == "retry":
        await queue.fail(claim, "x", "X.", retry=True)
    elif way == "release":
        await queue.release(claim)
    else:
        clock.advance(5)
        assert ["l0"] == await queue.reap()
    assert ["now", "l0", "b", "l1"] == await serve_all(queue)


async def test_a_cancelled_head_returns_its_cost(queue: Built) -> None:
    """A deferred line's next head takes the tag of the one that was cancelled."""
    await submit(queue, later("l0", seconds=9), later("l1"), later("b0", "bob"), later("b1", "bob"))
    await queue.cancel("l0", user="ann")
    assert ["l1", "b0", "b1"] == await serve_all(queue)


# -- what is told


@pytest.mark.parametrize("hour", [12, 1], ids=["day", "night"])
async def test_the_place_told_is_the_place_had(queue: Built, clock: Clock, hour: int) -> None:
    """For deferred jobs and others, in the order of the hour."""
    clock.now = at(hour)
    await submit(queue, *(later(f"l{i}", f"u{i % 3}") for i in range(8)))
    await submit(queue, *(a_job(f"n{i}", f"u{i % 2}") for i in range(5)))
    foreseen = await queue.foresee(later("more", "new"))
    await submit(queue, later("more", "new"))
    jobs = [f"l{i}" for i in range(8)] + [f"n{i}" for i in range(5)] + ["more"]
    places = {job: (await queue.estimate(job)).place for job in jobs}
    assert places["more"] == foreseen.place
    assert sorted(jobs, key=lambda job: places[job]) == await serve_all(queue)


@pytest.mark.parametrize(
    ("hour", "minute", "place"),
    [(12, 0, 311), (1, 0, 1), (22, 59, 31)],
    ids=["day", "night", "dusk"],
)
async def test_in_a_long_queue_it_is_told_to_wait(
    queue: Built, clock: Clock, hour: int, minute: int, place: int
) -> None:
    """Behind all others by day, or when the night opens; next by night."""
    clock.now = at(hour, minute) + (28 if minute else 0)
    info = WorkerInfo(name="w1", device="cpu", effects=("paint",))
    await queue.announce(info, ttl=60)
    await submit_together(queue, *(a_job(f"n{i}", f"u{i}") for i in range(310)))
    clock.advance(2)  # so that all are in the replay
    foreseen = await queue.foresee(later("l", "ann"))
    assert (place, place) == (foreseen.place, foreseen.seconds)
    ticket = await queue.submit(later("l", "ann"), key="l")
    assert (place, place) == (ticket.place, ticket.seconds)


def test_its_rules_have_bounds() -> None:
    """No tier has its name; its weight and limits are within their ranges."""
    with pytest.raises(BadRules, match="'later' is the name of deferred work"):
        read_rules({"tiers": {"free": {}, "later": {}}})
    with pytest.raises(BadRules, match="later: must be from 1 to 1000, not 0"):
        read_rules({"later": 0})
    with pytest.raises(BadRules, match="slack: must be from 0 to 600, not 601"):
        read_rules({"slack": 601})
    with pytest.raises(BadRules, match=r"tiers\.free\.deferred: must be from 0 to 1000, not -1"):
        read_rules({"tiers": {"free": {"deferred": -1}}})
