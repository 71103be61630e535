"""From the queue to a front: endings surely, progress and places as they come."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from contextlib import AbstractContextManager
from dataclasses import replace

from bot.core.learning import Learning
from bot.core.messages import File, Front, Reply
from bot.core.metrics import ANSWERS, FAILED_DELIVERIES, UNDELIVERED, note_delivery
from bot.core.repeat import repeat
from bot.core.status import file_name
from bot.core.tools import Tools
from bot.core.watch import RUNNING
from worker.jobs.errors import BlobMissing, NoSuchJob, NotYours, QueueError
from worker.jobs.logs import about
from worker.jobs.model import Cancelled, Done, Job, Progress, Receipt
from worker.jobs.tracing import span

__all__ = ["Delivery"]

log = logging.getLogger(__name__)
_MOST_IN_HAND = 500
_AT_ONCE = 50
"""Endings whose files are in memory."""
_WAIT = 1.0


class Delivery:
    """Brings one platform's news to its front. An ending is acknowledged after it was sent, so
    that a bot that dies in between sends it again.
    """

    def __init__(
        self,
        front: Front,
        tools: Tools,
        *,
        consumer: str,
        every: float = 0.5,
        look: float = 2.0,
        backoff: tuple[float, float] = (1.0, 60.0),
    ) -> None:
        """Progress of a job is sent at most once in `every` seconds, places are asked for every
        `look` seconds; `backoff` is the first and the longest pause after a failure.
        """
        # A series that begins with its first failure hides it from a rate.
        FAILED_DELIVERIES.labels(front.platform)
        ANSWERS.labels(front.platform, "incident")
        self._front = front
        self._tools = tools
        self._learning = Learning(tools)
        self._consumer = consumer
        self._every = every
        self._look = look
        self._backoff = backoff
        self._newest: dict[str, Progress] = {}
        self._shown: dict[str, str] = {}
        self._news = asyncio.Event()
        self._in_hand: defaultdict[str, deque[Receipt]] = defaultdict(deque)
        self._sent: set[str] = set()
        self._sending = asyncio.Semaphore(_AT_ONCE)
        self._resumed = False

    async def run(self) -> None:
        """Deliver until cancelled; what fails begins again after a pause."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(repeat(lambda: self._take_endings(tasks)))
            tasks.create_task(repeat(self._hear_progress))
            tasks.create_task(repeat(self._send_progress, every=self._every))
            tasks.create_task(repeat(self._send_places, every=self._look))

    async def _take_endings(self, tasks: asyncio.TaskGroup) -> None:
        platform = self._front.platform
        if sum(map(len, self._in_hand.values())) >= _MOST_IN_HAND:
            await asyncio.sleep(self._backoff[0])
            return
        for receipt in await self._tools.queue.outbox(platform, self._consumer, wait=_WAIT):
            chat = self._in_hand[receipt.job.chat]
            # The queue hands an ending out again when it takes long.
            if all(receipt.id != other.id for other in chat):
                chat.append(receipt)
                UNDELIVERED.labels(platform).inc()
                if len(chat) == 1:
                    tasks.create_task(self._drain(receipt.job.chat))

    async def _drain(self, chat: str) -> None:
        """Deliver a chat's endings in order; one chat that fails holds up no other."""
        pause, longest = self._backoff
        receipts = self._in_hand[chat]
        while receipts:
            try:
                async with self._sending:
                    with self._traced(receipts[0]):
                        await self._deliver(receipts[0])
            # A front fails in its platform's ways; whatever it is, the ending must not be lost.
            except Exception as error:
                with about(receipts[0].job.id):
                    log.warning("ending not delivered, again in %g s: %s", pause, error)
                FAILED_DELIVERIES.labels(self._front.platform).inc()
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)
            else:
                note_delivery(self._front.platform, receipts.popleft())
                UNDELIVERED.labels(self._front.platform).dec()
                pause = self._backoff[0]
        del self._in_hand[chat]

    def _traced(self, receipt: Receipt) -> AbstractContextManager[object]:
        job, outcome = receipt.job, receipt.ending.kind
        known = {"messenger": self._front.platform, "outcome": outcome}
        return span("deliver", job.traceparent, job=job.id, effect=job.effect, **known)

    async def _deliver(self, receipt: Receipt) -> None:
        if receipt.id not in self._sent:
            self._tools.watched.drop(receipt.job.id)
            self._newest.pop(receipt.job.id, None)
            self._shown.pop(receipt.job.id, None)
            ending = await self._ending(receipt)
            job = receipt.job
            settled = await self._tools.preferences.get(job.user)
            reply = replace(ending, answers=job.message, once=receipt.id, as_files=settled.as_files)
            await self._front.send(job.chat, reply)
            self._sent.add(receipt.id)
        await self._tools.queue.acknowledge(self._front.platform, receipt)
        self._sent.discard(receipt.id)
        with about(receipt.job.id):
            known = {"outcome": receipt.ending.kind, "messenger": self._front.platform}
            log.info("job %s: told that it is %s", receipt.job.id, known["outcome"], extra=known)

    async def _ending(self, receipt: Receipt) -> Reply:
        job, ending = receipt.job, receipt.ending
        files = []
        for number, media in enumerate(ending.media if isinstance(ending, Done) else ()):
            try:
                content = await self._tools.blobs.get(media.blob)
            except BlobMissing:
                return self._tools.words.blob_missing(job)
            files.append(File(file_name(job, number, media.type), media.type, content))
        reply = self._tools.words.ended(job, ending, files)
        try:
            return await self._learning.ended(job, ending, reply)
        except BlobMissing:
            return self._tools.words.blob_missing(job)

    async def _hear_progress(self) -> None:
        async for progress in self._tools.queue.events(self._front.platform):
            if self._tools.watched.get(progress.job):
                self._newest[progress.job] = progress
                self._news.set()

    async def _send_progress(self) -> None:
        await self._news.wait()
        self._news.clear()
        newest, self._newest = self._newest, {}
        await asyncio.gather(*map(self._show_progress, newest.values()))

    async def _show_progress(self, progress: Progress) -> None:
        preview = await self._preview(progress)
        job = self._tools.watched.get(progress.job)
        reply = await self._tools.standing.running(job, progress, preview) if job else None
        # it may have ended meanwhile
        if reply and (job := self._tools.watched.get(progress.job)):
            self._tools.watched.move(job, RUNNING)
            self._tools.watched.say(job, reply.text)
            await self._show(job, reply)

    async def _preview(self, progress: Progress) -> tuple[File, ...]:
        if progress.preview is None or progress.preview == self._shown.get(progress.job):
            return ()
        self._shown[progress.job] = progress.preview
        try:
            content = await self._tools.blobs.get(progress.preview)
        except QueueError:
            return ()
        return (File("preview.jpg", "image/jpeg", content),)

    async def _resume(self) -> None:
        """Look after the jobs whose status stands in a chat since before the start."""
        for job, user in await self._front.standing():
            try:
                view = await self._tools.queue.view(job, user=user)
            except (NoSuchJob, NotYours):
                continue
            if view.ending is None and self._tools.watched.get(job) is None:
                reply, estimate = (
                    await self._tools.standing.reply(view),
                    await self._tools.standing.estimate(view),
                )
                self._tools.watched.add(view.job, estimate, reply.text)
                await self._show(view.job, reply)
        self._resumed = True

    async def _send_places(self) -> None:
        if not self._resumed:
            await self._resume()
        for job in self._tools.watched.jobs(self._front.platform):
            try:
                view = await self._tools.queue.view(job.id, user=job.user)
            except NoSuchJob:
                # its owner had all forgotten, perhaps on another platform
                self._tools.watched.drop(job.id)
                await self._show(job, self._tools.words.ended(job, Cancelled(job=job.id)))
                continue
            if view.ending is not None:
                self._tools.watched.drop(job.id)
                continue
            estimate = await self._tools.standing.estimate(view)
            if self._tools.watched.move(job, estimate):
                reply = await self._tools.standing.waiting(view.job, estimate)
                if self._tools.watched.say(job, reply.text):
                    await self._show(job, reply)

    async def _show(self, job: Job, reply: Reply) -> None:
        try:
            await self._front.send(job.chat, reply)
        # The next one will do; only endings must arrive.
        except Exception as error:
            log.info("status of a job not shown: %s", error)
