"""Credits of one account: an allowance a day, held by jobs, spent or returned.

In microseconds of expected service. At all times granted = available + held + spent + expired.
This is the reference that the Lua scripts are tested against.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from worker.jobs.model import Account
from worker.jobs.policy import MICRO
from worker.jobs.rules import Rules

__all__ = ["Ledger", "account_of"]


@dataclass(slots=True)
class Ledger:
    """`base`: what was granted for the day `date`; the other sums are over the account's life."""

    date: int = 0
    base: int = 0
    granted: int = 0
    available: int = 0
    held: int = 0
    spent: int = 0
    expired: int = 0

    def touch(self, date: int, allowance: int) -> None:
        """Grant what the day brings: on a new one the allowance in place of what was left, on
        the same one what a better tier has more.
        """
        if date != self.date:
            self.expired += self.available
            self.available = self.base = 0
            self.date = date
        more = max(0, allowance - self.base)
        self.base += more
        self.granted += more
        self.available += more

    def hold(self, cost: int) -> None:
        """Set aside what a job costs."""
        self.available -= cost
        self.held += cost

    def settle(self, cost: int, used: int, date: int) -> None:
        """A job held since `date` has ended and used so much; the rest goes back to that day."""
        self.held -= cost
        self.spent += used
        if date == self.date:
            self.available += cost - used
        else:
            self.expired += cost - used


def account_of(ledger: Ledger, tier: str, rules: Rules, now: float) -> Account:
    """What the user of this ledger has at `now`, Unix seconds."""
    allowance = rules.tiers[tier].daily
    date, midnight = rules.date(now)
    today = replace(ledger)
    today.touch(date, allowance * MICRO)
    return Account(
        tier=tier,
        allowance=allowance,
        available=today.available / MICRO,
        held=today.held / MICRO,
        granted=today.granted / MICRO,
        spent=today.spent / MICRO,
        expired=today.expired / MICRO,
        refill=midnight - now,
    )
