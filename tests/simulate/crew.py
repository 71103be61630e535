"""The workers of a simulated day: pools, speeds, and when each falls away."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tests.simulate.day import DAY, EFFECTS, MORNING, Plan, Wish
from worker.jobs.model import Claim

__all__ = ["REFERENCE", "Worker", "draw_crew"]

REFERENCE = "cuda"
"""The pool that teaches what jobs cost."""
# Pools in turn: name, speed beside the others, effects. The last are small machines for light work.
_LIGHT = ("style", "colorize", "dream")
_POOLS = [
    (REFERENCE, 1.0, tuple(EFFECTS)),
    (REFERENCE, 1.0, tuple(EFFECTS)),
    ("old", 0.5, tuple(EFFECTS)),
    ("cpu", 0.25, _LIGHT),
]
_CRASHES = 3.0
"""Of each worker on an average day; it is back after two minutes."""
_BREAK = 120.0
_OUTAGE = ((19 - MORNING) * 3600.0, 3600.0)
"""From seven to eight in the evening one worker is away."""


@dataclass
class Worker:
    """`speed` over the reference worker; `falls`: (when, for how long) it dies, in seconds."""

    name: str
    pool: str
    speed: float
    effects: tuple[str, ...]
    falls: list[tuple[float, float]]
    alive: bool = True
    life: int = 0
    """Counts its deaths, so that what a dead one had begun is known."""
    claims: list[Claim] = field(default_factory=list)
    since: float = 0.0
    """When it began with them."""


def draw_crew(plan: Plan, wishes: list[Wish]) -> list[Worker]:
    """As many as make `plan.capacity` times the mean load of the day, which `wishes` are. They fall
    away on it and on the day before.
    """
    rng = np.random.default_rng([plan.seed, 1])
    capacity = plan.capacity * sum(wish.size.work for wish in wishes) / DAY
    count = max(2, round(capacity / np.mean([speed for _, speed, _ in _POOLS])))
    pools = [_POOLS[number % len(_POOLS)] for number in range(count)]
    unit = capacity / sum(speed for _, speed, _ in pools)
    crew = []
    for number, (pool, speed, effects) in enumerate(pools):
        falls = []
        for begin in (0, -DAY):
            times = [float(at) for at in rng.random(rng.poisson(_CRASHES)) * DAY]
            if number == 1:
                times = [at for at in times if abs(at - _OUTAGE[0]) > 2 * _OUTAGE[1]]
                falls.append((begin + _OUTAGE[0], _OUTAGE[1]))
            falls += [(begin + at, _BREAK) for at in times]
        crew.append(Worker(f"w{number}", pool, speed * unit, effects, sorted(falls)))
    return crew
