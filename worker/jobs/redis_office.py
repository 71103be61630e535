"""The office on Redis. Every change is one atomic script that notes it in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.model import Change
from worker.jobs.policy import MICRO
from worker.jobs.rulebook import Rulebook
from worker.jobs.rules import Rules

__all__ = ["RedisOffice"]


class RedisOffice:
    """See `worker.jobs.office.Office`. `now` gives what scripts take as such."""

    def __init__(
        self,
        connection: Connection,
        keys: Mapping[str, str],
        rulebook: Rulebook,
        now: Callable[[], str],
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._rulebook = rulebook
        self._now = now

    async def rules(self) -> Rules:
        """The rules in force."""
        return await self._rulebook.load()

    async def set_rules(self, rules: Rules, *, who: str) -> Rules:
        """Put rules in force."""
        return await self._rulebook.change(rules, who, self._now())

    async def set_tier(self, user: str, tier: str, *, who: str) -> None:
        """Put the user into a tier."""
        rules = await self._rulebook.load()
        if not await self._connection.run("tier", self._now(), user, tier, who):
            raise endings.no_such_tier(tier, rules)

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
