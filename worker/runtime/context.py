"""What a running effect sees of the world: steps out, a cancel in."""

from __future__ import annotations

import time
from collections.abc import Callable

from PIL import Image

from effects import image
from effects.errors import Cancelled
from worker.runtime.messages import Step

STEP_EVERY = 0.25
"""Seconds between reports of a step."""
PREVIEW_EVERY = 1.5
_PREVIEW_SIDE = 512


class OrderContext:
    """`effects.spec.Context` of one part; reports are thinned out here, in the child."""

    def __init__(
        self,
        number: int,
        send: Callable[[Step], None],
        stopped: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._number = number
        self._send = send
        self._stopped = stopped
        self._clock = clock
        self._reported = self._shown = clock()

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        """Report a step, if one is due; raises `Cancelled`."""
        if self._stopped():
            raise Cancelled
        if self._clock() - self._reported < STEP_EVERY:
            return
        picture = None
        if preview is not None and self._clock() - self._shown >= PREVIEW_EVERY:
            picture = image.encode(image.bound(preview(), _PREVIEW_SIDE), "image/jpeg", quality=80)
            self._shown = self._clock()
        self._send(Step(self._number, int(done), int(total), picture))
        self._reported = self._clock()
