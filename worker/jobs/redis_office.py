"""The office on Redis. Every change is one atomic script that notes it in the audit trail."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from worker.jobs import endings, people
from worker.jobs.connection import Connection
from worker.jobs.errors import NoSuchJob, NotFailed, NothingToChange
from worker.jobs.ledger import Ledger, account_of, without_jobs
from worker.jobs.model import Account, Change, JobView, Overview, Person, Turnover
from worker.jobs.people import PersonCopy, Terms
from worker.jobs.policy import LATER, MICRO, line_of, owner_of
from worker.jobs.records import read_views
from worker.jobs.rulebook import Rulebook
from worker.jobs.rules import Rules
from worker.jobs.snapshot import in_chunks

__all__ = ["RedisOffice"]


class RedisOffice:
    """See `worker.jobs.office.Office`. With a `clock` its time counts, else the server's."""

    def __init__(
        self,
        connection: Connection,
        keys: Mapping[str, str],
        rulebook: Rulebook,
        clock: Callable[[], float] | None,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._rulebook = rulebook
        self._clock = clock

    async def rules(self) -> Rules:
        """The rules in force."""
        return await self._rulebook.load()

    async def set_rules(self, rules: Rules, *, who: str) -> Rules:
        """Put rules in force."""
        return await self._rulebook.change(rules, who, self._now())

    async def adopt(self, rules: Rules, *, source: str, who: str) -> bool:
        """Put the rules in force unless this source was the last."""
        return await self._rulebook.adopt(rules, source, who, self._now())

    async def person(self, user: str) -> Person:
        """A user, with all that was set."""
        people.check_user(user)
        user, terms, account, share, later = await self._look_up(user)
        return people.person_of(
            user, terms, account, self._seconds(),
            waiting=share.get("waiting", 0), deferred=later.get("waiting", 0),
            running=share.get("running", 0) + later.get("running", 0),
        )  # fmt: skip

    async def account(self, user: str) -> Account:
        """The user's tier and credits, as of now."""
        return (await self._look_up(user))[2]

    async def _look_up(
        self, user: str
    ) -> tuple[str, Terms, Account, dict[str, Any], dict[str, Any]]:
        """Whose the user is, the terms and account, and the shares of both lines."""

        async def ask(client: Any) -> list[str | None]:
            async with client.pipeline(transaction=True) as pipe:
                for name in ("people", "accounts", "users"):
                    pipe.hget(self._keys[name], user)
                pipe.hget(self._keys["users"], line_of(user, deferred=True))
                found: list[str | None] = await pipe.execute()
                return found

        raw = [json.loads(row) if row else {} for row in await self._connection.read(ask)]
        terms = Terms.model_validate(raw[0])
        if terms.account:
            return await self._look_up(terms.account)
        ledger = Ledger(**{name: int(value) for name, value in raw[1].items()})
        rules = await self._rulebook.load()
        account = account_of(ledger, terms, rules, self._seconds())
        return user, terms, account, raw[2], raw[3]

    async def set_tier(self, user: str, tier: str, *, who: str) -> None:
        """Put the user into a tier."""
        people.check_user(user)
        rules = await self._rulebook.load()
        if not await self._connection.run("tier", self._now(), user, tier, who):
            raise endings.no_such_tier(tier, rules)

    async def set_daily(self, user: str, credits: int | None, *, who: str) -> None:
        """Give the user another daily allowance than the tier's."""
        await self._set(user, people.daily_change(user, credits), who)

    async def grant(self, user: str, credits: int, *, who: str) -> None:
        """Give the user credits that no midnight takes."""
        people.check_user(user)
        people.check_range("credits", credits, people.GRANT)
        await self._connection.run("grant", self._now(), user, who, credits)

    async def boost(self, user: str, factor: int, *, seconds: float, who: str) -> None:
        """Give the user a larger share for a while."""
        await self._set(user, people.boost_change(user, factor, self._seconds(), seconds), who)

    async def ban(self, user: str, reason: str, *, who: str) -> None:
        """Take nothing more from the user, and begin nothing that waits."""
        await self._set(user, people.ban_change(user, reason), who)

    async def unban(self, user: str, *, who: str) -> None:
        """Take the ban back."""
        await self._set(user, people.unban_change(user), who)

    async def _set(self, user: str, change: people.TermsChange, who: str) -> None:
        values = [part for row in change.values.items() for part in row]
        if not await self._connection.run(
            "terms", self._now(), user, who, change.what, change.shown, *values
        ):
            raise NothingToChange(change.missing, fault=change.missing)

    async def copies(self) -> AsyncIterator[PersonCopy]:
        """All accounts of which anything is kept."""
        async for user, raw in self._scan("people"):
            terms = Terms.model_validate(json.loads(raw))
            if not terms.account:
                yield await self._copy(user, terms)
        async for user, _ in self._scan("accounts"):
            # those with terms came before
            if await self._terms(user) is None:
                yield await self._copy(user, Terms())

    async def _copy(self, user: str, terms: Terms) -> PersonCopy:
        raw = await self._connection.read(lambda client: client.hget(self._keys["accounts"], user))
        sums = {name: int(value) for name, value in json.loads(raw).items()} if raw else {}
        joined = {name: Terms(account=user) for name in terms.linked}
        return PersonCopy(terms={user: terms, **joined}, ledger=without_jobs(Ledger(**sums)))

    async def _terms(self, user: str) -> str | None:
        found: str | None = await self._connection.read(
            lambda client: client.hget(self._keys["people"], user)
        )
        return found

    async def _scan(self, name: str) -> AsyncIterator[tuple[str, str]]:
        cursor: int | None = None
        while cursor != 0:
            at = cursor or 0
            cursor, found = await self._connection.read(
                lambda client, at=at: client.hscan(self._keys[name], at, count=500)  # type: ignore[misc]
            )
            for row in found.items():
                yield row

    async def restore(self, copy: PersonCopy) -> bool:
        """Put an account in place, unless it is known."""
        rows: list[str] = []
        for name, terms in copy.terms.items():
            people.check_user(name)
            kept = terms.model_dump(exclude_defaults=True)
            rows += [name, json.dumps({field: str(value) for field, value in kept.items()})]
        ledger = {name: str(value) for name, value in copy.ledger.items()}
        reply = await self._connection.run("restore", json.dumps(ledger) if ledger else "", *rows)
        return bool(reply)

    async def overview(self) -> Overview:
        """What waits, runs and is paused."""
        rules = await self._rulebook.load()

        async def ask(client: Any) -> tuple[int, int, int, int, dict[str, str]]:
            now = self._now() or "{}{:06}".format(*await client.time())
            return (
                int(now),
                await client.zcard(self._keys["leases"]),
                await client.zcard(self._keys["dead"]),
                await client.zcount(self._keys["alive"], f"({now}", "+inf"),
                await client.hgetall(self._keys["counters"]),
            )

        now, running, dead, workers, sums = await self._connection.read(ask)
        snapshot = await in_chunks(self._connection, self._keys, now)
        waiting: defaultdict[str, Counter[str]] = defaultdict(Counter)
        first: dict[tuple[str, str], str] = {}
        for entry in sorted(snapshot.waiting, key=lambda entry: entry.seq):
            user = snapshot.users.get(entry.user)
            tier = user.tier if user else await self._class_of(entry.user)
            waiting[tier][entry.effect] += 1
            first.setdefault((tier, entry.effect), entry.job)
        return Overview(
            waiting=waiting, since=await self._since(first),
            running=running, dead=dead, workers=workers,
            paused_effects=rules.paused_effects, paused_pools=rules.paused_pools,
            turnover=Turnover(**{name: int(micros) / MICRO for name, micros in sums.items()}),
        )  # fmt: skip

    async def _since(self, first: Mapping[tuple[str, str], str]) -> dict[str, dict[str, float]]:
        """When the first job of each class and effect was submitted."""
        views = await read_views(self._connection, self._keys, list(first.values()))
        submitted = {view.job.id: view.submitted for view in views}
        since: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for (tier, effect), job in first.items():
            if job in submitted:
                since[tier][effect] = submitted[job]
        return since

    async def _class_of(self, line: str) -> str:
        """That of a banned user's line, which no snapshot has."""
        if owner_of(line) != line:
            return LATER
        return (await self._look_up(line))[1].tier

    async def dead(self, *, limit: int = 50) -> list[JobView]:
        """The dead letters, newest first."""
        jobs = await self._connection.read(
            lambda client: client.zrevrange(self._keys["dead"], 0, limit - 1)
        )
        return await read_views(self._connection, self._keys, jobs)

    async def retry(self, job: str, *, who: str) -> None:
        """Let a dead letter wait again."""
        views = await read_views(self._connection, self._keys, [job])
        if not views:
            raise NoSuchJob(endings.UNKNOWN)
        account, *_ = await self._look_up(views[0].job.user)
        again = views[0].job.model_copy(update={"user": account})
        await self._see_to("retry", job, who, account, again.model_dump_json())

    async def drop(self, job: str, *, who: str) -> None:
        """Take a job from among the dead letters."""
        await self._see_to("drop", job, who)

    async def _see_to(self, script: str, job: str, who: str, *more: str) -> None:
        reply = await self._connection.run(script, self._now(), job, who, *more)
        if reply is None:
            raise NoSuchJob(endings.UNKNOWN)
        if not reply:
            raise NotFailed(endings.NOT_FAILED)

    async def drain(self, worker: str, *, who: str) -> None:
        """Tell a worker to leave."""
        reply = await self._connection.run("drain", self._now(), worker, who)
        if reply is None:
            now = self._now() or str(round(time.time() * MICRO))
            alive = await self._connection.read(
                lambda client: client.zrangebyscore(self._keys["alive"], f"({now}", "+inf")
            )
            raise endings.no_such_worker(worker, sorted(alive))
        if not reply:
            raise endings.leaving_already(worker)

    async def changes(self, *, limit: int = 50) -> list[Change]:
        """What was changed by whom, newest first."""

        async def ask(client: Any) -> list[tuple[str, dict[str, str]]]:
            found: list[tuple[str, dict[str, str]]]
            found = await client.xrevrange(self._keys["audit"], count=limit)
            return found

        rows = await self._connection.read(ask)
        return [
            Change.model_validate(fields | {"time": int(fields["time"]) / MICRO})
            for _, fields in rows
        ]

    def _now(self) -> str:
        """What scripts take as `now`."""
        return str(round(self._clock() * MICRO)) if self._clock else ""

    def _seconds(self) -> float:
        return self._clock() if self._clock else time.time()
