"""The office of the in-memory queue: rules, tiers and credits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from worker.jobs import endings
from worker.jobs.ledger import Ledger
from worker.jobs.model import Change, Job
from worker.jobs.policy import MICRO, Order
from worker.jobs.rules import DEFAULT_TIER, Calendar, Rules
from worker.jobs.speeds import Speeds

__all__ = ["MemoryOffice"]


class MemoryOffice:
    """See `worker.jobs.office.Office`; it holds what both the queue and the office change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rules = Rules()
        self._calendar = Calendar(self._rules)
        self._tiers: defaultdict[str, str] = defaultdict(lambda: DEFAULT_TIER)
        self._changes: list[Change] = []
        self._ledgers: defaultdict[str, Ledger] = defaultdict(Ledger)
        self._order = Order(self._rules.running())
        self._speeds = Speeds()
        self._changed = asyncio.Event()

    async def rules(self) -> Rules:
        """The rules in force."""
        return self._rules

    async def set_rules(self, rules: Rules, *, who: str) -> Rules:
        """Put rules in force."""
        before = self._rules
        self._rules = endings.next_rules(before, rules)
        self._calendar = Calendar(self._rules)
        self._order.limit(self._rules.running())
        self._note(who, "rules", before.model_dump_json(), self._rules.model_dump_json())
        self._notify()
        return self._rules

    async def set_tier(self, user: str, tier: str, *, who: str) -> None:
        """Put the user into a tier."""
        if tier not in self._rules.tiers:
            raise endings.no_such_tier(tier, self._rules)
        self._note(who, f"tier of {user}", self._tiers[user], tier)
        self._tiers[user] = tier
        self._order.move(user, tier)

    async def changes(self, *, limit: int = 50) -> list[Change]:
        """What was changed by whom, newest first."""
        return self._changes[::-1][:limit]

    def _note(self, who: str, what: str, before: str, after: str) -> None:
        change = Change(time=self._clock(), who=who, what=what, before=before, after=after)
        self._changes.append(change)

    def _admit(self, job: Job, tier: str, room: Callable[[], float]) -> None:
        limits = self._rules.tiers[tier]
        if limits.effects is not None and job.effect not in limits.effects:
            raise endings.effect_not_allowed(job.effect, tier)
        waiting = self._order.waiting_of(job.user)
        if waiting >= limits.waiting:
            raise endings.too_many_waiting(waiting)
        if len(self._order) >= self._rules.longest:
            raise endings.queue_full(room())
        now = self._clock()
        date, midnight = self._calendar.date(now)
        ledger = self._ledgers[job.user]
        ledger.touch(date, limits.daily * MICRO)
        if ledger.available < job.cost:
            raise endings.quota_exceeded(job.cost, ledger.available, midnight - now)
        ledger.hold(job.cost)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
