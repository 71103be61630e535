"""The commands of admins: their words, what they take, who may give them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.admin import letters, look, people, policy
from bot.core.admin.desk import Desk
from bot.core.admin.roles import Role

__all__ = ["VERBS", "Verb"]

_MANY = 1000
"""Words that nobody types."""


@dataclass(frozen=True)
class Verb:
    """A command. `words` are the fewest and most after the verb; `usage` is its line of help."""

    act: Callable[[Desk, list[str]], Awaitable[str]]
    usage: str
    words: tuple[int, int]
    role: Role = Role.ADMIN


VERBS = {
    "queue": Verb(look.show_queue, "admin-use-queue", (0, 0), Role.MODERATOR),
    "workers": Verb(look.show_workers, "admin-use-workers", (0, 0), Role.MODERATOR),
    "rules": Verb(look.show_rules, "admin-use-rules", (0, 1), Role.MODERATOR),
    "audit": Verb(look.show_audit, "admin-use-audit", (0, 1), Role.MODERATOR),
    "user": Verb(people.show_user, "admin-use-user", (1, 1), Role.MODERATOR),
    "ban": Verb(people.ban, "admin-use-ban", (2, _MANY), Role.MODERATOR),
    "unban": Verb(people.unban, "admin-use-unban", (1, 1), Role.MODERATOR),
    "tier": Verb(people.set_tier, "admin-use-tier", (2, 2)),
    "quota": Verb(people.set_quota, "admin-use-quota", (2, 2)),
    "bonus": Verb(people.grant, "admin-use-bonus", (2, 2)),
    "boost": Verb(people.boost, "admin-use-boost", (2, 8)),
    "forget": Verb(people.forget, "admin-use-forget", (1, 1)),
    "set": Verb(policy.set_value, "admin-use-set", (1, _MANY)),
    "add": Verb(policy.add_tier, "admin-use-add", (1, 3)),
    "remove": Verb(policy.remove_tier, "admin-use-remove", (1, 1)),
    "pause": Verb(policy.pause, "admin-use-pause", (2, 2), Role.MODERATOR),
    "resume": Verb(policy.resume, "admin-use-resume", (2, 2), Role.MODERATOR),
    "dead": Verb(letters.show_dead, "admin-use-dead", (0, 0), Role.MODERATOR),
    "retry": Verb(letters.retry, "admin-use-retry", (1, 1), Role.MODERATOR),
    "drop": Verb(letters.drop, "admin-use-drop", (1, 1), Role.MODERATOR),
    "drain": Verb(look.drain, "admin-use-drain", (1, 1)),
}
