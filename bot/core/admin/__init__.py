"""What admins type, in any chat and in the shell: understood and done in one place."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from bot.core.admin.desk import Desk
from bot.core.admin.refusal import Refusal, choose
from bot.core.admin.roles import Role, Roles
from bot.core.admin.verbs import VERBS
from bot.core.messages import Reply
from bot.core.texts import Texts
from effects.catalogue import Catalogue
from worker.jobs.office import Office
from worker.jobs.queue import Queue

__all__ = ["Admin", "Role", "Roles", "after_command"]

_COMMANDS = ("/admin", "/админ")


def after_command(text: str) -> str | None:
    """What follows "/admin" or "/admin@name_of_the_bot"; None when it is another text."""
    first, *rest = text.split(maxsplit=1) or [""]
    if first.partition("@")[0].lower() not in _COMMANDS:
        return None
    return rest[0] if rest else ""


class Admin:
    """One parser and executor for every front and for the shell."""

    def __init__(
        self,
        office: Office,
        queue: Queue,
        catalogue: Catalogue,
        texts: Texts,
        roles: Roles,
        forget: Callable[..., Awaitable[None]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._office = office
        self._queue = queue
        self._catalogue = catalogue
        self._texts = texts
        self._roles = roles
        self._forget = forget
        self._clock = clock

    def role(self, identity: str) -> Role | None:
        """The role of who speaks; without one the command does not exist."""
        return self._roles.of(identity)

    async def answer(self, text: str, *, who: str, role: Role, lang: str) -> Reply:
        """Do what was typed after the command. Raises `QueueError`."""
        words = text.split()
        desk = Desk(
            self._office,
            self._queue,
            self._catalogue,
            self._texts,
            self._roles,
            self._clock,
            self._forget,
            who,
            role,
            lang,
        )
        try:
            return Reply(await _do(desk, words))
        except Refusal as refusal:
            return Reply(desk.say(refusal.id, **refusal.args_said), error="refused")


async def _do(desk: Desk, words: list[str]) -> str:
    allowed = {name: verb for name, verb in VERBS.items() if verb.role <= desk.role}
    if not words or words[0].lower() in ("help", "помощь"):
        return desk.list(
            desk.say("admin-help"), [desk.say(each.usage) for each in allowed.values()]
        )
    name = choose(words[0].removeprefix("/"), VERBS, "verb")
    if name not in allowed:
        raise Refusal("admin-not-allowed", verb=name)
    verb, rest = VERBS[name], words[1:]
    if not verb.words[0] <= len(rest) <= verb.words[1]:
        raise Refusal("admin-usage", usage=desk.say(verb.usage))
    return await verb.act(desk, rest)
