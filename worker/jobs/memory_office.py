"""The office of the in-memory queue: rules, people and credits."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace

from worker.jobs import endings, people
from worker.jobs.errors import NothingToChange, TierInUse
from worker.jobs.ledger import Ledger, account_of
from worker.jobs.model import Account, Change, Job, Person
from worker.jobs.people import Terms
from worker.jobs.policy import MICRO, Order, line_of
from worker.jobs.rules import Calendar, Rules
from worker.jobs.speeds import Speeds

__all__ = ["MemoryOffice"]


class MemoryOffice:
    """See `worker.jobs.office.Office`; it holds what both the queue and the office change."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rules = Rules()
        self._calendar = Calendar(self._rules)
        self._source = ""
        self._terms: defaultdict[str, Terms] = defaultdict(Terms)
        self._changes: list[Change] = []
        self._ledgers: defaultdict[str, Ledger] = defaultdict(Ledger)
        self._order = Order(self._rules.running(), self._terms, self._micros)
        self._speeds = Speeds()
        self._turnover: Counter[str] = Counter()
        self._changed = asyncio.Event()

    async def rules(self) -> Rules:
        """The rules in force."""
        return self._rules

    async def set_rules(self, rules: Rules, *, who: str) -> Rules:
        """Put rules in force."""
        before = self._rules
        after = endings.next_rules(before, rules)
        users = Counter(terms.tier for terms in self._terms.values())
        for tier in sorted(before.tiers.keys() - after.tiers.keys()):
            if users[tier]:
                raise TierInUse(tier, users[tier])
        self._rules = after
        self._calendar = Calendar(self._rules)
        self._order.limit(self._rules.running())
        self._note(who, "rules", before.model_dump_json(), self._rules.model_dump_json())
        self._notify()
        return self._rules

    async def adopt(self, rules: Rules, *, source: str, who: str) -> bool:
        """Put the rules in force unless this source was the last."""
        if source == self._source:
            return False
        await self.set_rules(rules.following(self._rules), who=who)
        self._source = source
        return True

    async def whose(self, identity: str) -> str:
        """The account that this identity has joined, or the identity itself."""
        return self._account_of(identity)

    def _account_of(self, identity: str) -> str:
        return self._terms[identity].account or identity

    async def person(self, user: str) -> Person:
        """A user, with all that was set."""
        people.check_user(user)
        user = self._account_of(user)
        lines = [line_of(user, deferred=deferred) for deferred in (False, True)]
        waiting, deferred = map(self._order.waiting_of, lines)
        shares = [self._order.users[line] for line in lines if line in self._order.users]
        return people.person_of(
            user, self._terms[user], await self.account(user), self._clock(),
            waiting=waiting, deferred=deferred, running=sum(share.running for share in shares),
        )  # fmt: skip

    async def set_tier(self, user: str, tier: str, *, who: str) -> None:
        """Put the user into a tier."""
        people.check_user(user)
        if tier not in self._rules.tiers:
            raise endings.no_such_tier(tier, self._rules)
        user = self._account_of(user)
        terms = self._terms[user]
        self._note(who, f"tier of {user}", terms.tier, tier)
        self._terms[user] = terms.changed({"tier": tier})
        self._order.move(user, tier)

    async def set_daily(self, user: str, credits: int | None, *, who: str) -> None:
        """Give the user another daily allowance than the tier's."""
        self._set(user, people.daily_change(user, credits), who)

    async def grant(self, user: str, credits: int, *, who: str) -> None:
        """Give the user credits that no midnight takes."""
        people.check_user(user)
        people.check_range("credits", credits, people.GRANT)
        user = self._account_of(user)
        ledger = self._ledgers[user]
        before = ledger.bonus
        ledger.give(credits * MICRO)
        self._note(who, f"bonus of {user}", people.credits(before), people.credits(ledger.bonus))

    async def boost(self, user: str, factor: int, *, seconds: float, who: str) -> None:
        """Give the user a larger share for a while."""
        self._set(user, people.boost_change(user, factor, self._clock(), seconds), who)

    async def ban(self, user: str, reason: str, *, who: str) -> None:
        """Take nothing more from the user, and begin nothing that waits."""
        self._set(user, people.ban_change(user, reason), who)

    async def unban(self, user: str, *, who: str) -> None:
        """Take the ban back."""
        self._set(user, people.unban_change(user), who)

    def _set(self, user: str, change: people.TermsChange, who: str) -> None:
        user = self._account_of(user)
        terms = self._terms[user]
        before, after = terms.shown(change.shown), change.values[change.shown]
        if not before and not after:
            raise NothingToChange(change.missing, fault=change.missing)
        self._note(who, f"{change.what} of {user}", before, after)
        self._terms[user] = terms.changed(change.values)
        self._order.arrange(user)
        self._notify()

    async def account(self, user: str) -> Account:
        """The user's tier and credits, as of now."""
        user = self._account_of(user)
        return account_of(self._ledgers[user], self._terms[user], self._rules, self._clock())

    async def changes(self, *, limit: int = 50) -> list[Change]:
        """What was changed by whom, newest first."""
        return self._changes[::-1][:limit]

    def _note(self, who: str, what: str, before: str, after: str) -> None:
        change = Change(time=self._clock(), who=who, what=what, before=before, after=after)
        self._changes.append(change)

    def _admit(self, job: Job, room: Callable[[], float]) -> int:
        """Hold the job's credits; returns how much of them is bonus."""
        terms = self._terms[job.user]
        if terms.banned:
            raise endings.banned(terms.banned)
        if job.effect in self._rules.paused_effects:
            raise endings.effect_paused(job.effect)
        limits = self._rules.tiers[terms.tier]
        if limits.effects is not None and job.effect not in limits.effects:
            raise endings.effect_not_allowed(job.effect, terms.tier)
        if job.deferred:
            self._admit_deferred(job.user)
        elif (waiting := self._order.waiting_of(job.user)) >= limits.waiting:
            raise endings.too_many_waiting(waiting)
        if len(self._order) >= self._rules.longest:
            raise endings.queue_full(room())
        if job.deferred:
            return 0
        now = self._clock()
        date, midnight = self._calendar.date(now)
        ledger = replace(self._ledgers[job.user])
        ledger.touch(date, self._rules.daily(terms) * MICRO)
        if ledger.available < job.cost:
            raise endings.quota_exceeded(job.cost, ledger.available, midnight - now)
        self._ledgers[job.user] = ledger
        self._turnover.update(held=job.cost)
        return ledger.hold(job.cost)

    def _admit_deferred(self, user: str) -> None:
        waiting = self._order.waiting_of(line_of(user, deferred=True))
        limit = self._rules.tiers[self._terms[user].tier].deferred
        if waiting >= limit:
            raise endings.too_many_deferred(waiting, limit)

    def _micros(self) -> int:
        return round(self._clock() * MICRO)

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
