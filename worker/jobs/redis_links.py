"""Accounts of several identities, on Redis."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from worker.jobs import endings
from worker.jobs.errors import BadCode, LinkBusy
from worker.jobs.keys import KEYS
from worker.jobs.link_codes import CODE_SECONDS, new_code, plain
from worker.jobs.outbox import GROUP
from worker.jobs.people import Terms, check_user
from worker.jobs.redis_leases import RedisLeases, micro

__all__ = ["RedisLinks"]


class RedisLinks(RedisLeases):
    """The part of `worker.jobs.queue.Queue` that tells whose an identity is."""

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] | None,
        redelivery: float,
        make_code: Callable[[], str] = new_code,
    ) -> None:
        super().__init__(url, clock, redelivery)
        self._make_code = make_code

    async def whose(self, identity: str) -> str:
        """The account that this identity has joined, or the identity itself."""
        return (await self._terms(identity)).account or identity

    async def _identities(self, user: str) -> list[str]:
        """All of the user's account, the account itself first."""
        terms = await self._terms(user)
        if terms.account:
            user, terms = terms.account, await self._terms(terms.account)
        return [user, *terms.linked]

    async def _terms(self, user: str) -> Terms:
        async def ask(client: Any) -> str | None:
            found: str | None = await client.hget(KEYS["people"], user)
            return found

        raw = await self._connection.read(ask)
        return Terms.model_validate(json.loads(raw)) if raw else Terms()

    async def link_code(self, user: str) -> str:
        """A code by which another identity can join this account."""
        check_user(user)
        while True:
            code = self._make_code()
            if await self._connection.run("code", self._now(), code, user, micro(CODE_SECONDS)):
                return code

    async def link(self, code: str, *, user: str) -> str:
        """Let the user join the account whose code this is."""
        check_user(user)
        calendar = self._rulebook.calendar
        date, _ = calendar.date(self._seconds())
        verdict, *rest = await self._connection.run(
            "link", self._now(), plain(code), user, calendar.rules.version, str(date)
        )
        match verdict:
            case "stale":
                await self._rulebook.load()
                return await self.link(code, user=user)
            case "bad":
                raise BadCode(endings.BAD_CODE)
            case "busy":
                raise LinkBusy(endings.LINK_BUSY)
            case "banned":
                raise endings.banned(rest[0])
        account: str = rest[0]
        return account

    async def erase(self, user: str, *, who: str) -> list[str]:
        """Forget all of the user's account."""
        check_user(user)
        erased: list[str] = []
        while True:
            names = await self._identities(user)
            for job, platform in await self._all_jobs(names):
                await self._connection.run(
                    "erase", self._now(), job, GROUP, more=[self._outbox.key(platform)]
                )
                erased.append(job)
            calendar = self._rulebook.calendar
            date, midnight = calendar.date(self._seconds())
            verdict = await self._connection.run(
                "erase_account", self._now(), calendar.rules.version, str(date), micro(midnight),
                who, *names,
            )  # fmt: skip
            if verdict == "ok":
                return erased
            if verdict == "stale":
                await self._rulebook.load()

    async def _all_jobs(self, names: list[str]) -> list[tuple[str, str]]:
        """All jobs in these names, with their platforms."""

        async def ask(client: Any) -> tuple[list[str], list[str | None]]:
            members: list[str] = []
            for name in names:
                members += await client.zrangebylex(KEYS["owned"], f"[{name}|", f"({name}}}")
            jobs = [member.rpartition("|")[2] for member in members]
            return jobs, await client.hmget(KEYS["jobs"], jobs) if jobs else []

        jobs, raw = await self._connection.read(ask)
        rows = zip(jobs, raw, strict=True)
        return [(job, json.loads(found)["platform"]) for job, found in rows if found]
