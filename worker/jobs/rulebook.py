"""The rules in force, as they are kept in Redis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.errors import RulesChanged, TierInUse
from worker.jobs.policy import MICRO
from worker.jobs.rules import Calendar, Rules

__all__ = ["Rulebook"]


class Rulebook:
    """Remembers the rules until a script says that they are stale."""

    def __init__(self, connection: Connection, keys: Mapping[str, str]) -> None:
        self._connection = connection
        self._keys = keys
        self.calendar = Calendar(Rules())

    @property
    def rules(self) -> Rules:
        """Those that were read last."""
        return self.calendar.rules

    async def load(self) -> Rules:
        """Read the rules anew; a Redis without any gets the default ones."""
        while (document := await self._field("document")) is None:
            await self._write(Rules(), "", "", "")
        rules = Rules.model_validate_json(document)
        if rules != self.rules:
            self.calendar = Calendar(rules)
        return rules

    async def wire(self) -> int:
        """The newest version in which anything was written."""
        return int(await self._field("wire") or 1)

    async def _field(self, name: str) -> str | None:
        async def ask(client: Any) -> str | None:
            found: str | None = await client.hget(self._keys["rules"], name)
            return found

        return await self._connection.read(ask)

    async def change(self, rules: Rules, who: str, now: str) -> Rules:
        """Put them in force. Raises `RulesChanged` and `TierInUse`."""
        changed = endings.next_rules(await self.load(), rules)
        if not await self._write(changed, now, str(rules.version), who):
            raise RulesChanged(endings.RULES_CHANGED)
        return await self.load()

    async def adopt(self, rules: Rules, source: str, who: str, now: str) -> bool:
        """Put them in force unless they came from this source last."""
        while True:
            old = await self.load()
            if await self._field("source") == source:
                return False
            changed = endings.next_rules(old, rules.following(old))
            if await self._write(changed, now, str(old.version), who, source):
                return True

    async def _write(
        self, rules: Rules, now: str, expected: str, who: str, source: str = ""
    ) -> bool:
        tiers: list[str | int] = []
        for name, tier in rules.tiers.items():
            effects = "" if tier.effects is None else f" {' '.join(tier.effects)} "
            tiers += [name, tier.waiting, tier.running, tier.daily * MICRO, effects, tier.deferred]
        document = rules.model_dump_json()
        reply = await self._connection.run(
            "rules", now, expected, str(rules.version), document, who, source, *tiers
        )
        if isinstance(reply, list):
            raise TierInUse(*reply)
        return bool(reply)
