"""The queue as Prometheus sees it: read at every scrape, so that any bot tells the same."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from prometheus_client import Counter as CounterMetric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from worker.jobs.errors import QueueAway
from worker.jobs.model import Overview, WorkerInfo
from worker.jobs.office import Office
from worker.jobs.policy import LATER
from worker.jobs.queue import Queue
from worker.jobs.watch import ask_loop

__all__ = ["EXPIRED", "NOBODY", "QueueCollector"]

EXPIRED = CounterMetric("atelier_expired_leases", "Jobs given back whose worker fell silent.")
NOBODY = "none"
"""The pool of effects that no living worker offers."""
_SHARE = 20
"""No more than one part in so many of the time goes into reading a long queue."""


class QueueCollector(Collector):
    """Reads the queue in `loop`; scrapes come in other threads."""

    def __init__(self, queue: Queue, office: Office, loop: asyncio.AbstractEventLoop) -> None:
        self._queue = queue
        self._office = office
        self._loop = loop
        self._last: Overview | None = None
        self._next = 0.0

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is comes from Redis, which may be away."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All families; while Redis is away that alone."""
        up = GaugeMetricFamily("atelier_redis_up", "Whether Redis answers.")
        try:
            workers = ask_loop(self._loop, self._queue.workers())
        except (QueueAway, TimeoutError):
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        # A queue that takes too long to read is no Redis that is away.
        with suppress(QueueAway, TimeoutError):
            view = ask_loop(self._loop, self._view())
            yield from (*_of_queue(view), *_of_pools(view, workers), *_credits(view))

    async def _view(self) -> Overview:
        begun = time.monotonic()
        if self._last is None or begun >= self._next:
            self._last = await self._office.overview()
            now = time.monotonic()
            self._next = now + _SHARE * (now - begun)
        return self._last


def _gauge(name: str, help: str, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"atelier_{name}", help, labels=labels)


def _of_queue(view: Overview) -> Iterator[Metric]:
    now = time.time()
    jobs = _gauge("queue_waiting_jobs", "Jobs that wait.", ["tier", "effect"])
    wait = _gauge("queue_oldest_wait_seconds", "Since the oldest came.", ["tier", "effect"])
    for tier, counts in view.waiting.items():
        for effect, count in counts.items():
            jobs.add_metric([tier, effect], count)
    for tier, begins in view.since.items():
        for effect, begin in begins.items():
            wait.add_metric([tier, effect], max(0.0, now - begin))
    running = _gauge("running_jobs", "Jobs that workers hold.")
    running.add_metric([], view.running)
    dead = _gauge("dead_jobs", "Failed jobs that no admin has seen to.")
    dead.add_metric([], view.dead)
    yield from (jobs, wait, running, dead)


def _of_pools(view: Overview, workers: Sequence[WorkerInfo]) -> Iterator[Metric]:
    """What each pool could do now; deferred jobs may wait and are left out."""
    offers: defaultdict[str, set[str]] = defaultdict(set)
    for info in workers:
        offers[info.pool].update(info.effects)
    known = set().union(*offers.values())
    now = time.time()
    count: Counter[str] = Counter()
    oldest = dict.fromkeys((*offers, NOBODY), 0.0)
    for tier, counts in view.waiting.items():
        for effect, jobs_there in counts.items() if tier != LATER else ():
            pools = [pool for pool, names in offers.items() if effect in names]
            for pool in pools if effect in known else [NOBODY]:
                count[pool] += jobs_there
                begin = view.since.get(tier, {}).get(effect, now)
                oldest[pool] = max(oldest[pool], now - begin)
    jobs = _gauge("pool_waiting_jobs", "Jobs that wait and that the pool could run.", ["pool"])
    wait = _gauge("pool_oldest_wait_seconds", "Since the oldest of them came.", ["pool"])
    for pool, seconds in oldest.items():
        jobs.add_metric([pool], count[pool])
        wait.add_metric([pool], seconds)
    alive = _gauge("workers", "Workers that are alive.", ["pool"])
    for pool, workers_there in Counter(info.pool for info in workers).items():
        alive.add_metric([pool], workers_there)
    offered = _gauge("effect_workers", "Workers, by whether they can run it.", ["effect", "state"])
    up = Counter(effect for info in workers for effect in info.effects)
    down = Counter(effect for info in workers for effect in info.down)
    for effect in {*up, *down}:
        offered.add_metric([effect, "up"], up[effect])
        offered.add_metric([effect, "down"], down[effect])
    yield from (jobs, wait, alive, offered)


def _credits(view: Overview) -> Iterator[Metric]:
    """A credit is a second of the reference worker."""
    for name, help in (
        ("held", "Credits taken for jobs when they were submitted."),
        ("spent", "Credits that jobs used."),
        ("returned", "Credits given back by jobs that failed or were cancelled."),
    ):
        yield CounterMetricFamily(
            f"atelier_credits_{name}", help, value=getattr(view.turnover, name)
        )
