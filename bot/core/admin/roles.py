"""Who may do what: the roles that the operator's settings give."""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum

__all__ = ["Role", "Roles"]


class Role(IntEnum):
    """A higher one may do all that a lower one may."""

    MODERATOR = 1
    ADMIN = 2


class Roles:
    """The role of each identity. It goes by who speaks, whatever account that is linked to."""

    def __init__(self, admins: Collection[str] = (), moderators: Collection[str] = ()) -> None:
        self._roles = dict.fromkeys(moderators, Role.MODERATOR) | dict.fromkeys(admins, Role.ADMIN)

    def of(self, identity: str) -> Role | None:
        """None for everybody else."""
        return self._roles.get(identity)
