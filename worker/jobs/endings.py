"""The sentences that both queues say, and the errors that say them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from worker.jobs.errors import (
    Banned,
    EffectNotAllowed,
    EffectPaused,
    NoSuchTier,
    NoSuchWorker,
    NothingToChange,
    QueueFull,
    QuotaExceeded,
    RulesChanged,
    TooManyDeferred,
    TooManyWaiting,
)
from worker.jobs.model import Failed, Job
from worker.jobs.policy import MICRO
from worker.jobs.rules import Rules

UNKNOWN = "There is no such job; it may have been forgotten."
BAD_CODE = "This code is not known, or it has expired; ask for a new one."
LINK_BUSY = "You have unfinished jobs; link when they are done, or cancel them."
NOT_FAILED = "This job is no dead letter: it has not failed, or was dropped."
NOT_YOURS = "This job belongs to another account."
LOST = "This worker no longer holds the job: it was given to another, or it has ended."
NOT_WAITING = "This job has been begun or has ended; it can no longer wait for the night."
RULES_CHANGED = "Somebody else has changed the rules meanwhile; read them again."


def effect_not_allowed(effect: str, tier: str) -> EffectNotAllowed:
    """Why a submit was refused."""
    sentence = f"The effect {effect} is not part of the tier {tier}."
    return EffectNotAllowed(sentence, effect=effect, tier=tier)


def banned(reason: str) -> Banned:
    """Why a submit was refused."""
    return Banned(f"This account is banned: {reason}.", reason=reason)


def effect_paused(effect: str) -> EffectPaused:
    """Why a submit was refused."""
    return EffectPaused(f"The effect {effect} is paused just now.", effect=effect)


def no_such_worker(name: str, alive: Iterable[str]) -> NoSuchWorker:
    """Who may have been meant."""
    known = ", ".join(alive) or "none"
    return NoSuchWorker(f"No worker {name!r} is alive; there are: {known}.", known=known)


def leaving_already(name: str) -> NothingToChange:
    """It was told before."""
    fault = f"{name} was told to leave already."
    return NothingToChange(fault, fault=fault)


def too_many_waiting(waiting: int) -> TooManyWaiting:
    """Why a submit was refused."""
    return TooManyWaiting(
        f"As many jobs as you may have in the queue are waiting: {waiting}. "
        "Please come back when one is done.",
        waiting=waiting,
    )


def queue_full(seconds: float) -> QueueFull:
    """Why a submit was refused; in `seconds` a tenth of what waits is served."""
    whole = max(1, math.ceil(seconds))
    return QueueFull(
        f"The queue is full just now; please come back in {whole} seconds.", seconds=whole
    )


def too_many_deferred(waiting: int, limit: int) -> TooManyDeferred:
    """Why a job may not wait for the night."""
    return TooManyDeferred(
        f"{waiting} of your jobs wait for the night; at most {limit} may.",
        waiting=waiting,
        limit=limit,
    )


def quota_exceeded(cost: int, available: int, seconds: float) -> QuotaExceeded:
    """Why a submit was refused; `seconds` until the next day's credits."""
    needed, left = math.ceil(cost / MICRO), available // MICRO
    hours = max(1, math.ceil(seconds / 3600))
    return QuotaExceeded(
        f"This needs {needed} credits, and {left} are left today; "
        f"new ones come within {hours} hours.",
        needed=needed,
        left=left,
        hours=hours,
    )


def no_such_tier(tier: str, rules: Rules) -> NoSuchTier:
    """What may have been meant."""
    known = ", ".join(rules.tiers)
    return NoSuchTier(f"There is no tier {tier!r}; there are: {known}.", known=known)


def next_rules(old: Rules, new: Rules) -> Rules:
    """`new` as it follows `old`. Raises `RulesChanged`."""
    if new.version != old.version:
        raise RulesChanged(RULES_CHANGED)
    return new.model_copy(update={"version": old.version + 1})


def lease_expired(job: Job) -> Failed:
    """The ending of a job whose last permitted attempt ran out of its lease."""
    times = "once" if job.max_attempts == 1 else f"{job.max_attempts} times"
    return Failed(
        job=job.id,
        code="lease_expired",
        message=f"The work on this was begun {times} and never came to an end.",
        details={"attempts": job.max_attempts},
    )
