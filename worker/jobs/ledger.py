"""Credits of one account: an allowance a day, held by jobs, spent or returned.

In microseconds of expected service. At all times granted = available + held + spent + expired.
This is the reference that the Lua scripts are tested against.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from worker.jobs.model import Account
from worker.jobs.people import Terms
from worker.jobs.policy import MICRO
from worker.jobs.rules import Rules

__all__ = ["Ledger", "account_of"]


@dataclass(slots=True)
class Ledger:
    """`base`: what was granted for the day `date`; `bonus`: the part of `available` that outlives
    the day; the other sums are over the account's life.
    """

    date: int = 0
    base: int = 0
    granted: int = 0
    available: int = 0
    bonus: int = 0
    held: int = 0
    spent: int = 0
    expired: int = 0

    def touch(self, date: int, allowance: int) -> None:
        """Grant what the day brings: on a new one the allowance in place of what was left, on
        the same one what a better tier has more.
        """
        if date != self.date:
            self.expired += self.available - self.bonus
            self.available = self.bonus
            self.base = 0
            self.date = date
        more = max(0, allowance - self.base)
        self.base += more
        self.granted += more
        self.available += more

    def give(self, bonus: int) -> None:
        """Grant what is spent after the day's own."""
        self.granted += bonus
        self.available += bonus
        self.bonus += bonus

    def hold(self, cost: int) -> int:
        """Set aside what a job costs; returns how much of it is bonus."""
        bonus = max(0, cost - (self.available - self.bonus))
        self.available -= cost
        self.bonus -= bonus
        self.held += cost
        return bonus

    def settle(self, cost: int, used: int, date: int, bonus: int) -> None:
        """A job held since `date` has ended and used so much, of its `bonus` last; the rest goes
        back, to the bonus and to that day.
        """
        rest = cost - used
        back = min(bonus, rest)
        self.held -= cost
        self.spent += used
        self.bonus += back
        if date == self.date:
            self.available += rest
        else:
            self.available += back
            self.expired += rest - back


def merged(into: Ledger, other: Ledger, date: int) -> Ledger:
    """Both in one on the day `date`: no more is left of the day than one allowance less what both
    have used of theirs.
    """
    one, two = replace(into), replace(other)
    for ledger in (one, two):
        ledger.touch(date, 0)
    days = [ledger.available - ledger.bonus for ledger in (one, two)]
    base = max(one.base, two.base)
    left = max(0, base - (one.base + two.base - sum(days)))
    bonus = one.bonus + two.bonus
    return Ledger(
        date=date,
        base=base,
        granted=one.granted + two.granted,
        available=left + bonus,
        bonus=bonus,
        held=one.held + two.held,
        spent=one.spent + two.spent,
        expired=one.expired + two.expired + sum(days) - left,
    )


def without_jobs(ledger: Ledger) -> dict[str, int]:
    """Its sums once what jobs hold is returned; none of an account that never had any."""
    if ledger == Ledger():
        return {}
    return asdict(replace(ledger, held=0, available=ledger.available + ledger.held))


def remainder(ledger: Ledger, date: int) -> Ledger | None:
    """What is kept until midnight of an account that was forgotten on the day `date`, all of whose
    jobs are settled: how much of the day was used. None: nothing.
    """
    today = replace(ledger)
    today.touch(date, 0)
    left = today.available - today.bonus
    used = today.base - left
    if not used:
        return None
    return Ledger(date=date, base=today.base, granted=today.base, available=left, spent=used)


def account_of(ledger: Ledger, terms: Terms, rules: Rules, now: float) -> Account:
    """What the user of this ledger has at `now`, Unix seconds."""
    allowance = rules.daily(terms)
    date, midnight = rules.date(now)
    today = replace(ledger)
    today.touch(date, allowance * MICRO)
    return Account(
        tier=terms.tier,
        allowance=allowance,
        available=today.available / MICRO,
        bonus=today.bonus / MICRO,
        held=today.held / MICRO,
        granted=today.granted / MICRO,
        spent=today.spent / MICRO,
        expired=today.expired / MICRO,
        refill=midnight - now,
    )
