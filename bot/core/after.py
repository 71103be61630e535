"""What can be done with a result: the buttons under it."""

from __future__ import annotations

import math

from bot.core.forms import Field, fields
from bot.core.messages import Button
from bot.core.texts import Texts
from effects.catalogue import Catalogue
from effects.spec import EffectSpec
from worker.jobs.model import Job

__all__ = ["ACTIONS", "buttons", "moved"]

ACTIONS = frozenset({"again", "stronger", "weaker", "hd", "delete"})
_FACTOR = 1.4


def buttons(catalogue: Catalogue, job: Job, texts: Texts) -> tuple[tuple[Button, ...], ...]:
    """What can be done with a result; only what the effect has, and nothing if it is gone."""
    if job.effect not in catalogue:
        return ()
    spec = catalogue[job.effect]
    rows = [["use"]] if spec.teaches else _rows(spec, job)
    can_learn = not spec.teaches and any(each.teaches for each in catalogue)
    if can_learn and "style" in spec.roles[: len(job.photos)]:
        rows.append(["save"])
    return tuple(
        tuple(
            Button(texts.say(job.lang, f"remake-{action}"), f"{action}:{job.id}") for action in row
        )
        for row in rows
        if row
    )


def _rows(spec: EffectSpec, job: Job) -> list[list[str]]:
    named = {field.name: field for field in fields(spec)}
    strength = named.get(spec.strength_field or "")
    return [
        ["again"] if "seed" in named else [],
        [
            action
            for action in ("weaker", "stronger")
            if strength and moved(strength, job, action) != _value(strength, job)
        ],
        [
            *(["hd"] if spec.deferrable and spec.size_field and not job.deferred else []),
            "delete",
        ],
    ]


def _value(field: Field, job: Job) -> float:
    return float(job.params.get(field.name, field.default))


def moved(field: Field, job: Job, action: str) -> float:
    """The strength after "stronger" or "weaker", within its bounds and on its steps."""
    value = _value(field, job)
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    step = field.step or 0.05
    moved = value * _FACTOR if action == "stronger" else value / _FACTOR
    moved = round(moved / step) * step
    # the smallest step there is, where the factor makes none
    if abs(moved - value) < step:
        moved = value + (step if action == "stronger" else -step)
    return round(min(high, max(low, moved)), 6)
