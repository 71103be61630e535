"""One claimed job: fetch, wait for the verdict, upload, finish."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from worker.config import WorkerOptions
from worker.jobs.errors import BadBlob, BlobMissing, BlobStoreAway, LeaseLost
from worker.jobs.logs import about
from worker.jobs.model import Claim, Done, MediaRef
from worker.jobs.settings import Jobs
from worker.jobs.tracing import Facts, begin, span, traceparent
from worker.runtime.device import Device
from worker.runtime.lease import Reporter, keep
from worker.runtime.messages import Failure, Part, Result, Step, Stopped, Verdict
from worker.runtime.metrics import ATTEMPTS, SERVICE
from worker.runtime.patience import Patience, StorePatience

log = logging.getLogger(__name__)

_SUFFIX = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "video/mp4": "mp4"}


@dataclass(frozen=True)
class _Outcome:
    """What came of an attempt: for who counts, and in words."""

    name: str
    code: str = ""
    said: str = ""


class Attempt:
    """Carries one claim to one end; whatever happens, the job is not stuck. `number` is its own
    on this worker. Who runs it tells it what `hear` takes.
    """

    def __init__(
        self,
        number: int,
        claim: Claim,
        jobs: Jobs,
        device: Device,
        patience: Patience,
        options: WorkerOptions,
    ) -> None:
        self.number = number
        self.claim = claim
        self.part: Part | None = None
        """The job as the device takes it; None when there is nothing to run."""
        self.fetched = asyncio.Event()
        """Whether `part` is settled."""
        self._verdict: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._queue = jobs.queue
        self._blobs = jobs.blobs
        self._device = device
        self._patience = patience
        self._store_patience = StorePatience(options.store_patience)
        self._lease = options.lease
        self._folder = f"{claim.job.id}/{re.sub(r'[^A-Za-z0-9._-]', '-', claim.token)}"
        self._reporter = Reporter(jobs.queue, jobs.blobs, claim, self._folder)
        self._cancelled = False
        self._lost = False
        self._given_up = False
        self._trace = ""
        self._leave: Callable[[], None] = lambda: None
        """Ends the span of what the child does; it has none of its own, as it may die any time."""

    async def run(self) -> None:
        """Do the job and say what became of it, in two lines of the log."""
        job, attempt = self.claim.job, self.claim.attempt
        if attempt == 1:
            begin("wait", job.traceparent, ago=self.claim.waited, tier=self.claim.tier)()
        known: Facts = {"effect": job.effect, "attempt": attempt}
        with about(job.id), span("attempt", job.traceparent, job=job.id, **known) as facts:
            self._trace = traceparent()
            outcome = await self._run(known)
            facts |= {"outcome": outcome.name, "code": outcome.code}

    async def _run(self, known: Facts) -> _Outcome:
        job, attempt = self.claim.job, self.claim.attempt
        log.info("job %s: %s, attempt %d", job.id, job.effect, attempt, extra=known)
        begun = time.monotonic()
        background = [
            asyncio.create_task(self._watch(work))
            for work in (
                keep(self._queue, self.claim, self._lease, self._patience),
                self._reporter.run(),
            )
        ]
        try:
            with span("fetch"):
                await self._fetch()
            self.fetched.set()
            outcome = await self._settle(await self._verdict)
        except LeaseLost:
            outcome = _Outcome("lost", said="the lease is lost, its result is dropped")
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            self._leave()
            with contextlib.suppress(BlobStoreAway):
                await self._reporter.clear()
        ATTEMPTS.labels(job.effect, outcome.name, outcome.code).inc()
        seconds = time.monotonic() - begun
        told = {"outcome": outcome.name, "code": outcome.code, "seconds": round(seconds, 3)}
        log.info(
            "job %s: %s, %s, %.2f s", job.id, job.effect, outcome.said, seconds, extra=known | told
        )
        return outcome

    @property
    def wanted(self) -> bool:
        """Whether its result would still be of use."""
        return not (self._cancelled or self._lost or self._given_up)

    def enter(self, stage: str) -> None:
        """The child does this for it from now on, until it hears of something else."""
        self._leave()
        if not self._verdict.done():
            self._leave = begin(stage, self._trace, effect=self.claim.job.effect)

    def hear(self, news: Step | Verdict) -> None:
        """Take what comes of it; the first verdict counts."""
        if isinstance(news, Step):
            self._reporter.put(news)
        elif not self._verdict.done():
            self._leave()
            self._verdict.set_result(news)

    async def cancel(self) -> None:
        """The job's owner asked for its end: stop at the next step."""
        self._cancelled = True
        self._store_patience.end()
        await self._device.stop(self.number)

    def give_up(self) -> None:
        """Wait for nothing more, and give the job back."""
        self._given_up = True
        self._store_patience.end()

    async def _watch(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LeaseLost:
            self._lost = True
            self._store_patience.end()
            await self._device.stop(self.number)

    async def _fetch(self) -> None:
        job = self.claim.job
        try:
            photos = tuple([await self._get(name) for name in job.photos])
            attachments = {name: await self._get(at) for name, at in job.attachments.items()}
        except (BlobMissing, BadBlob):
            message = "A picture of this job is no longer there; please send it again."
            self.hear(Failure(self.number, BlobMissing.code, message))
        except BlobStoreAway as error:
            self.hear(self._storage_failure(error))
        else:
            self.part = Part(self.number, job.cost, job.params, photos, attachments, job.id)

    async def _settle(self, verdict: Verdict) -> _Outcome:
        """Tell the queue. Raises `LeaseLost`."""
        if self._lost:
            raise LeaseLost("the job was given to another worker")
        if self._cancelled:
            await self._patience(lambda: self._queue.acknowledge_cancel(self.claim))
            return _Outcome("cancelled", said="cancelled")
        if isinstance(verdict, Result):
            try:
                await self._finish(verdict)
            except BlobStoreAway as error:
                verdict = self._storage_failure(error)
            else:
                SERVICE.labels(self.claim.job.effect).observe(verdict.seconds)
                return _Outcome("done", said="done")
        if self._given_up or isinstance(verdict, Stopped):
            await self._patience(lambda: self._queue.release(self.claim))
            return _Outcome("released", said="given back")
        return await self._fail(verdict)

    async def _finish(self, result: Result) -> None:
        """Upload, then end the job. Raises `BlobStoreAway` and `LeaseLost`."""
        media, data = [], {}
        with span("upload"):
            for index, (type_, content) in enumerate(result.media):
                media.append(MediaRef(blob=f"{self._folder}/{index}.{_SUFFIX[type_]}", type=type_))
                await self._store(media[-1].blob, content)
            for index, (name, content) in enumerate(result.data.items()):
                data[name] = f"{self._folder}/data-{index}"
                await self._store(data[name], content)
        done = Done(
            job=self.claim.job.id,
            media=tuple(media),
            text=result.text,
            seconds=result.seconds,
            data=data,
        )
        try:
            with span("finish"):
                await self._patience(lambda: self._queue.finish(self.claim, done))
        except LeaseLost:
            with contextlib.suppress(BlobStoreAway):
                await self._blobs.delete([*(ref.blob for ref in media), *data.values()])
            raise

    async def _get(self, name: str) -> bytes:
        return await self._store_patience(lambda: self._blobs.get(name))

    async def _store(self, name: str, content: bytes) -> None:
        await self._store_patience(lambda: self._blobs.put(name, content))

    async def _fail(self, failure: Failure) -> _Outcome:
        if failure.down:
            self._device.mark_down(self.claim.job.effect, failure.message)
        ending = await self._patience(
            lambda: self._queue.fail(
                self.claim, failure.code, failure.message, retry=failure.retry, **failure.details
            )
        )
        if ending is None:
            said = f"to be tried again ({failure.code})"
            return _Outcome("retried", failure.code, said)
        # Of an effect that works the message may have words of the person's.
        why = f": {failure.message}" if failure.down else ""
        return _Outcome("failed", failure.code, f"failed ({failure.code}{why})")

    def _storage_failure(self, error: BlobStoreAway) -> Failure:
        log.warning("%s", error)
        message = "The pictures can't be stored or fetched just now; please try again later."
        return Failure(self.number, error.code, message, retry=True)
