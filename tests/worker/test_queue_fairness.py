"""The bounds of the order, as `worker.jobs.policy` states them, on both builds of the queue."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Clock
from tests.worker.cases import SECOND, a_job, submit
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Done, Job
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

Built = MemoryQueue | RedisQueue

EFFECTS = ("paint", "dream")
MOST = {"paint": 4, "dream": 3}

costs = st.integers(1, 9)
jobs = st.tuples(costs, st.sampled_from(EFFECTS), st.sampled_from(["", "x", "x"]))
lines = st.lists(st.lists(jobs, min_size=8, max_size=14), min_size=2, max_size=4)
slacks = st.sampled_from([0, 3, 10, 600])
warm = st.lists(st.sampled_from([(), ("paint",), ("dream",)]), min_size=1, max_size=5)

built = pytest.mark.parametrize("kind", ["memory", "redis"])
some = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


async def arrange(queue: Built, slack: int, **weights: int) -> None:
    """Tiers of such weights at all hours, in which nobody is ever at a limit."""
    rules = await queue.office.rules()
    tiers = {
        name: Tier(day=weight, night=weight, waiting=1000, running=1000, daily=1_000_000)
        for name, weight in weights.items()
    }
    values = {"tiers": {**rules.tiers, **tiers}, "slack": slack}
    await queue.office.set_rules(rules.model_copy(update=values), who="admin")


async def serve(
    queue: Built, *, most: Mapping[str, int], warm: Sequence[Sequence[str]]
) -> list[Job]:
    """Claim and finish all, in the order served; claims take turns in what they find warm."""
    served = []
    for loaded in itertools.cycle(warm):
        claims = await queue.claim("w1", EFFECTS, lease=10, most=most, warm=loaded)
        if not claims:
            return served
        for claim in claims:
            served.append(claim.job)
            await queue.finish(claim, Done(job=claim.job.id))
    raise AssertionError


def queues(kind: str, url: str) -> Built:
    """A new queue, empty."""
    if kind == "memory":
        return MemoryQueue(clock=Clock())
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return RedisQueue(url, clock=Clock())


def widest(served: Sequence[Job], weight: Mapping[str, int], one: str, other: str) -> float:
    """The largest difference, over all windows in which both have work, of the weighted service
    of two users or two tiers; a job belongs to the first part of its name.
    """
    names = [job.id.partition("-")[0] for job in served]
    end = min(len(names) - names[::-1].index(name) for name in (one, other))
    sign = {one: 1 / weight.get(one, 1), other: -1 / weight.get(other, 1)}
    steps = (sign.get(names[i], 0) * served[i].cost / SECOND for i in range(end))
    ahead = [0.0, *itertools.accumulate(steps)]
    return max(ahead) - min(ahead)


async def users(kind: str, url: str, asked: list[list[tuple[int, str, str]]], slack: int,
                most: Mapping[str, int], warm: Sequence[Sequence[str]]) -> None:  # fmt: skip
    """Serve users of one tier, beside another busy tier, and compare each two."""
    queue = queues(kind, url)
    await arrange(queue, slack, free=2, pro=3)
    await queue.office.set_tier("pro", "pro", who="admin")
    for number, row in enumerate([*asked, [(5, "dream", "x")] * 6]):
        user = f"u{number}" if number < len(asked) else "pro"
        for index, (cost, effect, group) in enumerate(row):
            name = f"{user}-{index}"
            await submit(queue, a_job(name, user, seconds=cost, effect=effect, kind=group))
    served = await serve(queue, most=most, warm=warm)
    assert sum(map(len, asked)) + 6 == len(served)
    batched = bool(most) or any(warm)
    for one, other in itertools.combinations(range(len(asked)), 2):
        largest = max(cost for cost, *_ in asked[one]) + max(cost for cost, *_ in asked[other])
        bound = largest + 2 * slack * batched
        assert widest(served, {}, f"u{one}", f"u{other}") <= bound
    await queue.close()


@built
@some
@given(asked=lines)
def test_any_two_users_of_a_tier(
    kind: str, redis_url: str, asked: list[list[tuple[int, str, str]]]
) -> None:
    """Job by job, over any window, two busy users differ by at most a largest job of each."""
    asyncio.run(users(kind, redis_url, asked, 30, {}, [()]))


@built
@some
@given(asked=lines, slack=slacks, loaded=warm)
def test_any_two_users_in_batches(
    kind: str, redis_url: str, asked: list[list[tuple[int, str, str]]], slack: int,
    loaded: list[tuple[str, ...]],
) -> None:  # fmt: skip
    """With batches and warm effects they differ by at most twice the slack more."""
    asyncio.run(users(kind, redis_url, asked, slack, MOST, loaded))


async def tiers(kind: str, url: str, asked: list[list[tuple[int, str, str]]], slack: int,
                most: Mapping[str, int], warm: Sequence[Sequence[str]]) -> None:  # fmt: skip
    """Serve one busy user of each tier, and compare the tiers."""
    queue = queues(kind, url)
    weights = dict(zip(("free", "plus", "pro", "staff"), (1, 2, 5, 3), strict=True))
    await arrange(queue, slack, **weights)
    named = dict(zip(weights, asked, strict=False))
    for tier, row in named.items():
        await queue.office.set_tier(tier, tier, who="admin")
        for index, (cost, effect, group) in enumerate(row):
            job = a_job(f"{tier}-{index}", tier, seconds=cost, effect=effect, kind=group)
            await submit(queue, job)
    served = await serve(queue, most=most, warm=warm)
    largest = {tier: max(cost for cost, *_ in row) / weights[tier] for tier, row in named.items()}
    batched = bool(most) or any(warm)
    for one, other in itertools.combinations(named, 2):
        bound = largest[one] + largest[other] + 2 * slack * batched
        assert widest(served, weights, one, other) <= bound + 1e-4  # F is in whole microseconds
    await queue.close()


@built
@some
@given(asked=lines)
def test_any_two_tiers(kind: str, redis_url: str, asked: list[list[tuple[int, str, str]]]) -> None:
    """Job by job, two busy tiers differ by at most a largest job of each over its weight."""
    asyncio.run(tiers(kind, redis_url, asked, 30, {}, [()]))


@built
@some
@given(asked=lines, slack=slacks, loaded=warm)
def test_any_two_tiers_in_batches(
    kind: str, redis_url: str, asked: list[list[tuple[int, str, str]]], slack: int,
    loaded: list[tuple[str, ...]],
) -> None:  # fmt: skip
    """With batches and warm effects by at most twice the slack more."""
    asyncio.run(tiers(kind, redis_url, asked, slack, MOST, loaded))


@pytest.mark.parametrize(("hour", "weight"), [(12, 6), (3, 4)], ids=["day", "night"])
async def test_free_progresses_by_the_weights_of_the_hour(
    queue: Built, clock: Clock, hour: int, weight: int
) -> None:
    """While three pro users keep the service busy, every seventh second is a free user's by day,
    every fifth by night, whatever batches the others come in.
    """
    clock.now = datetime(2026, 7, 1, hour, tzinfo=UTC).timestamp()
    shares = (await queue.office.rules()).weights(clock.now)
    assert weight * shares["free"] == shares["pro"]
    for user in ("pro-a", "pro-b", "pro-c"):
        await queue.office.set_tier(user, "pro", who="admin")
        await submit(queue, *(a_job(f"{user}{i}", user, kind="x") for i in range(60)))
    await submit(queue, *(a_job(f"free-{i}", f"u{i}", effect="dream") for i in range(12)))
    for most, each in (({}, 1), ({"paint": 4}, 4)):
        had: Counter[str] = Counter()
        while had["free"] < 6:
            for claim in await queue.claim("w1", EFFECTS, lease=10, most=most):
                had[claim.job.id.partition("-")[0]] += 1
                await queue.finish(claim, Done(job=claim.job.id))
            assert had["pro"] <= weight * (had["free"] + 1) + each - 1
        assert had["pro"] >= weight * 5
