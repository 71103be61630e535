"""Tiers and their limits, with exact numbers, on both builds of the queue."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import Clock
from tests.worker.cases import a_job, serve_all, submit, take
from worker.jobs.errors import (
    EffectNotAllowed,
    NoSuchTier,
    RulesChanged,
    TierInUse,
    TooManyWaiting,
)
from worker.jobs.model import Done, WorkerInfo
from worker.jobs.queue import Queue
from worker.jobs.rules import Tier

WEIGHTS = {"free": 1, "plus": 2, "pro": 4}


async def set_tiers(queue: Queue, **tiers: Tier) -> None:
    """Change these tiers alone."""
    rules = await queue.office.rules()
    changed = rules.model_copy(update={"tiers": {**rules.tiers, **tiers}})
    await queue.office.set_rules(changed, who="admin")


async def weigh(queue: Queue, **weights: int) -> None:
    """The same weights by day and by night."""
    tiers = {name: Tier(day=weight, night=weight) for name, weight in weights.items()}
    await set_tiers(queue, **tiers)


async def serve(queue: Queue, count: int) -> list[str]:
    """Claim and finish so many jobs; their users' names before the dash."""
    served = []
    for _ in range(count):
        claim = await take(queue)
        served.append(claim.job.id.partition("-")[0])
        await queue.finish(claim, Done(job=claim.job.id))
    return served


async def test_busy_tiers_share_by_weight(queue: Queue) -> None:
    """Over any window the weighted service of two busy tiers differs by at most
    l_a / w_a + l_b / w_b, l being a tier's largest job: theorem 1 of the paper.
    """
    await weigh(queue, **WEIGHTS)
    costs = {"free": [3, 1], "plus": [2, 5], "pro": [4, 1]}
    for tier in WEIGHTS:
        for user in ("a", "b"):
            await queue.office.set_tier(f"{tier}-{user}", tier, who="admin")
            jobs = [
                a_job(f"{tier}-{user}{i}", f"{tier}-{user}", seconds=costs[tier][i % 2])
                for i in range(60)
            ]
            await submit(queue, *jobs)
    had: list[Counter[str]] = [Counter()]
    for _ in range(90):
        claim = await take(queue)
        await queue.finish(claim, Done(job=claim.job.id))
        tier = claim.job.id.partition("-")[0]
        had.append(had[-1] + Counter({tier: claim.job.cost // 1_000_000}))
    largest = {tier: max(costs[tier]) / weight for tier, weight in WEIGHTS.items()}
    for begin in range(0, 91, 3):
        for end in range(begin, 91):
            share = {t: (had[end][t] - had[begin][t]) / w for t, w in WEIGHTS.items()}
            for one, other in (("free", "plus"), ("free", "pro"), ("plus", "pro")):
                assert abs(share[one] - share[other]) <= largest[one] + largest[other]


async def test_users_of_a_tier_stay_within_one_job_of_each(queue: Queue) -> None:
    """Beside another busy tier as well, over any window."""
    costs = {"ann": 3, "bob": 2, "pro": 7}
    await queue.office.set_tier("pro", "pro", who="admin")
    for user, cost in costs.items():
        await submit(queue, *(a_job(f"{user}-{i}", user, seconds=cost) for i in range(40)))
    served = await serve(queue, 80)
    for begin in range(80):
        had = {"ann": 0, "bob": 0, "pro": 0}
        for user in served[begin:]:
            had[user] += costs[user]
            assert abs(had["ann"] - had["bob"]) <= costs["ann"] + costs["bob"]


async def test_free_always_progresses(queue: Queue) -> None:
    """Free users get their share while others keep the service busy: one job in five."""
    await weigh(queue, free=1, pro=4)
    await queue.office.set_tier("pro", "pro", who="admin")
    await submit(queue, *(a_job(f"pro-{i}", "pro") for i in range(40)))
    await submit(queue, *(a_job(f"free-{i}", f"u{i}") for i in range(10)))
    served = await serve(queue, 50)
    assert [1] * 10 == [served[i : i + 5].count("free") for i in range(0, 50, 5)]


async def test_an_idle_tier_hoards_no_credit(queue: Queue) -> None:
    """A tier that comes late starts at the present; its users as well."""
    await weigh(queue, free=1, plus=1)
    await queue.office.set_tier("plus", "plus", who="admin")
    await submit(queue, *(a_job(f"free-{i}", "ann") for i in range(20)))
    await serve(queue, 10)
    await submit(queue, *(a_job(f"plus-{i}", "plus") for i in range(10)))
    # F of free is 10, V is 9, and so is S of plus: one service ahead, no more
    assert ["plus", "free"] * 4 == await serve(queue, 8)


async def test_weights_count_at_the_next_claim(queue: Queue) -> None:
    """An edit needs no restart and moves nothing: what waits is served by the new weights."""
    await weigh(queue, free=1, plus=1)
    await queue.office.set_tier("plus", "plus", who="admin")
    for user in ("free", "plus"):
        await submit(queue, *(a_job(f"{user}-{i}", user) for i in range(40)))
    assert Counter(free=5, plus=5) == Counter(await serve(queue, 10))
    await weigh(queue, plus=4)
    served = Counter(await serve(queue, 20))
    assert Counter(free=4, plus=16) == served


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ((2026, 7, 1), (2026, 7, 2)),
        ((2026, 3, 28), (2026, 3, 29)),
        ((2026, 10, 24), (2026, 10, 25)),
    ],
    ids=["midsummer", "clocks go forward", "clocks go back"],
)  # fmt: skip
async def test_weights_turn_at_the_edge_of_the_night(
    queue: Queue, clock: Clock, begins: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    """At 23:00 the weights of the night count, at 07:00 those of the day, on every date."""
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(day=1, night=3), "plus": Tier(day=3, night=1)}
    changed = rules.model_copy(update={"tiers": tiers, "zone": "Europe/Berlin"})
    await queue.office.set_rules(changed, who="admin")
    await queue.office.set_tier("plus", "plus", who="admin")
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(*begins, 23, tzinfo=berlin).timestamp()
    morning = datetime(*ends, 7, tzinfo=berlin).timestamp()
    for user in ("free", "plus"):
        await submit(queue, *(a_job(f"{user}-{i}", user) for i in range(80)))
    shares = []
    for now in (evening - 1, evening, morning - 1, morning):
        clock.now = now
        await serve(queue, 4)  # what was charged by the old weights runs off
        shares.append(Counter(await serve(queue, 16)))
    by_day, by_night = Counter(free=4, plus=12), Counter(free=12, plus=4)
    assert [by_day, by_night, by_night, by_day] == shares


# -- limits


async def test_the_running_limit_passes_over(queue: Queue) -> None:
    """Who runs as much as may be waits, others go on; an ending lets the next one in."""
    await set_tiers(queue, free=Tier(running=2))
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(5)), a_job("b", "bob", seconds=9))
    await submit(queue, a_job("b1", "bob", seconds=9))
    claims = [await take(queue) for _ in range(4)]
    assert ["a0", "b", "a1", "b1"] == [claim.job.id for claim in claims]
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.fail(claims[2], "x", "X.", retry=True)
    again = await take(queue)
    assert "a1" == again.job.id  # with its old tag, before a2
    await queue.finish(claims[0], Done(job="a0"))
    assert "a2" == (await take(queue)).job.id
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.finish(again, Done(job="a1"))
    assert "a3" == (await take(queue)).job.id


