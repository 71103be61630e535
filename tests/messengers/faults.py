"""What goes wrong on the way to a messenger: by chance at given rates, or ordered for one call."""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Fault", "Faults"]


class Fault(StrEnum):
    """One way for a call to fail."""

    FLOOD = "flood"
    """Refused: too many requests."""
    BROKEN = "broken"
    """An answer of the 500s; nothing was done."""
    CUT_BEFORE = "cut before"
    """The connection is cut; nothing was done."""
    CUT_AFTER = "cut after"
    """The connection is cut after the call was carried out."""
    SLOW = "slow"
    """Carried out, the answer comes late."""


@dataclass
class Faults:
    """`rates`: fault -> share of the calls. `seen` counts what happened, by method and fault."""

    rates: dict[Fault, float] = field(default_factory=dict)
    random: random.Random = field(default_factory=lambda: random.Random(1))
    slow: float = 0.5
    """Seconds by which a slow answer is late."""
    seen: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    _ordered: defaultdict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))

    def order(self, method: str, *faults: Fault) -> None:
        """The next calls of `method` fail in these ways, one each."""
        self._ordered[method].extend(faults)

    def draw(self, method: str) -> Fault | None:
        """What befalls a call that comes now."""
        fault = self._ordered[method].popleft() if self._ordered[method] else self._by_chance()
        if fault is not None:
            self.seen[method, fault] += 1
        return fault

    def _by_chance(self) -> Fault | None:
        dice = self.random.random()
        for fault, rate in self.rates.items():
            if dice < rate:
                return fault
            dice -= rate
        return None
