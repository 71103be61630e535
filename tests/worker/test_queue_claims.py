"""What one claim takes, batches and warm effects, with exact numbers, on both builds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from tests.conftest import Clock
from tests.worker.cases import a_job, serve_all, submit, take
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Done
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

Built = MemoryQueue | RedisQueue
BOTH = ("paint", "dream")


async def batch(
    queue: Built, most: Mapping[str, int] = {"paint": 8}, warm: Collection[str] = ()
) -> list[str]:
    """Claim and finish once; the jobs' names."""
    claims = await queue.claim("w1", BOTH, lease=10, most=most, warm=warm)
    for claim in claims:
        await queue.finish(claim, Done(job=claim.job.id))
    return [claim.job.id for claim in claims]


async def slack(queue: Built, seconds: int) -> None:
    """Another slack; nobody is at a limit."""
    rules = await queue.office.rules()
    tiers = {name: tier.model_copy(update={"running": 99}) for name, tier in rules.tiers.items()}
    changed = rules.model_copy(update={"slack": seconds, "tiers": tiers})
    await queue.office.set_rules(changed, who="admin")


# -- batches


async def test_a_batch_is_of_one_kind(queue: Built) -> None:
    """The fair head, and with it what has its effect and kind, in fair order, from all users."""
    await slack(queue, 30)
    await submit(queue, a_job("a0", "ann", kind="x"), a_job("a1", "ann", kind="x"))
    await submit(queue, a_job("b0", "bob", kind="x"), a_job("c0", "cem", kind="y"))
    await submit(queue, a_job("d0", "dan", effect="dream", kind="x"), a_job("e0", "eve"))
    assert ["a0", "b0", "a1"] == await batch(queue)
    assert [["c0"], ["d0"], ["e0"], []] == [await batch(queue) for _ in range(4)]


async def test_each_claim_has_a_token_of_its_own(queue: Built) -> None:
    """One job of a batch may be given back, and another finished."""
    await submit(queue, *(a_job(f"a{i}", "ann", kind="x") for i in range(3)))
    claims = await queue.claim("w1", ["paint"], lease=10, most={"paint": 2})
    assert [("a0", "w1:1"), ("a1", "w1:1")] == [(one.job.id, one.token) for one in claims]
    await queue.release(claims[0])
    await queue.finish(claims[1], Done(job="a1"))
    assert ["a0", "a2"] == await serve_all(queue)


async def test_no_more_than_the_worker_asked_for(queue: Built) -> None:
    """One where `most` says nothing, or where jobs have no kind."""
    await submit(queue, *(a_job(f"a{i}", "ann", kind="x") for i in range(6)))
    assert ["a0"] == await batch(queue, {})
    assert ["a1", "a2"] == await batch(queue, {"paint": 2, "dream": 9})
    await submit(queue, *(a_job(f"b{i}", "bob") for i in range(6)))
    assert ["b0"] == await batch(queue)


async def test_everybody_pays_for_his_own(queue: Built) -> None:
    """Who came along in a batch has had that service: V follows the head alone."""
    await slack(queue, 30)
    await submit(queue, *(a_job(f"a{i}", "ann", seconds=2, kind="x") for i in range(6)))
    await submit(queue, *(a_job(f"b{i}", "bob", effect="dream") for i in range(8)))
    assert ["a0", "a1", "a2"] == await batch(queue, {"paint": 3})
    # V is 0, ann's next has 6, bob's have 0, 1, 2 ...
    assert [f"b{i}" for i in range(6)] == [(await batch(queue, {}))[0] for _ in range(6)]
    assert ["a3"] == await batch(queue, {})


async def test_slack_bounds_a_batch(queue: Built) -> None:
    """Nothing goes along whose tag, or whose tier's start, is more than the slack above V."""
    await slack(queue, 8)
    await submit(queue, *(a_job(f"a{i}", "ann", seconds=4, kind="x") for i in range(6)))
    assert ["a0", "a1", "a2"] == await batch(queue)
    await slack(queue, 0)
    await submit(queue, *(a_job(f"b{i}", "bob", kind="x") for i in range(2)))
    await submit(queue, a_job("c0", "cem", kind="x"))
    assert ["b0"] == await batch(queue)


async def test_tiers_pay_for_their_own(queue: Built) -> None:
    """A batch may be of several tiers; each is charged for what it had in it."""
    await slack(queue, 60)
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(running=99), "plus": Tier(running=99)}
    await queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")
    await queue.office.set_tier("pia", "plus", who="admin")
    await submit(queue, *(a_job(f"a{i}", "ann", seconds=3, kind="x") for i in range(6)))
    await submit(queue, a_job("p0", "pia", seconds=9, kind="x"))
    await submit(queue, *(a_job(f"p{i}", "pia") for i in range(1, 4)))
    # starts: free 0, plus 0; then free 3, plus 9; free 6, free 9, free 12 ...
    assert ["a0", "p0", "a1", "a2", "a3"] == await batch(queue, {"paint": 5})
    assert ["p1", "p2", "p3", "a4"] == [(await batch(queue, {}))[0] for _ in range(4)]


