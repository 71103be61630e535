"""Who wants what, and when: a day's requests, drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np

__all__ = ["DAY", "EFFECTS", "HEAVY", "MORNING", "Plan", "Size", "Wish", "draw_wishes"]

T = TypeVar("T")

DAY = 24 * 3600
MORNING = 7
"""The hour at which a simulated day begins, and the next night ends."""

# Requests in each hour of the day over the mean: quiet at four, most after nine in the evening.
_CURVE = [
    0.75, 0.50, 0.33, 0.25, 0.20, 0.22, 0.30, 0.45, 0.65, 0.85, 1.00, 1.10,
    1.20, 1.25, 1.25, 1.25, 1.30, 1.40, 1.55, 1.70, 1.85, 1.90, 1.60, 1.15,
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
HEAVY = "gatys"
"""The effect that may wait for the night, and may be larger then."""
_LARGE = (0.79, 146.0)
# Shares of the requests for it: sent by hand to the night; sent there when that is offered;
# and of these asked larger.
_BY_HAND, _ACCEPTED, _LARGER = 0.04, 0.6, 0.2


@dataclass(frozen=True)
class Plan:
    """What to simulate. `capacity`: reference workers, over the mean load of the day."""

    users: int = 40_000
    seed: int = 1
    capacity: float = 1.25


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
    accepts: bool
    """Whether the night is taken when it is offered."""


def draw_wishes(plan: Plan) -> list[Wish]:
    """A day's requests in order of time. Users come as a Poisson process of the day's curve, with
    a heavy-tailed number of requests each (a mean of 2.4, at most 100).
    """
    rng = np.random.default_rng(plan.seed)
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
        user, tier = f"sim:{number}", str(tiers[number])
        times = comes[number] + np.cumsum(gaps)
        wishes += [_draw(rng, float(at), user, tier) for at in times]
    return sorted((wish for wish in wishes if wish.at < DAY), key=lambda wish: wish.at)


def _times(rng: np.random.Generator, count: int) -> np.ndarray:
    """Times since the morning, by the inverse of the curve's integral."""
    hours = np.arange(-1, 26) + 0.5
    rates = np.interp(np.arange(0, 24.01, 0.1), hours, [_CURVE[int(h) % 24] for h in hours])
    steps = [(one + two) / 2 for one, two in pairwise(rates)]
    total = np.concatenate([[0.0], np.cumsum(steps)])
    hour = np.interp(rng.random(count), total / total[-1], np.arange(0, 24.01, 0.1))
    return np.asarray((hour - MORNING) % 24 * 3600)


def _draw(rng: np.random.Generator, at: float, user: str, tier: str) -> Wish:
    name = _choose(rng, {name: effect.share for name, effect in EFFECTS.items()})
    effect = EFFECTS[name]
    megapixels, guess = _choose(rng, {(mp, guess): share for mp, guess, share in effect.sizes})
    noise = float(rng.lognormal(-(effect.sigma**2) / 2, effect.sigma)) * effect.truth
    size = night = Size(megapixels, guess, guess * noise)
    by_hand, accepts, larger = rng.random(3) < (_BY_HAND, _ACCEPTED, _LARGER)
    if name == HEAVY and larger:
        night = Size(_LARGE[0], _LARGE[1], _LARGE[1] * noise)
    return Wish(at, user, tier, name, size, night, name == HEAVY and bool(by_hand), bool(accepts))


def _choose(rng: np.random.Generator, shares: Mapping[T, float]) -> T:
    return list(shares)[int(np.searchsorted(np.cumsum(list(shares.values())), rng.random()))]
