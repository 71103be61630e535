"""Bots and workers at work while something happens to Redis; and whether all was kept."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType

from tests.conftest import WAIT
from tests.worker.cases import a_job
from tests.worker.runtime_kit import House, until
from worker.jobs.errors import LeaseLost
from worker.jobs.model import Done
from worker.jobs.redis_queue import RedisQueue
from worker.runtime.patience import Patience

BOTS = 4
_PACE = 0.01
"""Seconds between a bot's jobs."""


class Load:
    """Bots that submit, a worker in this process, and one who delivers: each its own client."""

    def __init__(self, url: str, effect: str) -> None:
        self._clients = [RedisQueue(url) for _ in range(3)]
        self._effect = effect
        self._numbers = itertools.count()
        self._accepted: set[str] = set()
        self._delivered: Counter[str] = Counter()
        self._patience = Patience()
        self._enough = asyncio.Event()

    async def __aenter__(self) -> Load:
        bots, worker, deliverer = self._clients
        self._tasks = [asyncio.create_task(self._submit(bots)) for _ in range(BOTS)]
        self._rest = [asyncio.create_task(self._serve(worker))]
        self._rest += [asyncio.create_task(self._deliver(deliverer))]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._enough.set()
        if kind is None:
            await asyncio.wait_for(asyncio.gather(*self._tasks), WAIT)
            await until(lambda: self._accepted <= self._delivered.keys())
        for task in (*self._tasks, *self._rest):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._rest, return_exceptions=True)
        for client in self._clients:
            await client.close()

    @property
    def accepted(self) -> int:
        """So many jobs."""
        return len(self._accepted)

    async def accepted_more(self, count: int) -> None:
        """Return when so many more were accepted."""
        goal = self.accepted + count
        await until(lambda: self.accepted >= goal)

    def verdict(self) -> tuple[list[str], list[str]]:
        """Jobs that were accepted and not answered, and those answered more than once."""
        lost = sorted(self._accepted - self._delivered.keys())
        return lost, [job for job, times in self._delivered.items() if times > 1]

    async def _submit(self, queue: RedisQueue) -> None:
        while not self._enough.is_set():
            number = next(self._numbers)
            job = a_job(f"job{number}", f"test:{number % 20}", effect=self._effect, platform="test")
            await self._patience(lambda job=job: queue.submit(job, key=job.id))
            self._accepted.add(job.id)
            await asyncio.sleep(_PACE)

    async def _serve(self, queue: RedisQueue) -> None:
        while True:
            for claim in await self._patience(
                lambda: queue.claim("here", [self._effect], lease=5, wait=1)
            ):
                try:
                    await self._patience(
                        lambda claim=claim: queue.finish(claim, Done(job=claim.job.id))
                    )
                except LeaseLost:
                    continue  # the claim was undone, and the job waits again
            await self._patience(queue.reap)

    async def _deliver(self, queue: RedisQueue) -> None:
        while True:
            for receipt in await self._patience(
                lambda: queue.outbox("test", "deliverer", count=16, wait=1)
            ):
                self._delivered[receipt.job.id] += 1
                await self._patience(lambda receipt=receipt: queue.acknowledge("test", receipt))


@asynccontextmanager
async def under_load(url: str, folder: Path) -> AsyncIterator[Load]:
    """In the block bots submit and workers serve, one of them a process; fifty jobs are accepted
    before it and fifty after it.
    """
    queue = RedisQueue(url)
    house = House(queue, folder, url)
    try:
        await house.worker(effects="noop")
        async with Load(url, effect="noop") as load:
            await load.accepted_more(50)
            yield load
            await load.accepted_more(50)
    finally:
        house.close()
        await queue.close()
