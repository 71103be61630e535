"""One claimed job: fetch, run, upload, finish."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Coroutine
from typing import Any

from worker.config import WorkerOptions
from worker.jobs.errors import BadBlob, BlobMissing, BlobStoreAway, LeaseLost
from worker.jobs.model import Claim, Done, MediaRef
from worker.jobs.settings import Jobs
from worker.runtime.device import Device
from worker.runtime.lease import Reporter, keep
from worker.runtime.messages import Failure, Result, Stopped, Verdict
from worker.runtime.patience import Patience, StorePatience
from worker.runtime.process import ChildGone, ChildHung

log = logging.getLogger(__name__)

_SUFFIX = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "video/mp4": "mp4"}


class Attempt:
    """Carries one claim to one end; whatever happens, the job is not stuck."""

    def __init__(
        self, claim: Claim, jobs: Jobs, device: Device, patience: Patience, options: WorkerOptions
    ) -> None:
        self.claim = claim
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

    async def run(self) -> None:
        """Do the job and say what became of it, in two lines of the log."""
        job = self.claim.job
        log.info("job %s: %s, attempt %d", job.id, job.effect, self.claim.attempt)
        begun = time.monotonic()
        background = [
            asyncio.create_task(self._watch(work))
            for work in (
                keep(self._queue, self.claim, self._lease, self._patience),
                self._reporter.run(),
            )
        ]
        try:
            outcome = await self._settle(await self._perform())
        except LeaseLost:
            outcome = "the lease is lost, its result is dropped"
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            with contextlib.suppress(BlobStoreAway):
                await self._reporter.clear()
        log.info("job %s: %s, %s, %.2f s", job.id, job.effect, outcome, time.monotonic() - begun)

    async def cancel(self) -> None:
        """The job's owner asked for its end: stop at the next step."""
        self._cancelled = True
        self._store_patience.end()
        await self._device.stop_order()

    async def give_up(self) -> None:
        """Stop at once, and give the job back."""
        self._given_up = True
        self._store_patience.end()
        await self._device.kill()

    async def _watch(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LeaseLost:
            self._lost = True
            self._store_patience.end()
            await self._device.stop_order()

    async def _perform(self) -> Verdict:
        job = self.claim.job
        try:
            photos = [await self._fetch(name) for name in job.photos]
        except (BlobMissing, BadBlob):
            message = "A picture of this job is no longer there; please send it again."
            return Failure(0, BlobMissing.code, message)
        except BlobStoreAway as error:
            return _storage_failure(error)
        try:
            await self._device.knock()
        except (ChildHung, ChildGone):
            return Stopped(0)
        if self._cancelled or self._lost or self._given_up:
            return Stopped(0)
        try:
            return await self._device.run(job.effect, job.params, tuple(photos), self._reporter.put)
        except ChildHung as error:
            log.warning("job %s: the child %s and was killed", job.id, error)
            message = f"The effect {job.effect} stood still for too long and was stopped."
            return Failure(0, "hung", message, {"effect": job.effect}, retry=True)
        except ChildGone as error:
            if self._given_up:
                return Stopped(0)
            log.warning("job %s: the child %s", job.id, error)
            message = f"The program that runs the effect {job.effect} crashed."
            return Failure(0, "crashed", message, {"effect": job.effect}, retry=True)

    async def _settle(self, verdict: Verdict) -> str:
        """Tell the queue. Raises `LeaseLost`."""
        if self._lost:
            raise LeaseLost("the job was given to another worker")
        if self._cancelled:
            await self._patience(lambda: self._queue.acknowledge_cancel(self.claim))
            return "cancelled"
        if isinstance(verdict, Result):
            try:
                await self._finish(verdict)
            except BlobStoreAway as error:
                verdict = _storage_failure(error)
            else:
                return "done"
        if self._given_up or isinstance(verdict, Stopped):
            await self._patience(lambda: self._queue.release(self.claim))
            return "given back"
        return await self._fail(verdict)

    async def _finish(self, result: Result) -> None:
        """Upload, then end the job. Raises `BlobStoreAway` and `LeaseLost`."""
        media = []
        for index, (type_, content) in enumerate(result.media):
            media.append(MediaRef(blob=f"{self._folder}/{index}.{_SUFFIX[type_]}", type=type_))
            await self._store(media[-1].blob, content)
        done = Done(
            job=self.claim.job.id, media=tuple(media), text=result.text, seconds=result.seconds
        )
        try:
            await self._patience(lambda: self._queue.finish(self.claim, done))
        except LeaseLost:
            with contextlib.suppress(BlobStoreAway):
                await self._blobs.delete(ref.blob for ref in media)
            raise

    async def _fetch(self, name: str) -> bytes:
        return await self._store_patience(lambda: self._blobs.get(name))

    async def _store(self, name: str, content: bytes) -> None:
        await self._store_patience(lambda: self._blobs.put(name, content))

    async def _fail(self, failure: Failure) -> str:
        if failure.down:
            self._device.mark_down(self.claim.job.effect, failure.message)
        ending = await self._patience(
            lambda: self._queue.fail(
                self.claim, failure.code, failure.message, retry=failure.retry, **failure.details
            )
        )
        if ending is None:
            return f"to be tried again ({failure.code})"
        return f"failed ({failure.code}: {failure.message})"


def _storage_failure(error: BlobStoreAway) -> Failure:
    log.warning("%s", error)
    message = "The pictures can't be stored or fetched just now; please try again later."
    return Failure(0, error.code, message, retry=True)
