"""What a person has: credits, places for the night; and one account on several platforms."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from bot.core.messages import Incoming, Reply
from bot.core.texts import Texts
from worker.jobs.office import Office
from worker.jobs.queue import Queue

__all__ = ["Accounts"]


class Accounts:
    """Answers `/quota` and `/link`."""

    def __init__(
        self, queue: Queue, office: Office, texts: Texts, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._queue = queue
        self._office = office
        self._texts = texts
        self._clock = clock

    async def quota(self, incoming: Incoming) -> Reply:
        """What is left, and when there is more; what admins gave, and the name by which they
        know the account.
        """
        lang = incoming.lang
        person, rules = await self._office.person(incoming.user), await self._office.rules()
        account, places = person.account, rules.tiers[person.tier].deferred
        lines = [
            self._texts.say(
                lang,
                "quota",
                tier=account.tier,
                left=math.floor(account.available - account.bonus),
                allowance=math.floor(account.allowance),
                held=math.ceil(account.held),
                time=self._texts.duration(lang, account.refill),
            )
        ]
        if account.bonus:
            bonus = math.floor(account.bonus)
            lines.append(self._texts.say(lang, "quota-bonus", bonus=bonus))
        if places and rules.nights:
            left = max(0, places - person.deferred)
            lines.append(self._texts.say(lang, "quota-night", left=left))
        if person.boost is not None:
            factor, rest = person.boost.factor, person.boost.until - self._clock()
            lasts = self._texts.duration(lang, rest)
            lines.append(self._texts.say(lang, "quota-boost", factor=factor, time=lasts))
        lines.append(self._texts.say(lang, "quota-account", user=incoming.user))
        return Reply("\n".join(lines))

    async def link(self, incoming: Incoming, code: str) -> Reply:
        """A code to be typed on another platform; with the other's `code` both are one account.

        Raises `BadCode` and `LinkBusy`.
        """
        if code:
            await self._queue.link(code, user=incoming.user)
            return Reply(self._texts.say(incoming.lang, "linked"))
        code = await self._queue.link_code(incoming.user)
        return Reply(self._texts.say(incoming.lang, "link-code", code=code))
