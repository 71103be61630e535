"""A result as the start of the next one: again, stronger, weaker, large by night; or deleted."""

from __future__ import annotations

import random
from collections.abc import Callable

from bot.core.after import moved
from bot.core.forms import fields
from bot.core.messages import Incoming, Reply
from bot.core.sending import Sending
from bot.core.tools import Tools

__all__ = ["Remake"]


class Remake:
    """Answers the buttons under a result; only its author's."""

    def __init__(
        self,
        tools: Tools,
        sending: Sending,
        *,
        seed: Callable[[], int] = lambda: random.SystemRandom().randrange(2**31),
    ) -> None:
        """`seed` draws the seed of "again", from 0 to 2³¹ - 1."""
        self._tools = tools
        self._sending = sending
        self._seed = seed

    async def answer(self, incoming: Incoming, action: str, target: str) -> Reply:
        """Do what a button says. Raises `NoSuchJob`, `NotYours`, `BlobMissing` and what a
        submit raises.
        """
        job = (await self._tools.queue.view(target, user=incoming.user)).job
        if action == "delete":
            await self._tools.blobs.delete_under(job.id)
            return Reply(
                self._tools.texts.say(incoming.lang, "remake-deleted"), toast=True, removes=True
            )
        spec = self._tools.catalogue[job.effect]
        named = {field.name: field for field in fields(spec)}
        values = {name: str(value) for name, value in job.params.items() if value is not None}
        if action == "again":
            values["seed"] = str(self._seed())
        elif action == "hd":
            values.pop(spec.size_field or "", None)
        else:
            strength = named.get(spec.strength_field or "")
            if strength is None:  # a button that was not shown
                said = self._tools.texts.say(incoming.lang, "not-understood")
                return Reply(said, error="not_understood")
            values[strength.name] = f"{moved(strength, job, action):g}"
        talk = await self._tools.requests.revive(incoming, job, values, night=action == "hd")
        return await self._sending.go_on(incoming, talk)
