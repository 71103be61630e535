"""Updates from Telegram: each is kept until it has been dealt with, so that none is lost."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramRetryAfter, TelegramUnauthorizedError
from aiogram.types import Message, Update

from bot.fronts.persist import Outage
from bot.fronts.telegram.inbox import Inbox
from worker.jobs.errors import BadSettings
from worker.jobs.wakeups import set_within

__all__ = ["KINDS", "Updates"]

log = logging.getLogger(__name__)

KINDS = ["message", "callback_query"]
_WAIT = 25
"""Seconds that a poll waits for news."""
_ALBUM = 0.7
"""Seconds without a further picture after which an album is complete."""
_LOOK = 1.0
"""Seconds after which Redis is tried again when it kept nothing."""

Deal = Callable[[list[Update]], Awaitable[None]]


@dataclass
class _Turn:
    """What is dealt with at once: an update, or the messages of an album."""

    updates: list[Update]
    album: str
    more: asyncio.Event = field(default_factory=asyncio.Event)


class Updates:
    """Hands updates to `deal`, chat by chat in order; the messages of an album together."""

    def __init__(self, bot: Bot, deal: Deal, inbox: Inbox, *, album: float = _ALBUM) -> None:
        self._bot = bot
        self._deal = deal
        self._inbox = inbox
        self._album = album
        self._newest = 0
        self._waiting: defaultdict[int, deque[_Turn]] = defaultdict(deque)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._in_hand: set[int] = set()
        self._dealt = asyncio.Event()

    async def poll(self) -> None:
        """Ask for updates until cancelled; those that were left in hand come first. Raises
        `BadSettings` when the token is refused.
        """
        outage = Outage("telegram")
        left, kept = False, 0
        while True:
            if not left and (old := await self._inbox.left()) is not None:
                left = True
                self._take_new(old)
            try:
                updates = await self._bot.get_updates(
                    offset=kept + 1, timeout=_WAIT, allowed_updates=KINDS,
                    request_timeout=_WAIT + 10,
                )  # fmt: skip
            except TelegramUnauthorizedError:
                raise BadSettings("ATELIER_TELEGRAM__TOKEN is refused by Telegram") from None
            except AiogramError as error:
                least = error.retry_after if isinstance(error, TelegramRetryAfter) else 0
                await outage.rest(error, least)
                continue
            outage.end()
            if await self._inbox.keep(updates):
                kept = max((update.update_id for update in updates), default=kept)
            else:
                # not confirmed: they come again, now or after a restart
                await asyncio.sleep(_LOOK)
            self._take_new(updates)

    def _take_new(self, updates: list[Update]) -> None:
        for update in updates:
            if update.update_id > self._newest:
                self._newest = update.update_id
                self.take(update)

    async def deal(self, update: Update) -> None:
        """Deal with an update in its turn, and return when that is done."""
        self.take(update)
        while update.update_id in self._in_hand:
            self._dealt.clear()
            await self._dealt.wait()

    def take(self, update: Update) -> None:
        """Begin to deal with an update in its turn."""
        self._in_hand.add(update.update_id)
        album = (update.message.media_group_id if update.message else None) or ""
        chat = _chat_of(update)
        line = self._waiting[chat]
        if album and line and line[-1].album == album:
            line[-1].updates.append(update)
            line[-1].more.set()
            return
        line.append(_Turn([update], album))
        if chat not in self._tasks:
            self._tasks[chat] = asyncio.create_task(self._serve(chat))

    async def close(self) -> None:
        """Leave what is not dealt with to the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, chat: int) -> None:
        line = self._waiting[chat]
        while line:
            if line[0].album:
                await self._until_complete(line[0].more)
            updates = line.popleft().updates
            try:
                await self._deal(updates)
            # One message that can't be dealt with must not stop the others.
            except Exception:
                log.exception("telegram: an update was not dealt with")
            self._in_hand -= {update.update_id for update in updates}
            self._dealt.set()
            await self._inbox.drop(updates)
        del self._waiting[chat], self._tasks[chat]

    async def _until_complete(self, more: asyncio.Event) -> None:
        while await set_within(more, self._album):
            more.clear()


def _chat_of(update: Update) -> int:
    if update.message:
        return update.message.chat.id
    press = update.callback_query
    if press and isinstance(press.message, Message):
        return press.message.chat.id
    return 0
