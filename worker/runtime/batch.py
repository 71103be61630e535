"""Jobs of one kind, claimed together: run as one order, each with an end of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from worker.jobs.logs import about
from worker.runtime.attempt import Attempt
from worker.runtime.device import Device, News
from worker.runtime.messages import Failure, Running, Stopped, Warming
from worker.runtime.process import ChildGone, ChildHung

log = logging.getLogger(__name__)


class Batch:
    """Hands attempts to the device together. Fetching, leases, progress, cancels, uploads and
    endings are each attempt's own.

    When the child dies, all that it worked on pay an attempt, since nobody knows whose fault it
    was; the queue gives what was tried before to a batch no more, so that nobody pays twice for
    another. What the child had not begun goes back unharmed.
    """

    def __init__(self, attempts: Sequence[Attempt], device: Device) -> None:
        self._attempts = {attempt.number: attempt for attempt in attempts}
        self._device = device
        self._given_up = False

    async def run(self) -> None:
        """Until each job has come to its end here."""
        async with asyncio.TaskGroup() as tasks:
            for attempt in self._attempts.values():
                tasks.create_task(attempt.run())
            for attempt in self._attempts.values():
                await attempt.fetched.wait()
            await self._order()
            for attempt in self._attempts.values():
                attempt.hear(Stopped(attempt.number))

    async def cancel(self, job: str) -> None:
        """A job's owner asked for its end: the others go on."""
        for attempt in self._attempts.values():
            if attempt.claim.job.id == job:
                await attempt.cancel()

    async def give_up(self) -> None:
        """Stop at once, and give the jobs back."""
        self._given_up = True
        for attempt in self._attempts.values():
            attempt.give_up()
        await self._device.kill()

    async def _order(self) -> None:
        """Let the device do what is there to do."""
        if not any(attempt.part for attempt in self._attempts.values()):
            return
        try:
            await self._device.knock()
        except (ChildHung, ChildGone):
            return
        wanted = [attempt for attempt in self._attempts.values() if attempt.wanted]
        parts = [attempt.part for attempt in wanted if attempt.part]
        if not parts:
            return
        effect = wanted[0].claim.job.effect
        try:
            await self._device.run(effect, parts, self._hear)
        except ChildHung as error:
            message = f"The effect {effect} stood still for too long and was stopped."
            self._blame(error, Failure(0, "hung", message, {"effect": effect}, retry=True))
        except ChildGone as error:
            if not self._given_up:
                message = f"The program that runs the effect {effect} crashed."
                self._blame(error, Failure(0, "crashed", message, {"effect": effect}, retry=True))

    def _hear(self, news: News) -> None:
        match news:
            case Warming():
                for number in self._device.suspects:
                    self._attempts[number].enter("load")
            case Running():
                for number in news.numbers:
                    self._attempts[number].enter("effect")
            case _:
                self._attempts[news.number].hear(news)

    def _blame(self, error: ChildHung | ChildGone, failure: Failure) -> None:
        for number in self._device.suspects:
            attempt = self._attempts[number]
            with about(attempt.claim.job.id):
                log.warning("job %s: the child %s", attempt.claim.job.id, error)
            attempt.hear(failure)
