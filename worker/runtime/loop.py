"""A worker: one loop that claims and runs jobs, and the beats beside it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Sequence

from worker.config import WorkerOptions
from worker.jobs.errors import BlobStoreAway, LeaseLost, QueueAway
from worker.jobs.logs import about
from worker.jobs.model import Claim, WorkerInfo
from worker.jobs.settings import Jobs
from worker.jobs.wakeups import set_within
from worker.jobs.watch import redis_fault
from worker.runtime.attempt import Attempt
from worker.runtime.batch import Batch
from worker.runtime.device import Device, DeviceRefused
from worker.runtime.metrics import WAIT, expect
from worker.runtime.patience import Patience
from worker.runtime.process import ChildGone, ChildHung
from worker.runtime.sweep import Sweep, sweep_cache

log = logging.getLogger(__name__)

_CLAIM_WAIT = 1.0
"""Seconds a claim waits for work; also how long an idle worker takes to leave."""
_RESTART_PAUSE = 5.0
_SWEEP_EVERY = 600.0
_LOOK_SHARE = 20
"""Of the worker's time, no more than one part in so many goes into looking for what is down."""


class Worker:
    """Serves jobs on one device until it is drained."""

    def __init__(self, options: WorkerOptions, jobs: Jobs) -> None:
        self._options = options
        self._jobs = jobs
        self.device = Device(options)
        self._patience = Patience()
        self._grace = options.grace
        self._stop = asyncio.Event()
        """Claim no more."""
        self._leave = asyncio.Event()
        """There is nothing more to do here, or there shall not be when the grace is over."""
        self._ready = asyncio.Event()
        self._changed = asyncio.Event()
        self._numbers = itertools.count(1)
        self._batch: Batch | None = None
        self._cancelled: set[str] = set()
        self._refused: DeviceRefused | None = None
        self._next_look = 0.0

    def drain(self, grace: float | None = None) -> None:
        """Claim no more; `run` returns when what runs is done or `grace` is over."""
        if grace is not None:
            self._grace = min(grace, self._grace)
        self._stop.set()
        self._leave.set()

    async def missing(self) -> str:
        """What it lacks to be of use now; "" when it lacks nothing."""
        if self._stop.is_set():
            return "it is leaving"
        if not self._ready.is_set():
            return "its effects are being loaded"
        if not self.device.effects:
            return "no effect can be run here"
        return await redis_fault(self._jobs.redis)

    async def run(self) -> None:
        """Work until drained. Raises `DeviceRefused`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                beats = [
                    tasks.create_task(beat)
                    for beat in (self._announce(), self._listen(), self._reap(), self._sweep())
                ]
                work = tasks.create_task(self._work())
                await self._until_drained(work)
                for task in beats:
                    task.cancel()
        finally:
            await self.device.kill()
            with contextlib.suppress(QueueAway, TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._jobs.queue.retire(self._options.name)
        if self._refused is not None:
            raise self._refused
        log.info("worker %s has left", self._options.name)

    async def _work(self) -> None:
        while not self._stop.is_set():
            if not self.device.alive:
                await self._start_device()
            elif self.device.down and time.monotonic() >= self._next_look:
                await self._look_again()
            elif claims := await self._claim():
                await self._serve(claims)
        self._leave.set()

    async def _start_device(self) -> None:
        try:
            await self.device.start()
        except DeviceRefused as error:
            self._refused = error
            self._stop.set()
            return
        except (ChildGone, ChildHung) as error:
            log.warning("the child %s at its start; trying again", error)
            await asyncio.sleep(_RESTART_PAUSE)
            return
        if not self._ready.is_set():
            down = "".join(f"; {name} is down: {why}" for name, why in self.device.down.items())
            log.info(
                "worker %s is ready on %s: %s%s",
                *(self._options.name, self.device.name),
                *(", ".join(self.device.effects) or "nothing", down),
            )
        expect(self.device.effects)
        self._next_look = max(self._next_look, time.monotonic() + self._options.look_again)
        self._ready.set()
        self._changed.set()

    async def _look_again(self) -> None:
        """Whether an effect that was down can be loaded by now."""
        begun, before = time.monotonic(), self.device.effects
        try:
            await self.device.look_again()
        except (ChildGone, ChildHung) as error:
            log.warning("the child %s", error)
        if up := set(self.device.effects) - set(before):
            log.info("no longer down: %s", ", ".join(sorted(up)))
        self._changed.set()
        now = time.monotonic()
        self._next_look = now + max(self._options.look_again, _LOOK_SHARE * (now - begun))

    @property
    def _pool(self) -> str:
        return self._options.pool or self.device.name.partition(":")[0]

    async def _claim(self) -> list[Claim]:
        effects = self.device.effects
        if not effects:
            await asyncio.sleep(_CLAIM_WAIT)
            return []
        stock = self.device.stock
        return await self._patience(
            lambda: self._jobs.queue.claim(
                self._options.name,
                effects,
                lease=self._options.lease,
                wait=_CLAIM_WAIT,
                pool=self._pool,
                most=stock.most,
                warm=stock.warm,
            )
        )

    async def _serve(self, claims: Sequence[Claim]) -> None:
        if self._stop.is_set() or not self.device.alive:
            await asyncio.gather(*map(self._release, claims))
            return
        for claim in claims:
            if claim.attempt == 1:
                WAIT.labels(claim.tier, self._pool).observe(claim.waited)
        attempts = [self._attempt(claim) for claim in claims]
        self._batch = Batch(attempts, self.device)
        effects = self.device.effects
        try:
            # A cancel may be heard before the claim's answer is.
            for job in tuple(self._cancelled):
                await self._batch.cancel(job)
            await self._batch.run()
        finally:
            self._batch = None
            self._cancelled.clear()
        if self.device.effects != effects:
            self._changed.set()

    def _attempt(self, claim: Claim) -> Attempt:
        number = next(self._numbers)
        return Attempt(number, claim, self._jobs, self.device, self._patience, self._options)

    async def _release(self, claim: Claim) -> None:
        with contextlib.suppress(LeaseLost):
            await self._patience(lambda: self._jobs.queue.release(claim))

    async def _until_drained(self, work: asyncio.Task[None]) -> None:
        await self._leave.wait()
        if self._refused is None:
            log.info("worker %s is leaving", self._options.name)
        await asyncio.wait([work], timeout=self._grace if self._batch else 2 * _CLAIM_WAIT)
        if self._batch is not None:
            await self._batch.give_up()
            await asyncio.wait([work], timeout=2 * _CLAIM_WAIT)
        work.cancel()

    async def _announce(self) -> None:
        """Say that the worker lives, three times a lease, and at once when its state changes."""
        await self._ready.wait()
        while True:
            self._changed.clear()
            await self._patience(self._announce_once)
            await set_within(self._changed, self._options.lease / 3)

    async def _announce_once(self) -> None:
        info = WorkerInfo(
            name=self._options.name,
            device=self.device.name,
            pool=self._pool,
            effects=self.device.effects,
            down=self.device.down,
        )
        welcome = await self._jobs.queue.announce(info, ttl=self._options.lease)
        if not (welcome or self._stop.is_set()):
            log.info("worker %s was told to leave", self._options.name)
            self._stop.set()

    async def _listen(self) -> None:
        """Hear of cancelled jobs."""
        while True:
            try:
                async for job in self._jobs.queue.cancellations(self._options.name):
                    self._cancelled.add(job)
                    if self._batch is not None:
                        await self._batch.cancel(job)
            except QueueAway as error:
                await self._patience.pause(error)

    async def _reap(self) -> None:
        """Give back the jobs of workers that fell silent."""
        while True:
            for job in await self._patience(self._jobs.queue.reap):
                with about(job):
                    log.warning("job %s: its worker fell silent, it is given back", job)
            await asyncio.sleep(self._options.lease / 2)

    async def _sweep(self) -> None:
        """Drop old jobs and their pictures, and pictures without a job."""
        # Here, for the parent starts without effects; and this loads none.
        from effects.cache import cache_folder

        keep, age = self._options.keep, self._options.keep_orphans
        orphans = Sweep(self._jobs.queue, self._jobs.blobs, age)
        while True:
            await asyncio.to_thread(sweep_cache, cache_folder(), age)
            try:
                for job in await self._patience(lambda: self._jobs.queue.forget(older_than=keep)):
                    await self._jobs.blobs.delete_under(job)
                if dropped := await self._patience(orphans.round):
                    log.info("dropped the pictures of jobs that nobody knows: %d", len(dropped))
            except BlobStoreAway as error:
                log.warning("old pictures could not be dropped: %s", error)
            await asyncio.sleep(min(keep, age, _SWEEP_EVERY))