async def test_the_running_limit_bounds_a_batch(queue: Built) -> None:
    """A user has no more jobs in it than may run at once."""
    rules = await queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(running=2)}
    await queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")
    await submit(queue, *(a_job(f"a{i}", "ann", kind="x") for i in range(5)))
    await submit(queue, a_job("b", "bob", seconds=2, kind="x"))
    assert ["a0", "b", "a1"] == await batch(queue)


async def test_by_day_a_batch_is_deferred_or_not(queue: Built, clock: Clock) -> None:
    """No deferred job goes along with one of a tier, by day; by night all may."""
    clock.now = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()

    async def fill() -> None:
        when = round(clock.now)
        for i in range(3):
            await submit(queue, a_job(f"n{i}-{when}", "ann", kind="x"))
            await submit(queue, a_job(f"l{i}-{when}", "ann", kind="x", deferred=True))

    await fill()
    assert ["n0", "n1", "n2"] == [name[:2] for name in await batch(queue)]
    assert ["l0", "l1", "l2"] == [name[:2] for name in await batch(queue)]
    clock.now = datetime(2026, 7, 1, 23, tzinfo=UTC).timestamp()
    await fill()
    assert Counter(n=3, l=3) == Counter(name[0] for name in await batch(queue))


# -- warm effects


async def test_a_loaded_effect_goes_first(queue: Built) -> None:
    """Within the slack, and only if the worker has it loaded."""
    await slack(queue, 10)
    await submit(queue, a_job("a", "ann"), a_job("b", "bob", effect="dream", seconds=2))
    assert ["b"] == await batch(queue, warm=["dream"])
    await submit(queue, a_job("c", "cem", effect="dream", seconds=2))
    assert ["a"] == await batch(queue, warm=["paint", "dream"])
    assert ["c"] == await batch(queue, warm=["other"])


async def test_nobody_is_held_up_by_more_than_the_slack(queue: Built) -> None:
    """Ten seconds of new users' loaded effects go before the head, and then it is its turn."""
    await slack(queue, 10)
    await submit(queue, a_job("a", "ann"))
    await submit(queue, *(a_job(f"b{i}", f"u{i}", effect="dream", seconds=3) for i in range(6)))
    served = [(await batch(queue, warm=["dream"]))[0] for _ in range(5)]
    assert ["b0", "b1", "b2", "a", "b3"] == served


async def test_a_loaded_batch_holds_up_no_longer(queue: Built) -> None:
    """The whole of a batch counts."""
    await slack(queue, 10)
    await submit(queue, a_job("a", "ann"))
    jobs = [a_job(f"b{i}", f"u{i}", effect="dream", seconds=3, kind="x") for i in range(6)]
    await submit(queue, *jobs)
    assert ["b0", "b1", "b2"] == await batch(queue, {"dream": 9}, ["dream"])
    assert ["a"] == await batch(queue, {"dream": 9}, ["dream"])


async def test_a_tag_too_far_is_not_preferred(queue: Built) -> None:
    """Who has had more than the slack beyond others waits, loaded or not; slack 0 is off."""
    await slack(queue, 6)
    await submit(queue, a_job("b0", "bob", effect="dream", seconds=7))
    await submit(queue, a_job("b1", "bob", effect="dream"))
    await take(queue, effects=["dream"])
    await submit(queue, *(a_job(name, name) for name in ("a", "c", "d")))
    # V is 0: b1 has 7, the others 0
    assert ["a"] == await batch(queue, warm=["dream"])
    await slack(queue, 7)
    assert ["b1"] == await batch(queue, warm=["dream"])
    await submit(queue, a_job("e", "eve", effect="dream"))
    await slack(queue, 0)
    assert ["c"] == await batch(queue, warm=["dream"])


async def test_what_was_given_back_starts_anew(queue: Built) -> None:
    """A job that was held up, begun and given back may be held up again."""
    await slack(queue, 3)
    await submit(queue, a_job("a", "ann"))
    await submit(queue, *(a_job(f"b{i}", f"u{i}", effect="dream", seconds=3) for i in range(2)))
    assert ["b0"] == await batch(queue, warm=["dream"])
    [claim] = await queue.claim("w1", BOTH, lease=10, warm=["dream"])
    assert "a" == claim.job.id
    await queue.release(claim)
    assert ["b1"] == await batch(queue, warm=["dream"])