async def test_running_limits_change_at_once(queue: Queue) -> None:
    """A higher limit lets the next head stand; a lower one takes away no lease, but the heads."""
    await set_tiers(queue, free=Tier(running=1))
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(5)))
    first = await take(queue)
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await set_tiers(queue, free=Tier(running=3))
    second = await take(queue)
    assert "a1" == second.job.id
    await queue.renew(first, lease=10)
    await set_tiers(queue, free=Tier(running=1))
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.finish(first, Done(job="a0"))
    assert [] == await queue.claim("w1", ["paint"], lease=10)
    await queue.finish(second, Done(job="a1"))
    assert "a2" == (await take(queue)).job.id


async def test_estimates_know_the_running_limit(queue: Queue) -> None:
    """Two workers are free, but a user with one job at a time waits for the first to end."""
    await set_tiers(queue, free=Tier(running=1))
    for name in ("w1", "w2"):
        await queue.announce(WorkerInfo(name=name, device="cpu", effects=("paint",)), ttl=60)
    await submit(queue, *(a_job(f"a{i}", seconds=4) for i in range(3)))
    await take(queue)
    assert [4.0, 8.0, 12.0] == [(await queue.estimate(f"a{i}")).seconds for i in range(3)]


async def test_estimates_follow_the_weights(queue: Queue) -> None:
    """The place told is the place had, across tiers too."""
    await weigh(queue, free=1, plus=3)
    await queue.office.set_tier("plus", "plus", who="admin")
    await submit(queue, *(a_job(f"free-{i}", f"u{i}") for i in range(6)))
    await submit(queue, *(a_job(f"plus-{i}", "plus") for i in range(9)))
    jobs = [f"free-{i}" for i in range(6)] + [f"plus-{i}" for i in range(9)]
    places = {job: (await queue.estimate(job)).place for job in jobs}
    assert sorted(places, key=lambda job: places[job]) == await serve_all(queue)


