"""Two days, event by event: people submit, workers claim, finish, fail and die."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from tests.simulate.crew import REFERENCE, Worker
from tests.simulate.day import DAY, HEAVY, MORNING, Wish
from worker.jobs.errors import QueueError, QuotaExceeded
from worker.jobs.model import Claim, Done, Job, WorkerInfo
from worker.jobs.office import Office
from worker.jobs.people import DEFAULT_TIER
from worker.jobs.policy import MICRO
from worker.jobs.queue import Queue
from worker.jobs.rules import Rules

__all__ = ["Clock", "Story", "World"]

PLATFORM = "sim"
_BEGIN = int(datetime(2027, 1, 15, MORNING, tzinfo=UTC).timestamp())
# As the runtime does it.
_LEASE = 120.0
_BEAT = _LEASE / 3
_REAP = _LEASE / 4
_DELIVERY = 60.0
_BREAKS = 0.002
"""Share of the attempts that fail half-way in a way that may pass."""


class Clock:
    """Unix seconds, in whole microseconds since the morning; it begins a day before."""

    def __init__(self) -> None:
        self.micros = -DAY * MICRO

    def __call__(self) -> float:
        return _BEGIN + self.micros / MICRO


@dataclass(slots=True)
class Story:
    """What became of a request; times in seconds since the morning."""

    wish: Wish
    deferred: bool
    alone: bool
    """Whether its user had nothing else in the queue."""
    promised: float
    """Seconds until it is done, as said when it was submitted."""
    started: float = 0.0
    """Of the last attempt."""
    ended: float | None = None
    """When it was done."""
    attempts: int = 0
    endings: int = 0
    """Delivered."""

    @property
    def wait(self) -> float:
        """Seconds until the attempt that counted began."""
        return max(0.0, self.started - self.wish.at)

    @property
    def work(self) -> float:
        """Seconds that it takes the reference worker."""
        return (self.wish.night if self.deferred else self.wish.size).work


@dataclass
class World:
    """Runs `wishes` of two days on `crew` through `queue`, whose time is `clock`. Of the first day,
    which is there to be learned from, no figures are kept.
    """

    queue: Queue
    office: Office
    clock: Clock
    rules: Rules
    wishes: list[Wish]
    crew: list[Worker]
    seed: int
    stories: dict[str, Story] = field(default_factory=dict)
    """By job, in order of time; of the second day, as is all that follows."""
    refused: Counter[str] = field(default_factory=Counter)
    turned_away: set[str] = field(default_factory=set)
    """Users of whom something was refused."""
    order: list[str] = field(default_factory=list)
    """Jobs as they were claimed."""
    busy: list[tuple[float, float, float]] = field(default_factory=list)
    """What workers did: begin, end, speed."""
    deaths: int = 0

    def __post_init__(self) -> None:
        self._events: list[tuple[int, int, Callable[[], Awaitable[None]]]] = []
        self._count = 0
        self._left = len(self.wishes)
        self._known: dict[str, Story] = {}
        self._waiting = 0
        self._idle: list[Worker] = []
        self._open: Counter[str] = Counter()

    @property
    def now(self) -> float:
        """Seconds since the morning."""
        return self.clock.micros / MICRO

    async def run(self) -> None:
        """Until the day is over and everything has ended."""
        await self._open_office()
        for worker in self.crew:
            await self._come(worker)
            for at, length in worker.falls:
                self._at(at, partial(self._die, worker, length))
        self._at(0, self._dawn)
        self._every(_REAP, self._reap)
        self._every(_DELIVERY, self._deliver)
        self._next_wish(0)
        while self._events:
            self.clock.micros, _, action = heapq.heappop(self._events)
            await action()

    @property
    def _is_over(self) -> bool:
        return not self._left and self.now >= DAY

    def _at(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        self._count += 1
        micros = max(round(seconds * MICRO), self.clock.micros)
        heapq.heappush(self._events, (micros, self._count, action))

    def _every(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        async def again() -> None:
            await action()
            if not self._is_over:
                self._at(self.now + seconds, again)

        self._at(self.now + seconds, again)

    async def _open_office(self) -> None:
        rules = self.rules.model_copy(update={"reference": REFERENCE})
        self.rules = await self.office.set_rules(rules, who="sim")
        tiers = {wish.user: wish.tier for wish in self.wishes if wish.tier != DEFAULT_TIER}
        for user, tier in tiers.items():
            await self.office.set_tier(user, tier, who="sim")

    async def _dawn(self) -> None:
        """The second day begins: what was found on the first is dropped."""
        for found in (self.refused, self.turned_away, self.order, self.busy):
            found.clear()
        self.deaths = 0
        for worker in self.crew:
            worker.since = self.now

    def _next_wish(self, number: int) -> None:
        if number < len(self.wishes):
            self._at(self.wishes[number].at, lambda: self._submit(number))

    async def _submit(self, number: int) -> None:
        wish, name = self.wishes[number], f"j{number}"
        self._next_wish(number + 1)
        job = await self._job(name, wish, deferred=False)
        deferred = await self._waits_for_night(wish, job)
        try:
            if not deferred:
                try:
                    ticket = await self.queue.submit(job, key=name)
                except QuotaExceeded:
                    if wish.effect != HEAVY or not wish.accepts:
                        raise
                    deferred = True
            if deferred:
                job = await self._job(name, wish, deferred=True)
                ticket = await self.queue.submit(job, key=name)
        except QueueError as error:
            self.refused[error.code] += 1
            self.turned_away.add(wish.user)
            self._left -= 1
            return
        alone = not self._open[wish.user]
        story = self._known[job.id] = Story(wish, deferred, alone, ticket.seconds)
        if wish.at >= 0:
            self.stories[job.id] = story
        self._open[wish.user] += 1
        self._waiting += 1
        await self._wake()

    async def _job(self, name: str, wish: Wish, *, deferred: bool) -> Job:
        size = wish.night if deferred else wish.size
        pixels = round(size.megapixels * 1e6)
        seconds = await self.queue.price(wish.effect, size.guess, pixels)
        return Job(
            id=name, user=wish.user, platform=PLATFORM, chat="", effect=wish.effect,
            cost=round(seconds * MICRO), guess=round(size.guess * MICRO), pixels=pixels,
            deferred=deferred,
        )  # fmt: skip

    async def _waits_for_night(self, wish: Wish, job: Job) -> bool:
        """By hand, or offered as the bot does it: by day, when a heavy job would wait too long."""
        rules, limit = self.rules, self.rules.tiers[wish.tier].offer_after
        if wish.effect != HEAVY or rules.is_night(self.clock()):
            return False
        if wish.by_hand or limit is None or job.cost <= rules.heavy * MICRO:
            return wish.by_hand
        wait = (await self.queue.foresee(job)).seconds - job.cost / MICRO
        return wish.accepts and wait > max(limit, wish.patience)

    async def _wake(self) -> None:
        """Idle workers look for work, the fastest first; of equal ones as many as find some."""
        nothing: set[str] = set()
        for worker in sorted(self._idle, key=lambda worker: -worker.speed):
            if self._waiting and worker.pool not in nothing and not await self._claim(worker):
                nothing.add(worker.pool)

    async def _claim(self, worker: Worker) -> bool:
        claims = await self.queue.claim(worker.name, worker.effects, lease=_LEASE)
        if not claims:
            return False
        self._idle.remove(worker)
        worker.claims = claims
        worker.since = self.now
        for claim in claims:
            self._waiting -= 1
            self.order.append(claim.job.id)
            story = self._known[claim.job.id]
            story.started = self.now
            story.attempts += 1
        self._begin(worker, claims[0])
        return True

    def _begin(self, worker: Worker, claim: Claim) -> None:
        story, life = self._known[claim.job.id], worker.life
        seconds = story.work / worker.speed
        luck = random.Random(f"{self.seed} {claim.job.id} {story.attempts}").random()
        took = seconds if luck >= _BREAKS else None
        self._at(self.now + (took or seconds / 2), lambda: self._end(worker, life, claim, took))

    async def _end(self, worker: Worker, life: int, claim: Claim, took: float | None) -> None:
        if worker.life != life:
            return
        self._stop(worker)
        story = self._known[claim.job.id]
        if took is None:
            ended = await self.queue.fail(claim, "internal", "It broke.", retry=True)
            self._waiting += ended is None
        else:
            await self.queue.finish(claim, Done(job=claim.job.id, seconds=took))
            story.ended = self.now
        self._idle.append(worker)
        await self._wake()

    def _stop(self, worker: Worker) -> None:
        if worker.claims:
            self.busy.append((worker.since, self.now, worker.speed))
        worker.claims = []

    async def _come(self, worker: Worker) -> None:
        worker.alive = True
        self._idle.append(worker)
        life = worker.life

        async def beat() -> None:
            if worker.life == life:
                await self._beat(worker)
                if not self._is_over:
                    self._at(self.now + _BEAT, beat)

        await beat()
        await self._wake()

    async def _beat(self, worker: Worker) -> None:
        info = WorkerInfo(
            name=worker.name, device=worker.pool, pool=worker.pool, effects=worker.effects
        )
        await self.queue.announce(info, ttl=_LEASE)
        for claim in worker.claims:
            await self.queue.renew(claim, lease=_LEASE)

    async def _die(self, worker: Worker, length: float) -> None:
        """As by `kill -9`: nothing is said, its leases run out."""
        if not worker.alive:
            return
        self.deaths += 1
        worker.alive = False
        worker.life += 1
        self._stop(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        self._at(self.now + length, lambda: self._come(worker))

    async def _reap(self) -> None:
        self._waiting += len(await self.queue.reap())
        await self._wake()

    async def _deliver(self) -> None:
        while receipts := await self.queue.outbox(PLATFORM, "sim", count=1000):
            for receipt in receipts:
                story = self._known[receipt.job.id]
                story.endings += 1
                self._open[story.wish.user] -= 1
                self._left -= 1
                await self.queue.acknowledge(PLATFORM, receipt)
