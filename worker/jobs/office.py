"""The office, as admins see it: one protocol, two builds (Redis, memory).

Whatever is changed takes effect at once, without a restart, and goes to the audit trail with who,
when, what, before and after. What is refused leaves no trace and says why.
"""

from __future__ import annotations

from typing import Protocol

from worker.jobs.model import Change
from worker.jobs.rules import Rules


class Office(Protocol):
    """Every method is one atomic change. All raise `QueueAway` when Redis can't be reached."""

    async def rules(self) -> Rules:
        """The rules in force."""

    async def set_rules(self, rules: Rules, *, who: str) -> Rules:
        """Put rules in force; they count from the next claim on. `rules.version` is the version
        that they change; returns them as the next one.

        Raises `RulesChanged` when another is in force, and `BadRules` when a tier is missing.
        """

    async def set_tier(self, user: str, tier: str, *, who: str) -> None:
        """Put the user into a tier; what the user has waiting goes along. Raises `NoSuchTier`."""

    async def changes(self, *, limit: int = 50) -> list[Change]:
        """What was changed by whom, newest first."""