async def test_the_waiting_limit_refuses(queue: Queue) -> None:
    """One job too many is refused with the number that wait; the same key is no new job."""
    await set_tiers(queue, free=Tier(waiting=3))
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(3)), a_job("b", "bob"))
    with pytest.raises(TooManyWaiting, match="are waiting: 3") as caught:
        await submit(queue, a_job("a3", "ann"))
    assert {"waiting": 3} == caught.value.details
    assert not (await queue.submit(a_job("a0", "ann"), key="a0")).fresh
    await queue.cancel("a1", user="ann")
    await submit(queue, a_job("a3", "ann"))
    assert ["a0", "b", "a2", "a3"] == await serve_all(queue)


async def test_a_tier_may_have_few_effects(queue: Queue) -> None:
    """What a tier does not include is refused by name; another tier has it."""
    await set_tiers(queue, free=Tier(effects=("paint", "draw")))
    await submit(queue, a_job("a", "ann", effect="draw"))
    with pytest.raises(EffectNotAllowed, match="dream is not part of the tier free"):
        await submit(queue, a_job("b", "ann", effect="dream"))
    await queue.office.set_tier("ann", "plus", who="admin")
    await submit(queue, a_job("b", "ann", effect="dream"))


# -- changes


async def test_a_moved_user_keeps_the_place(queue: Queue) -> None:
    """What waits goes along into the new tier, as far from its V as before, and what runs, too."""
    await weigh(queue, free=1, plus=1)
    await queue.office.set_tier("pia", "plus", who="admin")
    await submit(queue, *(a_job(f"pia-{i}", "pia") for i in range(4)))
    await submit(queue, *(a_job(f"ann-{i}", "ann") for i in range(4)), a_job("bob", "bob"))
    claims = [await take(queue) for _ in range(3)]
    assert ["pia-0", "ann-0", "pia-1"] == [claim.job.id for claim in claims]
    await queue.office.set_tier("ann", "plus", who="admin")
    assert "plus" == (await queue.account("ann")).tier
    await queue.release(claims[1])
    # V is 0 in free, 1 in plus: ann-0 has 1 there, ann-1 and pia-2 have 2
    served = [(await take(queue)).job.id for _ in range(4)]
    assert ["bob", "ann-0", "pia-2", "ann-1"] == served


async def test_every_change_is_noted(queue: Queue, clock: Clock) -> None:
    """Who, when, what, before and after; a refused one leaves no trace."""
    before = await queue.office.rules()
    await weigh(queue, free=2)
    after = await queue.office.rules()
    assert before.version + 1 == after.version
    clock.advance(60)
    await queue.office.set_tier("ann", "pro", who="telegram:1")
    with pytest.raises(NoSuchTier, match="'prro'; there are: free, plus, pro, staff"):
        await queue.office.set_tier("ann", "prro", who="telegram:1")
    tier, rules = await queue.office.changes()
    assert ("tier of ann", "free", "pro", "telegram:1", clock.now) == (
        tier.what, tier.before, tier.after, tier.who, tier.time,
    )  # fmt: skip
    assert ("rules", before, after, "admin", clock.now - 60) == (
        rules.what, before.model_validate_json(rules.before),
        after.model_validate_json(rules.after), rules.who, rules.time,
    )  # fmt: skip


async def test_two_admins_at_once(queue: Queue) -> None:
    """The second, who has not seen the first's change, is refused; what the first did stays."""
    rules = await queue.office.rules()
    await weigh(queue, free=2)
    with pytest.raises(RulesChanged):
        await queue.office.set_rules(rules, who="other")
    now = await queue.office.rules()
    more = {**now.tiers, "gold": Tier(day=5)}
    await queue.office.set_rules(now.model_copy(update={"tiers": more}), who="admin")
    await queue.office.set_tier("ann", "gold", who="admin")
    await submit(queue, a_job("a", "ann"))
    assert ["a"] == await serve_all(queue)


async def test_a_tier_that_nobody_is_in_can_go(queue: Queue) -> None:
    """One with users is kept, and says how many; when they are elsewhere it goes, even while a job
    begun in it runs, and nobody can be put into it any more.
    """
    office = queue.office
    now = await office.rules()
    fewer = {name: tier for name, tier in now.tiers.items() if name != "plus"}
    for user in ("ann", "bob"):
        await office.set_tier(user, "plus", who="admin")
    await submit(queue, a_job("a", "ann"), a_job("b", "bob"))
    (claim,) = await queue.claim("w", ["paint", "dream"], lease=60)
    with pytest.raises(TierInUse, match="2 users are in the tier 'plus'") as caught:
        await office.set_rules(now.model_copy(update={"tiers": fewer}), who="admin")
    assert {"tier": "plus", "users": 2} == caught.value.details
    assert now == await office.rules()
    await office.set_tier("ann", "pro", who="admin")
    await office.set_tier("bob", "free", who="admin")
    await office.set_rules(now.model_copy(update={"tiers": fewer}), who="admin")
    with pytest.raises(NoSuchTier):
        await office.set_tier("ann", "plus", who="admin")
    await queue.release(claim)
    assert {"a", "b"} == set(await serve_all(queue))
