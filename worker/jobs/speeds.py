"""What jobs really take, learned from those that are done: one rule for both queues.

Two families of factors, in millionths, 1 until something is learned:

- price: measured / guess, by effect and octave of pixels; from it come the costs of new jobs.
- pace: measured / cost, by pool and effect; with it forecasts reckon.

Each run moves its factor an eighth of the way to what it measured, taken as between half and
twice the factor: one odd run changes it by an eighth at most. `settle.lua` does the same sums.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from worker.jobs.model import Job
from worker.jobs.policy import MICRO

__all__ = ["Speeds", "micro_measured", "price_field"]

_LOW, _HIGH = 1_000, 1_000_000_000
_MOST = 10**12


def price_field(effect: str, pixels: int) -> str:
    """Which factor a job of so many pixels teaches."""
    return f"price|{effect}|{pixels.bit_length()}"


def micro_measured(seconds: float) -> int:
    """What a run took, in microseconds, within what sums may hold."""
    return max(0, min(_MOST, round(seconds * MICRO)))


class Speeds:
    """The factors by name, as they are kept."""

    def __init__(self, factors: Mapping[str, int] | None = None) -> None:
        self.factors = dict(factors or {})

    def learn(self, job: Job, seconds: float, pool: str, *, reference: str | None) -> None:
        """A worker of `pool` was done with the job in `seconds`; 0 teaches nothing. Prices are
        taught by the pool `reference` alone; None: by all.
        """
        measured = micro_measured(seconds)
        if not measured:
            return
        self._step(f"pace|{pool}|{job.effect}", measured, job.cost)
        if job.guess and reference in (None, pool):
            self._step(price_field(job.effect, job.pixels), measured, job.guess)

    def price(self, effect: str, guess: float, pixels: int) -> float:
        """Seconds to expect of a job that its effect guesses at `guess`; a size that nothing was
        learned of takes the factor of the nearest one.
        """
        size = pixels.bit_length()
        known = {
            abs(int(field.rpartition("|")[2]) - size): factor
            for field, factor in self.factors.items()
            if field.startswith(f"price|{effect}|")
        }
        return guess * (known[min(known)] / MICRO if known else 1.0)

    def takes(self, pool: str, effect: str, cost: int) -> float:
        """Seconds that a worker of `pool` is expected to need."""
        return cost * self.factors.get(f"pace|{pool}|{effect}", MICRO) / (MICRO * MICRO)

    def _step(self, field: str, measured: int, expected: int) -> None:
        old = self.factors.get(field, MICRO)
        seen = max(old / 2, min(old * 2, float(measured) * MICRO / expected))
        self.factors[field] = max(_LOW, min(_HIGH, math.floor(old + (seen - old) / 8)))
