"""What the rules in force mean for one person, now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from effects.errors import UserError
from effects.spec import EffectSpec
from worker.jobs.model import Estimate, Job
from worker.jobs.rules import Rules, Tier

__all__ = ["NotByNight", "Terms"]

_ROUND = 30 * 60


class NotByNight(UserError):
    """The job can't wait for the night; `reason`: the effect, the tier, or the hours, when there
    is no night.
    """

    code = "not_by_night"

    @classmethod
    def of(cls, spec: EffectSpec, terms: Terms, lang: str) -> NotByNight:
        """That a job of this effect can't."""
        reason = "effect" if not spec.deferrable else "tier" if terms.rules.nights else "hours"
        message = f"{spec.name} can't wait for the night here"
        title = getattr(spec.title, lang)
        return cls(message, title=title, reason=reason, tier=terms.name)


@dataclass(frozen=True)
class Terms:
    """The rules as they concern a user of one tier at `now`, Unix seconds."""

    rules: Rules
    name: str
    """Of the tier."""
    now: float

    @property
    def tier(self) -> Tier:
        """The user's."""
        return self.rules.tiers[self.name]

    @property
    def is_night(self) -> bool:
        """Whether deferred work is being done now."""
        return self.rules.is_night(self.now)

    def may_wait(self, spec: EffectSpec) -> bool:
        """Whether a job of this effect may wait for the night."""
        return spec.deferrable and bool(self.rules.nights) and self.tier.deferred > 0

    def is_offered(self, spec: EffectSpec, job: Job, estimate: Estimate) -> bool:
        """Whether to offer the night: by day, for a heavy job that would have to wait long."""
        limit = self.tier.offer_after
        if limit is None or self.is_night or not (self.is_heavy(job) and self.may_wait(spec)):
            return False
        return estimate.seconds - job.cost / 1e6 > limit

    def is_heavy(self, job: Job) -> bool:
        """Whether it costs so much that the night is offered."""
        return job.cost / 1e6 > self.rules.heavy

    def hour(self, estimate: Estimate, *, idle: bool) -> Literal["day", "soon", "night"]:
        """When a deferred job is worked at: by night; soon, for it is next while it is still day;
        or not before the night. `idle`: no worker is there.
        """
        if self.is_night:
            return "night"
        falls = self.rules.next_change(self.now)
        soon = falls is not None and self.now + estimate.seconds < falls
        return "soon" if soon and estimate.place == 1 and not idle else "day"

    def morning(self, seconds: float) -> str:
        """By when a deferred job is done that is expected to end in `seconds`: the end of the
        night, as "07:00 MSK"; the half-hour after the expected end, if that is later.
        """
        change = self.rules.next_change(self.now)
        if change is not None and not self.is_night:
            change = self.rules.next_change(change)
        expected = self.now + seconds
        late = change is None or expected > change
        until = math.ceil(expected / _ROUND) * _ROUND if late or change is None else change
        zone = ZoneInfo(self.rules.zone)
        local, today = datetime.fromtimestamp(until, zone), datetime.fromtimestamp(self.now, zone)
        far = local.date() > today.date() + timedelta(days=1)
        return f"{local:%d.%m. %H:%M %Z}" if far else f"{local:%H:%M %Z}"
