"""What a person has: credits, and when there are more."""

from __future__ import annotations

import math

from bot.core.messages import Incoming, Reply
from bot.core.texts import Texts
from worker.jobs.queue import Queue

__all__ = ["Accounts"]


class Accounts:
    """Answers `/quota`."""

    def __init__(self, queue: Queue, texts: Texts) -> None:
        self._queue = queue
        self._texts = texts

    async def quota(self, incoming: Incoming) -> Reply:
        """What is left, when there is more, and the name by which admins know the account."""
        account = await self._queue.account(incoming.user)
        text = self._texts.say(
            incoming.lang,
            "quota",
            tier=account.tier,
            left=math.floor(account.available),
            allowance=math.floor(account.allowance),
            held=math.ceil(account.held),
            time=self._texts.duration(incoming.lang, account.refill),
            user=incoming.user,
        )
        return Reply(text)
