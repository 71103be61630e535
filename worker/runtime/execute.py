"""One order on loaded effects: whatever happens in there becomes a verdict."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from effects import image
from effects.catalogue import Catalogue
from effects.errors import BrokenEffect, Cancelled, EffectError, OutOfMemory
from effects.spec import Effect, EffectSpec, Item
from effects.verify import is_out_of_memory, verify
from worker.runtime.context import OrderContext
from worker.runtime.messages import (
    Failure,
    Order,
    Result,
    Running,
    Stopped,
    Verdict,
    Warming,
)
from worker.runtime.shelf import Shelf

log = logging.getLogger(__name__)

_WARM_SECONDS = 5.0
"""Effects whose turn comes later than this are only imported at the start."""


class Executor:
    """Runs orders one after another; knows which effects are down, and why."""

    def __init__(
        self,
        catalogue: Catalogue,
        shelf: Shelf,
        down: dict[str, str],
        send: Callable[[object], None],
        stopped: Callable[[int], bool],
    ) -> None:
        self.down = dict(down)
        self._catalogue = catalogue
        self._shelf = shelf
        self._send = send
        self._stopped = stopped

    def warm(self, names: Iterable[str]) -> tuple[str, ...]:
        """Import every runner and load what is quickly loaded; returns those not down."""
        end = time.monotonic() + _WARM_SECONDS
        names = [name for name in names if name not in self.down]
        for name in names:
            self._send(Warming(name))
            spec = self._catalogue[name]
            try:
                self._catalogue.load_runner(spec)
                if time.monotonic() < end and self._shelf.fits(spec):
                    self._shelf.get(spec)
            except BaseException as error:
                failure = self._load_failure(spec, error)
                if failure.down:
                    self.down[name] = failure.message
        return tuple(name for name in names if name not in self.down)

    def look(self, names: Iterable[str]) -> dict[str, str]:
        """Load effects that are down; returns those that still are, and why."""
        down = {}
        for name in names:
            self._send(Warming(name))
            try:
                self._shelf.look(self._catalogue[name])
            except BaseException as error:
                failure = self._load_failure(self._catalogue[name], error)
                if failure.down:
                    down[name] = failure.message
        return down

    def execute(self, order: Order) -> Verdict:
        """Load, decode, run, verify."""
        try:
            spec = self._catalogue[order.effect]
            spec.check_photos(len(order.photos))
            params = spec.parse(order.params)
            photos = tuple(image.decode(photo) for photo in order.photos)
        except BaseException as error:
            return self._run_failure(order, error)
        try:
            effect = self._shelf.get(spec)
        except BaseException as error:
            return self._load_failure(spec, error, order.number)
        try:
            return self._run(order, spec, effect, Item(params, photos))
        except Cancelled:
            return Stopped(order.number)
        except BaseException as error:
            return self._run_failure(order, error)

    def _run(self, order: Order, spec: EffectSpec, effect: Effect[Any], item: Item[Any]) -> Verdict:
        if self._stopped(order.number):
            raise Cancelled
        self._send(Running(order.number, spec.step_limit))
        context = OrderContext(order.number, self._send, lambda: self._stopped(order.number))
        begun = time.monotonic()
        output = effect.run(item, context)
        seconds = time.monotonic() - begun
        output = verify(output, spec.name)
        media = tuple((medium.type, medium.content) for medium in output.media)
        text = output.text._asdict() if output.text else {}
        return Result(order.number, media, text, seconds)

    def _run_failure(self, order: Order, error: BaseException) -> Failure:
        if is_out_of_memory(error):
            return self._too_large(order.number, order.effect, error)
        if isinstance(error, EffectError):
            if isinstance(error, BrokenEffect):
                log.error("effect %s: %s", order.effect, error)
            return _failure(order.number, error)
        log.error("effect %s raised", order.effect, exc_info=error)
        sentence = f"The effect {order.effect} failed on this picture; this has been noted."
        return _failure(order.number, BrokenEffect(sentence, effect=order.effect))

    def _load_failure(self, spec: EffectSpec, error: BaseException, number: int = 0) -> Failure:
        if is_out_of_memory(error):
            return self._too_large(number, spec.name, error)
        if not isinstance(error, EffectError):
            log.error("effect %s could not be loaded", spec.name, exc_info=error)
            error = BrokenEffect(
                f"The effect {spec.name} can't be loaded on this worker.", effect=spec.name
            )
        return _failure(number, error, down=True)

    def _too_large(self, number: int, effect: str, error: BaseException) -> Failure:
        # The frames of the effect hold what it had computed.
        traceback.clear_frames(error.__traceback__)
        self._shelf.clear()
        sentence = (
            f"The worker has too little memory for {effect} at this size; please try a smaller one."
        )
        return _failure(number, OutOfMemory(sentence, effect=effect))


def _failure(number: int, error: EffectError, *, down: bool = False) -> Failure:
    details = {
        str(key): value if type(value) in (int, float) else str(value)
        for key, value in error.details.items()
    }
    return Failure(number, error.code, str(error), details, down)
