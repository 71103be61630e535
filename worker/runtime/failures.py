"""What an effect raised, as the verdict that the job's owner reads."""

from __future__ import annotations

import logging

from effects.errors import BrokenEffect, EffectError, OutOfMemory
from effects.verify import is_out_of_memory
from worker.runtime.messages import Failure

log = logging.getLogger(__name__)


def run_failure(number: int, effect: str, error: BaseException) -> Failure:
    """For an error of a run. The log keeps what is for nobody's eyes but the admin's."""
    if is_out_of_memory(error):
        return _too_large(number, effect)
    if isinstance(error, EffectError):
        if isinstance(error, BrokenEffect):
            log.error("effect %s: %s", effect, error)
        return _failure(number, error)
    log.error("effect %s raised", effect, exc_info=error)
    sentence = f"The effect {effect} failed on this picture; this has been noted."
    return _failure(number, BrokenEffect(sentence, effect=effect))


def load_failure(number: int, effect: str, error: BaseException) -> Failure:
    """For an error of a load: it means that the effect is down, unless it is want of memory."""
    if is_out_of_memory(error):
        return _too_large(number, effect)
    if not isinstance(error, EffectError):
        log.error("effect %s could not be loaded", effect, exc_info=error)
        error = BrokenEffect(f"The effect {effect} can't be loaded on this worker.", effect=effect)
    return _failure(number, error, down=True)


def _too_large(number: int, effect: str) -> Failure:
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
