"""What goes on in the background of a running effect: the lease and the news of it."""

from __future__ import annotations

import asyncio
import logging

from worker.jobs.blobs import Blobs
from worker.jobs.errors import BlobStoreAway, QueueAway
from worker.jobs.model import Claim, Progress
from worker.jobs.queue import Queue
from worker.runtime.messages import Step
from worker.runtime.patience import Patience

log = logging.getLogger(__name__)


async def keep(queue: Queue, claim: Claim, seconds: float, patience: Patience) -> None:
    """Renew a lease of so many seconds until cancelled. Raises `LeaseLost`."""
    while True:
        await asyncio.sleep(seconds / 3)
        await patience(lambda: queue.renew(claim, lease=seconds))


class Reporter:
    """Publishes how far a job is, with the newest preview. The newest step counts; what can't be
    sent is dropped.
    """

    def __init__(self, queue: Queue, blobs: Blobs, claim: Claim, folder: str) -> None:
        self._queue = queue
        self._blobs = blobs
        self._claim = claim
        self._folder = folder
        self._newest: Step | None = None
        self._news = asyncio.Event()
        self._previews: list[str] = []
        self._upload: asyncio.Task[None] | None = None
        self._shown: str | None = None

    def put(self, step: Step) -> None:
        """Take note of a step; returns at once."""
        if step.preview is None and self._newest is not None:
            # A picture on its way is not given up for a newer number.
            step = Step(step.number, step.done, step.total, self._newest.preview)
        self._newest = step
        self._news.set()

    async def run(self) -> None:
        """Publish until cancelled. Raises `LeaseLost`."""
        while True:
            await self._news.wait()
            self._news.clear()
            step, self._newest = self._newest, None
            if step is None:
                continue
            try:
                await self._publish(step)
            except (QueueAway, BlobStoreAway) as error:
                log.debug("a step was not published: %s", error)

    async def clear(self) -> None:
        """Delete the previews, the one still on its way too."""
        if self._upload is not None:
            await asyncio.gather(self._upload, return_exceptions=True)
        if self._previews:
            await self._blobs.delete(self._previews)

    async def _publish(self, step: Step) -> None:
        if step.preview is not None:
            name = f"{self._folder}/preview-{len(self._previews)}.jpg"
            self._previews.append(name)
            # Whoever cancels it can't call back what the store already writes.
            self._upload = asyncio.create_task(self._blobs.put(name, step.preview))
            await asyncio.shield(self._upload)
            self._shown = name
        # Who begins to look now sees the newest picture too.
        progress = Progress(
            job=self._claim.job.id, done=step.done, total=step.total, preview=self._shown
        )
        await self._queue.progress(self._claim, progress)
