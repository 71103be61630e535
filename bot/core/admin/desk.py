"""What a command of an admin works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.admin.fields import Known
from bot.core.admin.roles import Role, Roles
from bot.core.texts import Texts
from effects.catalogue import Catalogue
from worker.jobs.office import Office
from worker.jobs.queue import Queue
from worker.jobs.rules import Rules

__all__ = ["Desk", "fit", "when"]

_MOST = 3400
"""Letters in a reply; messengers take about 4,000."""
_LINE = 400
_POOLS = ("cpu", "cuda")


@dataclass(frozen=True)
class Desk:
    """One command: what there is to change, and who speaks."""

    office: Office
    queue: Queue
    catalogue: Catalogue
    texts: Texts
    roles: Roles
    clock: Callable[[], float]
    forget: Callable[..., Awaitable[None]]
    """See `Forgetting.forget`."""
    who: str
    role: Role
    lang: str

    def say(self, id: str, **args: str | float) -> str:
        """A sentence in the language of who speaks."""
        return self.texts.say(self.lang, id, **args)

    def number(self, value: float) -> str:
        """A number with its thousands parted."""
        return self.say("admin-number", n=value)

    def duration(self, seconds: float) -> str:
        """A length of time in words."""
        return self.texts.duration(self.lang, seconds)

    def list(self, head: str, lines: Sequence[str]) -> str:
        """A head and as many of the lines as fit into a message; the rest is counted."""
        return fit(
            head, [f"• {line}" for line in lines], lambda count: self.say("admin-more", count=count)
        )

    async def known(self, rules: Rules) -> Known:
        """What effects and pools can be named."""
        workers = await self.queue.workers()
        effects = {spec.name for spec in self.catalogue} | {*rules.paused_effects}
        effects |= {effect for worker in workers for effect in (*worker.effects, *worker.down)}
        pools = {*_POOLS, *rules.paused_pools, *(worker.pool for worker in workers)}
        return Known(effects, pools)


def when(seconds: float, rules: Rules) -> str:
    """A moment in the zone of the rules: "2026-11-22 02:05"."""
    return f"{datetime.fromtimestamp(seconds, ZoneInfo(rules.zone)):%Y-%m-%d %H:%M}"


def _clip(line: str, most: int = _LINE) -> str:
    """At most so many letters."""
    return line if len(line) <= most else line[: most - 1] + "…"


def fit(head: str, lines: Sequence[str], more: Callable[[int], str]) -> str:
    """Head and lines within a message; `more` says how many were left out."""
    shown = [_clip(head, _MOST)]
    left = _MOST - len(shown[0])
    for number, line in enumerate(lines):
        line = _clip(line)
        left -= len(line) + 1
        if left < 0:
            return "\n".join([*shown, more(len(lines) - number)])
        shown.append(line)
    return "\n".join(shown)
