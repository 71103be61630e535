"""Which effects can be asked for now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from effects.catalogue import Catalogue
from effects.errors import EffectError
from effects.spec import EffectSpec
from worker.jobs.errors import QueueAway
from worker.jobs.queue import Queue

__all__ = ["EffectDown", "Menu", "Offer"]

_FRESH = 1.0


class EffectDown(EffectError):
    """Workers are there, but none of them can run this effect."""

    code = "effect_down"


@dataclass(frozen=True)
class Offer:
    """The effects to show, and the id of the sentence to show beside them."""

    specs: tuple[EffectSpec, ...]
    notice: str = ""


class Menu:
    """The effects that a live worker can run; all of them while no worker is there."""

    def __init__(
        self, catalogue: Catalogue, queue: Queue, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._catalogue = catalogue
        self._queue = queue
        self._clock = clock
        self._offer: Offer | None = None
        self._asked = 0.0

    async def offer(self) -> Offer:
        """What to show; asked of the queue at most once a second."""
        if self._offer is None or self._clock() - self._asked > _FRESH:
            self._asked = self._clock()
            self._offer = await self._ask()
        return self._offer

    async def check(self, spec: EffectSpec, lang: str) -> None:
        """Raise `EffectDown` when workers are there and none can run the effect."""
        workers = await self._queue.workers()
        if not workers or any(spec.name in worker.effects for worker in workers):
            return
        reasons = [worker.down[spec.name] for worker in workers if spec.name in worker.down]
        reason = reasons[0] if reasons else "no worker has it"
        raise EffectDown(
            f"{spec.name} is out of order just now: {reason}",
            title=getattr(spec.title, lang),
            reason=reason,
        )

    async def _ask(self) -> Offer:
        everything = tuple(self._catalogue)
        try:
            workers = await self._queue.workers()
        except QueueAway:
            return Offer(everything, "error-queue-away")
        if not workers:
            return Offer(everything, "no-worker")
        able = {effect for worker in workers for effect in worker.effects}
        return Offer(tuple(spec for spec in everything if spec.name in able))
