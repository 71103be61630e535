"""How large and how long a job may be, by tier; checked before anything costs credits."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bot.core.forms import Field, fields
from bot.core.terms import Terms
from effects.errors import UserError
from effects.spec import EffectSpec
from worker.jobs.rules import Tier

__all__ = ["OverLimit", "fit"]


class OverLimit(UserError):
    """A parameter is above what the user's tier allows, `minimum` to `most`. `night` is what it
    allows by night, if that is enough, and `better` a tier that allows it by day; else "".
    """

    code = "over_limit"


def fit(
    spec: EffectSpec, values: Mapping[str, str], terms: Terms, *, night: bool, side: int = 0
) -> dict[str, str]:
    """`values` within the limits of the tier. What was not given is lowered to them; by night the
    size, if not given, is raised to its limit. `side`: the person's usual size; 0: the effect's.
    Raises `BadParams`, and `OverLimit`.
    """
    fitting = dict(values)
    if side and spec.size_field and spec.size_field not in values:
        fitting[spec.size_field] = f"{_within(spec, spec.size_field, side):.0f}"
    params = spec.parse(fitting)
    for field in _limited(spec):
        value, most = getattr(params, field.name), _most(spec, field, terms.tier, night)
        if field.name in values and value is not None and value > most:
            raise _over(spec, field, value, terms, night)
        if field.name in values or _limit(spec, field, terms.tier, night) is None:
            continue
        grows = night and field.name == spec.size_field
        if value is None or value > most or (grows and value < most):
            step = field.step or 1
            fitting[field.name] = f"{math.floor(most / step) * step:.0f}"
    spec.parse(fitting)
    return fitting


def _within(spec: EffectSpec, name: str, value: float) -> float:
    """The value, or the nearest that the parameter takes."""
    [field] = [field for field in fields(spec) if field.name == name]
    low = value if field.minimum is None else field.minimum
    high = value if field.maximum is None else field.maximum
    return min(high, max(low, value))


def _limited(spec: EffectSpec) -> list[Field]:
    return [field for field in fields(spec) if field.name in (spec.size_field, spec.steps_field)]


def _limit(spec: EffectSpec, field: Field, tier: Tier, night: bool) -> int | None:
    if field.name == spec.size_field:
        return tier.night_side if night else tier.side
    return tier.night_steps if night else tier.steps


def _most(spec: EffectSpec, field: Field, tier: Tier, night: bool) -> float:
    limit = _limit(spec, field, tier, night)
    return min(limit or math.inf, math.inf if field.maximum is None else field.maximum)


def _over(spec: EffectSpec, field: Field, value: float, terms: Terms, night: bool) -> OverLimit:
    most = _most(spec, field, terms.tier, night)
    later = _most(spec, field, terms.tier, night=True) if terms.may_wait(spec) else 0
    better = [
        name
        for name, tier in sorted(terms.rules.tiers.items(), key=lambda item: item[1].day)
        if (tier.effects is None or spec.name in tier.effects)
        and _most(spec, field, tier, night=False) >= value
    ]
    return OverLimit(
        f"{field.name}={value} is more than the tier {terms.name} allows: {most}",
        effect=spec.name,
        param=field.name,
        value=str(value),
        minimum=f"{field.minimum or 0:g}",
        most=f"{most:.0f}",
        tier=terms.name,
        night=f"{later:.0f}" if later >= value and not night else "",
        better=better[0] if better else "",
    )
