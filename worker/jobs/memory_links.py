"""Accounts of several identities, in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from worker.jobs import endings
from worker.jobs.errors import BadCode, LinkBusy
from worker.jobs.ledger import Ledger, merged, remainder
from worker.jobs.link_codes import CODE_SECONDS, new_code, plain
from worker.jobs.memory_upkeep import MemoryUpkeep
from worker.jobs.people import Terms, check_user, joined

__all__ = ["MemoryLinks"]


class MemoryLinks(MemoryUpkeep):
    """The part of the queue that lets identities join accounts."""

    def __init__(self, clock: Callable[[], float], make_code: Callable[[], str] = new_code) -> None:
        super().__init__(clock)
        self._make_code = make_code
        self._codes: dict[str, tuple[str, float]] = {}

    async def link_code(self, user: str) -> str:
        """A code by which another identity can join this account."""
        check_user(user)
        account, now = self._account_of(user), self._clock()
        live = {code: row for code, row in self._codes.items() if row[1] > now}
        while (code := self._make_code()) in live:
            pass
        self._codes = {other: row for other, row in live.items() if row[0] != account}
        self._codes[code] = account, now + CODE_SECONDS
        return code

    async def link(self, code: str, *, user: str) -> str:
        """Let the user join the account whose code this is."""
        check_user(user)
        owner, until = self._codes.get(plain(code), ("", 0.0))
        if until <= self._clock():
            raise BadCode(endings.BAD_CODE)
        into, name = self._account_of(owner), self._account_of(user)
        if into == name:
            return into
        terms, other = self._terms[into], self._terms[name]
        if terms.banned or other.banned:
            raise endings.banned(terms.banned or other.banned)
        if self._order.is_busy(name):
            raise LinkBusy(endings.LINK_BUSY)
        self._order.drop(name)
        del self._codes[plain(code)]
        self._note(user, f"link of {name}", "", into)
        date, _ = self._calendar.date(self._clock())
        self._ledgers[into] = merged(self._ledgers[into], self._ledgers.pop(name, Ledger()), date)
        self._terms[into] = joined(terms, name, other, self._micros())
        for identity in (name, *other.linked):
            self._terms[identity] = Terms(account=into)
        self._order.arrange(into)
        self._order.move(into, self._terms[into].tier)
        self._notify()
        return into

    async def erase(self, user: str, *, who: str) -> list[str]:
        """Forget all of the user's account."""
        check_user(user)
        account = self._account_of(user)
        terms, now = self._terms[account], self._clock()
        names = (account, *terms.linked)
        jobs = [job for name in names for job in self._owned[name]]
        for job in jobs:
            self._erase(self._records[job])
        date, midnight = self._calendar.date(now)
        rest = remainder(self._ledgers[account], date)
        for name in names:
            self._ledgers.pop(name, None)
            if rest is not None:
                self._ledgers[name] = replace(rest)
                self._forgotten[name, date] = midnight
            self._terms[name] = Terms().changed({"banned": terms.banned})
            self._order.drop(name)
        self._codes = {code: row for code, row in self._codes.items() if row[0] != account}
        self._note(who, f"data of {account}", "", "forgotten")
        self._notify()
        return jobs
