"""Any interleaving of what bots, workers and admins do gives the same answers on Redis and in
memory, and loses no job.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Clock
from tests.worker.cases import SECOND, a_job, deliver
from tests.worker.laws import balances, in_one_place
from worker.jobs.errors import QueueError
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Claim, Done, Job, JobView, Progress, Ticket, WorkerInfo
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

EFFECTS = ("paint", "dream")
USERS = ("ann", "bob", "cem")

small = st.integers(0, 9)
users = st.sampled_from(USERS)
some_effects = st.sampled_from([("paint",), ("dream",), EFFECTS])
seconds = st.sampled_from([1, 4, 16])
effect = st.sampled_from(EFFECTS)
kinds = st.sampled_from(["", "x", "x", "y"])
most = st.sampled_from([1, 1, 3, 9])
warm = st.sampled_from([(), ("dream",), ("paint",), EFFECTS])
tiers = st.builds(
    Tier, day=st.integers(1, 3), night=st.integers(1, 3), waiting=st.integers(1, 6),
    running=st.integers(1, 3), deferred=st.integers(0, 3), daily=st.sampled_from([5, 20, 1000]),
    effects=st.sampled_from([None, None, ("paint",)]),
)  # fmt: skip
steps = st.one_of(
    st.tuples(
        st.just("submit"), users, st.sampled_from(EFFECTS), seconds, st.integers(1, 3), kinds
    ),
    st.tuples(
        st.just("submit"), users, st.sampled_from(EFFECTS), seconds, st.integers(1, 3), kinds
    ),
    st.tuples(st.just("submit_later"), users, effect, seconds, kinds),
    st.tuples(st.just("defer"), small, users),
    st.tuples(st.just("resubmit"), small),
    st.tuples(st.just("claim"), st.sampled_from(["w1", "w2"]), some_effects, seconds, most, warm),
    st.tuples(st.just("claim"), st.sampled_from(["w1", "w2"]), some_effects, seconds, most, warm),
    st.tuples(st.just("renew"), small, seconds),
    st.tuples(st.just("progress"), small),
    st.tuples(st.just("finish"), small, st.sampled_from([0, 1, 3, 9])),
    st.tuples(st.just("fail"), small, st.booleans()),
    st.tuples(st.just("release"), small),
    st.tuples(st.just("acknowledge_cancel"), small),
    st.tuples(st.just("cancel"), small, users),
    st.tuples(st.just("announce"), st.sampled_from(["w1", "w2"]), some_effects, seconds),
    st.tuples(st.just("retire"), st.sampled_from(["w1", "w2"])),
    st.tuples(st.just("reap")),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("forget"), seconds),
    st.tuples(st.just("erase"), users),
    st.tuples(st.just("advance"), st.sampled_from([1, 4, 16, 6 * 3600, 24 * 3600])),
    st.tuples(st.just("set_tier"), users, st.sampled_from(["free", "plus", "none"])),
    st.tuples(st.just("grant"), users, st.sampled_from([0, 3, 20])),
    st.tuples(st.just("set_daily"), users, st.sampled_from([None, -1, 0, 7, 50])),
    st.tuples(st.just("boost"), users, st.sampled_from([0, 1, 2, 5]), seconds),
    st.tuples(st.just("ban"), users, st.sampled_from(["spam", ""])),
    st.tuples(st.just("unban"), users),
    st.tuples(st.just("pause"), st.sampled_from([(), ("dream",)]), st.sampled_from([(), ("w2",)])),
    st.tuples(st.just("drain"), st.sampled_from(["w1", "w2"])),
    st.tuples(st.just("retry"), small),
    st.tuples(st.just("retry"), small),
    st.tuples(st.just("drop"), small),
    st.tuples(st.just("link"), users, users),
    st.tuples(st.just("remove_plus")),
    st.tuples(
        st.just("set_rules"),
        tiers,
        tiers,
        st.sampled_from([0, 0, 0, 1]),
        st.sampled_from([0, 4, 30]),
    ),
)


class Run:
    """One history, played on one queue."""

    def __init__(self, queue: Queue, clock: Clock) -> None:
        self.queue = queue
        self.clock = clock
        self.jobs: list[str] = []
        self.claims: list[Claim] = []
        self.free: set[str] = set()
        self.born: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()

    async def step(self, name: str, *args: Any) -> Any:
        """Do it; the answer, or the kind of the error."""
        do: Callable[..., Awaitable[Any]] = getattr(self, f"do_{name}", self.with_claim)
        try:
            return await (do(name, *args) if do == self.with_claim else do(*args))
        except QueueError as error:
            return type(error)

    async def do_submit(self, user: str, effect: str, cost: int, attempts: int, kind: str) -> Any:
        name = f"j{len(self.jobs)}"
        self.jobs.append(name)
        return await self._submit(
            a_job(
                name, user, seconds=cost, effect=effect, max_attempts=attempts, kind=kind,
                guess=3 * SECOND, pixels=cost,
            )
        )  # fmt: skip

    async def do_submit_later(self, user: str, effect: str, cost: int, kind: str) -> Any:
        name = f"j{len(self.jobs)}"
        self.jobs.append(name)
        return await self._submit(
            a_job(name, user, seconds=cost, effect=effect, kind=kind, deferred=True)
        )

    async def do_defer(self, index: int, user: str) -> Any:
        return await self.queue.defer(f"j{index}", user=user)

    async def _submit(self, job: Job) -> Ticket:
        ticket = await self.queue.submit(job, key=job.id)
        self.born[job.id] += ticket.fresh
        if ticket.fresh:
            self.free.discard(job.id)
        return ticket

    async def do_resubmit(self, index: int) -> Any:
        name = f"j{index}"
        user = USERS[index % len(USERS)]
        if name in self.jobs:
            return await self._submit(a_job(name, user))  # new, if it was forgotten
        return None

    async def do_claim(
        self, worker: str, effects: tuple[str, ...], lease: int, most: int, warm: Any
    ) -> Any:
        claims = await self.queue.claim(
            worker, effects, lease=lease, pool=worker, most={"paint": most, "dream": 2}, warm=warm
        )
        self.claims += claims
        return claims

    async def with_claim(self, name: str, index: int, *args: Any) -> Any:
        if not self.claims:
            return None
        claim = self.claims[-1 - index % len(self.claims)]
        job = claim.job.id
        match name:
            case "renew":
                return await self.queue.renew(claim, lease=args[0])
            case "progress":
                return await self.queue.progress(claim, Progress(job=job, done=1, total=9))
            case "finish":
                return await self.queue.finish(
                    claim, Done(job=job, text={"en": claim.token}, seconds=args[0])
                )
            case "fail":
                return await self.queue.fail(claim, "x", claim.token, retry=args[0])
            case "release":
                return await self.queue.release(claim)
            case _:
                return await self.queue.acknowledge_cancel(claim)

    async def do_cancel(self, index: int, user: str) -> Any:
        return await self.queue.cancel(f"j{index}", user=user)

    async def do_announce(self, worker: str, effects: tuple[str, ...], ttl: int) -> Any:
        info = WorkerInfo(name=worker, device="cpu", pool=worker, effects=effects)
        return await self.queue.announce(info, ttl=ttl)

    async def do_retire(self, worker: str) -> Any:
        return await self.queue.retire(worker)

    async def do_reap(self) -> Any:
        return await self.queue.reap()

    async def do_deliver(self) -> Any:
        receipts = await deliver(self.queue)
        self.endings.update(receipt.job.id for receipt in receipts)
        return [(receipt.job, receipt.ending) for receipt in receipts]

    async def do_forget(self, older: int) -> Any:
        return await self.queue.forget(older_than=older)

    async def do_erase(self, user: str) -> Any:
        erased = await self.queue.erase(user, who=user)
        for job in erased:
            self.born[job] = self.endings[job] = 0
        return sorted(erased)

    async def do_advance(self, by: int) -> Any:
        self.clock.advance(by)

    async def do_set_tier(self, user: str, tier: str) -> Any:
        return await self.queue.office.set_tier(user, tier, who="admin")

    async def do_grant(self, user: str, credits: int) -> Any:
        return await self.queue.office.grant(user, credits, who="admin")

    async def do_set_daily(self, user: str, credits: int | None) -> Any:
        return await self.queue.office.set_daily(user, credits, who="admin")

    async def do_boost(self, user: str, factor: int, length: int) -> Any:
        return await self.queue.office.boost(user, factor, seconds=length, who="admin")

    async def do_ban(self, user: str, reason: str) -> Any:
        return await self.queue.office.ban(user, reason, who="admin")

    async def do_unban(self, user: str) -> Any:
        return await self.queue.office.unban(user, who="admin")

    async def do_pause(self, effects: tuple[str, ...], pools: tuple[str, ...]) -> Any:
        rules = await self.queue.office.rules()
        values = {"paused_effects": effects, "paused_pools": pools}
        return await self.queue.office.set_rules(rules.model_copy(update=values), who="admin")

    async def do_drain(self, worker: str) -> Any:
        return await self.queue.office.drain(worker, who="admin")

    async def do_retry(self, index: int) -> Any:
        await self.queue.office.retry(f"j{index}", who="admin")
        self.born[f"j{index}"] += 1
        self.free.add(f"j{index}")

    async def do_link(self, name: str, account: str) -> Any:
        return await self.queue.link(await self.queue.link_code(account), user=name)

    async def do_drop(self, index: int) -> Any:
        return await self.queue.office.drop(f"j{index}", who="admin")

    async def do_set_rules(self, free: Tier, plus: Tier, version: int, slack: int) -> Any:
        rules = await self.queue.office.rules()
        tiers = {**rules.tiers, "free": free, "plus": plus}
        version = version or rules.version  # mostly one that has passed
        values = {
            "tiers": tiers, "version": version, "nights": rules.nights[: version % 2],
            "longest": 6 * plus.running, "reference": "w1" if version % 2 else None,
            "slack": slack,
        }  # fmt: skip
        return await self.queue.office.set_rules(rules.model_copy(update=values), who="admin")

    async def do_remove_plus(self) -> Any:
        rules = await self.queue.office.rules()
        tiers = {name: tier for name, tier in rules.tiers.items() if name != "plus"}
        return await self.queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="x")

    async def seen(self) -> Any:
        """All that can be asked without changing anything."""
        views = [await self.queue.jobs_of(user) for user in USERS]
        whose = [await self.queue.whose(user) for user in USERS]
        estimates = [await self.queue.estimate(view.job.id) for row in views for view in row]
        people = [await self.queue.office.person(user) for user in USERS]
        for row, person in zip(views, people, strict=True):
            balances(person.account)
            held = sum(view.job.cost for view in row if self._holds(view))
            assert held / SECOND == person.account.held
        office = self.queue.office
        found = whose, await office.changes(), await office.dead(), await office.overview()
        foreseen = [await self.queue.foresee(a_job("new", user)) for user in (*USERS, "zoe")]
        prices = [await self.queue.price(effect, 3.0, 16) for effect in EFFECTS]
        told = [*estimates, *foreseen, *prices]
        return views, told, await self.queue.workers(), people, found

    def _holds(self, view: JobView) -> bool:
        return not (view.ending or view.job.deferred or view.job.id in self.free)

    async def drain(self) -> None:
        """Let all leases end and serve what is left; every job has had exactly one ending."""
        for user in USERS:
            await self.step("unban", user)
        await self.do_pause((), ())
        while True:
            self.clock.advance(100)
            await self.queue.reap()
            claims = await self.queue.claim("w9", EFFECTS, lease=10)
            if not claims:
                break
            for claim in claims:
                await self.queue.finish(claim, Done(job=claim.job.id))
        await self.do_deliver()
        assert self.born == self.endings


async def play(url: str, history: list[tuple[Any, ...]]) -> None:
    """Play the history on both, side by side."""
    client = redis.Redis.from_url(url, decode_responses=True)
    client.flushall()
    clocks = Clock(), Clock()
    queue = RedisQueue(url, clock=clocks[0], redelivery=3600)
    real, twin = Run(queue, clocks[0]), Run(MemoryQueue(clock=clocks[1]), clocks[1])
    try:
        for name, *args in history:
            assert await twin.step(name, *args) == await real.step(name, *args), name
            expected, actual = await twin.seen(), await real.seen()
            assert expected == actual
            # those who are one account see the same jobs
            in_one_place(client, {view.job.id: view for row in actual[0] for view in row}.values())
        await twin.drain()
        await real.drain()
    finally:
        client.close()
        await queue.close()


histories = st.lists(steps, min_size=12, max_size=50)
sparing = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(sparing, max_examples=15, derandomize=True)
@given(history=histories)
def test_redis_and_memory_answer_alike(redis_url: str, history: list[tuple[Any, ...]]) -> None:
    """The twin in memory and the scripts agree after every step of any history."""
    asyncio.run(play(redis_url, history))


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(sparing, max_examples=600)
@given(history=histories)
def test_many_histories(redis_url: str, history: list[tuple[Any, ...]]) -> None:
    """The same for minutes."""
    asyncio.run(play(redis_url, history))
