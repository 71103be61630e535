"""Who wants what, and when: a day's requests, drawn from a seed."""

from __future__ import annotations

import math
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

__all__ = ["DAY", "EFFECTS", "HEAVY", "MORNING", "Plan", "Size", "Wish", "draw_wishes"]

DAY = 24 * 3600
MORNING = 7
"""The hour at which a simulated day begins, and the next night ends."""

# Requests in each hour of the day over the mean: quiet at four, most after nine in the evening.
_CURVE = [
    0.85, 0.60, 0.42, 0.32, 0.27, 0.28, 0.35, 0.50, 0.70, 0.87, 1.00, 1.09,
    1.16, 1.20, 1.20, 1.20, 1.25, 1.34, 1.45, 1.56, 1.67, 1.70, 1.50, 1.18,
]  # fmt: skip
# Share of the users, by tier.
_TIERS = {"free": 0.90, "plus": 0.07, "pro": 0.025, "staff": 0.005}


@dataclass(frozen=True)
class Effect:
    """Share of the requests; sizes; how far true times scatter (sigma of their logarithm), and how
    they lie to what the effect guesses.
    """

    share: float
    sizes: tuple[tuple[float, float, float], ...]
    """(megapixels, seconds that the effect guesses, share)"""
    sigma: float
    truth: float


EFFECTS = {
    "style": Effect(0.50, ((0.5, 0.4, 0.5), (1.0, 0.6, 0.5)), 0.10, 1.3),
    "colorize": Effect(0.15, ((0.5, 1.0, 1.0),), 0.10, 0.8),
    "dream": Effect(0.15, ((0.5, 11.0, 0.5), (1.0, 19.0, 0.5)), 0.12, 1.0),
    "gatys": Effect(0.20, ((0.15, 32.0, 0.3), (0.20, 40.0, 0.5), (0.31, 60.0, 0.2)), 0.12, 0.9),
}
_NAMES = list(EFFECTS)
_SHARES = list(accumulate(effect.share for effect in EFFECTS.values()))[:-1]
HEAVY = "gatys"
"""The effect that may wait for the night, and may be larger then."""
_LARGE = (0.79, 146.0)
# Shares of the requests for it: sent by hand to the night; asked larger then.
_BY_HAND, _LARGER = 0.04, 0.2
_PATIENCE = (300.0, 1.0)
"""Seconds of waiting that half of the people endure, and the sigma of its logarithm."""


@dataclass(frozen=True)
class Plan:
    """What to simulate. `capacity`: reference workers, over the mean load of the day."""

    users: int = 40_000
    seed: int = 1
    capacity: float = 1.25
    accepts: float = 0.9
    """Share of the people who would ever take the night that is offered to them."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a request may be. Times in seconds on the reference worker."""

    megapixels: float
    guess: float
    """What its effect expects."""
    work: float
    """What it really takes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One request; `at` in seconds since the morning."""

    at: float
    user: str
    tier: str
    effect: str
    size: Size
    night: Size
    """What is asked for when it may wait for the night."""
    by_hand: bool
    """Whether it is sent to the night by hand."""
    patience: float
    """Seconds of waiting beyond which the night is taken when it is offered."""
    accepts: bool
    """Whether it ever is."""


def draw_wishes(plan: Plan) -> tuple[list[Wish], list[Wish]]:
    """Requests of the day before and of the day, each in order of time. Users come as a Poisson
    process of the day's curve, with a heavy-tailed number of requests each (a mean of 2.4, at most
    100); on each day others.
    """
    before = _draw_day(np.random.default_rng([plan.seed, 2]), plan, "before", -DAY)
    return before, _draw_day(np.random.default_rng(plan.seed), plan, "sim", 0)


def _draw_day(rng: np.random.Generator, plan: Plan, prefix: str, begin: int) -> list[Wish]:
    count = int(rng.poisson(plan.users))
    comes = _times(rng, count)
    tiers = rng.choice(list(_TIERS), count, p=list(_TIERS.values()))
    requests = np.minimum(rng.random(count) ** (-1 / 1.5), 100).astype(int)
    wishes = []
    for number in range(count):
        # one in seven sends an album at once; the others think about a minute between requests
        gap = 1.0 if rng.random() < 1 / 7 else 60.0
        gaps = rng.lognormal(np.log(gap), 1.0, requests[number])
        gaps[0] = 0.0
        user, tier = f"{prefix}:{number}", str(tiers[number])
        times = begin + comes[number] + np.cumsum(gaps)
        accepts = bool(rng.random() < plan.accepts)
        wishes += [_draw(rng, float(at), user, tier, accepts) for at in times]
    return sorted((wish for wish in wishes if wish.at < begin + DAY), key=lambda wish: wish.at)


def _times(rng: np.random.Generator, count: int) -> np.ndarray:
    """Times since the morning, by the inverse of the curve's integral."""
    hours = np.arange(-1, 26) + 0.5
    rates = np.interp(np.arange(0, 24.01, 0.1), hours, [_CURVE[int(h) % 24] for h in hours])
    steps = [(one + two) / 2 for one, two in pairwise(rates)]
    total = np.concatenate([[0.0], np.cumsum(steps)])
    hour = np.interp(rng.random(count), total / total[-1], np.arange(0, 24.01, 0.1))
    return np.asarray((hour - MORNING) % 24 * 3600)


def _draw(rng: np.random.Generator, at: float, user: str, tier: str, accepts: bool) -> Wish:
    which, what, by_hand, larger = rng.random(4)
    noise, patience = rng.standard_normal(2)
    name = _NAMES[bisect(_SHARES, which)]
    effect = EFFECTS[name]
    shares = accumulate(share for *_, share in effect.sizes)
    megapixels, guess, _ = next(
        size for size, most in zip(effect.sizes, shares, strict=True) if what < most + 1e-9
    )
    took = effect.truth * math.exp(effect.sigma * noise - effect.sigma**2 / 2)
    size = night = Size(megapixels, guess, guess * took)
    if name == HEAVY and larger < _LARGER:
        night = Size(_LARGE[0], _LARGE[1], _LARGE[1] * took)
    waits = _PATIENCE[0] * math.exp(_PATIENCE[1] * patience)
    by_hand = name == HEAVY and by_hand < _BY_HAND
    return Wish(at, user, tier, name, size, night, by_hand, waits, accepts)
