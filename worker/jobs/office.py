"""The office, as admins see it: one protocol, two builds (Redis, memory).

Whatever is changed takes effect at once, without a restart, and goes to the audit trail with who,
when, what, before and after. What is refused leaves no trace and says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from worker.jobs.model import Change, JobView, Overview, Person
from worker.jobs.people import PersonCopy
from worker.jobs.rules import Rules


class Office(Protocol):
    """Every method is one atomic change. All raise `QueueAway` when Redis can't be reached, and
    those about a user `NoSuchUser` where nobody can have that name.
    """

    async def rules(self) -> Rules:
        """The rules in force."""

    async def set_rules(self, rules: Rules, *, who: str) -> Rules:
        """Put rules in force; they count from the next claim on. `rules.version` is the version
        that they change; returns them as the next one.

        Raises `RulesChanged` when another is in force, and `TierInUse` when a tier is missing that
        users are in.
        """

    async def adopt(self, rules: Rules, *, source: str, who: str) -> bool:
        """Put the rules in force, whatever was before, unless those of this `source` were adopted
        last, and then changed or not; returns whether it did. Tiers that they do not name stay.
        """

    async def set_tier(self, user: str, tier: str, *, who: str) -> None:
        """Put the user into a tier; what the user has waiting goes along. Raises `NoSuchTier`."""

    async def person(self, user: str) -> Person:
        """A user, with all that was set; who never came is as new."""

    async def set_daily(self, user: str, credits: int | None, *, who: str) -> None:
        """Give the user another daily allowance, 0 to 1,000,000 credits, or, with None, the tier's
        again. More counts at once, less from the next day on. Raises `OutOfRange`,
        `NothingToChange`.
        """

    async def grant(self, user: str, credits: int, *, who: str) -> None:
        """Give the user 1 to 1,000,000 credits that are spent after the day's own and that no
        midnight takes. Raises `OutOfRange`.
        """

    async def boost(self, user: str, factor: int, *, seconds: float, who: str) -> None:
        """Charge the user cost / `factor`, 2 to 100, in the order among others of the tier, for so
        many seconds, up to 366 days; the factor 1 ends it. It counts for the heads of the line
        that come up from now on. Raises `OutOfRange`, `NothingToChange`.
        """

    async def ban(self, user: str, reason: str, *, who: str) -> None:
        """Refuse what the user submits, with the reason, 1 to 200 letters; what waits is held
        out of the order, what runs goes on. Raises `OutOfRange`.
        """

    async def unban(self, user: str, *, who: str) -> None:
        """Take the ban back; what waits has its old place. Raises `NothingToChange`."""

    def copies(self) -> AsyncIterator[PersonCopy]:
        """All accounts of which anything is kept, in any order; one that changes meanwhile may come
        twice.
        """

    async def restore(self, copy: PersonCopy) -> bool:
        """Put an account in place as it was copied, unless anything is known here of any of its
        identities; returns whether it did. A tier that there is not becomes the usual one.
        """

    async def overview(self) -> Overview:
        """What waits, runs and is paused, as of about now."""

    async def dead(self, *, limit: int = 50) -> list[JobView]:
        """The dead letters: jobs that failed and that no admin has seen to, newest first."""

    async def retry(self, job: str, *, who: str) -> None:
        """Let a dead letter wait again, at its place in its user's line, with all its attempts and
        for no credits. Raises `NoSuchJob`, `NotFailed`.
        """

    async def drop(self, job: str, *, who: str) -> None:
        """Take a job from among the dead letters; for its user it stays as it is. Raises
        `NoSuchJob`, `NotFailed`.
        """

    async def drain(self, worker: str, *, who: str) -> None:
        """Tell a worker to leave, at its next `announce`; it holds until the worker has left.
        Raises `NoSuchWorker`, `NothingToChange`.
        """

    async def changes(self, *, limit: int = 50) -> list[Change]:
        """What was changed by whom, newest first."""
