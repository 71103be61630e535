"""How a job stands now: asks the queue for what the words need."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from bot.core.menu import Menu
from bot.core.messages import File, Reply
from bot.core.status import StatusWords
from bot.core.terms import Terms
from effects.catalogue import Catalogue
from worker.jobs.errors import NoSuchJob
from worker.jobs.model import Estimate, Job, JobView, Progress, State
from worker.jobs.office import Office
from worker.jobs.queue import Queue

__all__ = ["Standing"]


class Standing:
    """Replies about jobs that have not ended, as of now."""

    def __init__(
        self,
        catalogue: Catalogue,
        queue: Queue,
        office: Office,
        menu: Menu,
        words: StatusWords,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalogue = catalogue
        self._queue = queue
        self._office = office
        self._menu = menu
        self._words = words
        self._clock = clock

    async def terms(self, user: str) -> Terms:
        """The rules as they concern a user."""
        rules, account = await self._office.rules(), await self._queue.account(user)
        return Terms(rules, account.tier, self._clock())

    async def estimate(self, view: JobView) -> Estimate:
        """Place and time of a job that has not ended; place 0: it runs."""
        return await self._queue.estimate(view.job.id)

    async def reply(self, view: JobView) -> Reply:
        """How it stands, whatever its state."""
        if view.ending is not None:
            return self._words.ended(view.job, view.ending)
        if view.state == State.WAITING:
            return await self.waiting(view.job, await self.estimate(view))
        return await self.running(view.job, view.progress)

    async def running(
        self, job: Job, progress: Progress | None, files: Sequence[File] = ()
    ) -> Reply:
        """How far it is, and how long it is likely to go on."""
        try:
            left = await self._queue.estimate(job.id)
        except NoSuchJob:
            return self._words.running(job, progress, files)
        return self._words.running(job, progress, files, left=0.0 if left.place else left.seconds)

    async def waiting(self, job: Job, estimate: Estimate) -> Reply:
        """The words for a waiting job with this estimate."""
        if estimate.place == 0:
            return self._words.running(job, None, left=estimate.seconds)
        terms = await self.terms(job.user)
        idle = (await self._menu.offer()).notice == "no-worker"
        if job.deferred:
            hour = terms.hour(estimate, idle=idle)
            by = terms.morning(estimate.seconds)
            return self._words.deferred(job, estimate, hour=hour, by=by)
        offered = job.effect in self._catalogue and terms.is_offered(
            self._catalogue[job.effect], job, estimate
        )
        return self._words.waiting(job, estimate, idle=idle, by_morning=offered)
