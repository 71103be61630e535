"""Telegram as one of the bot's fronts."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import urlsplit

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, TelegramUnauthorizedError
from aiogram.types import BotCommand, CallbackQuery, Update, User
from aiogram.utils.token import TokenValidationError
from pydantic import SecretStr

from bot.core.commands import CommandMenu
from bot.core.messages import Handle, Incoming, Reply
from bot.fronts.door import listening
from bot.fronts.lines import Lines
from bot.fronts.persist import Outage
from bot.fronts.slots import Slots
from bot.fronts.telegram.inbox import Inbox
from bot.fronts.telegram.incoming import Reader
from bot.fronts.telegram.outgoing import Outgoing
from bot.fronts.telegram.settings import TelegramSettings
from bot.fronts.telegram.updates import KINDS, Updates
from bot.fronts.telegram.webhook import webhook
from worker.jobs.errors import BadSettings

__all__ = ["TelegramFront"]

log = logging.getLogger(__name__)


class TelegramFront:
    """Serves one Telegram bot. Endings that can't be sent raise, so that they stay in the
    outbox; answers are tried a few times.
    """

    platform = "telegram"

    def __init__(
        self, token: SecretStr, settings: TelegramSettings, redis: Any, menu: CommandMenu, *,
        speed: float = 1.0,
    ) -> None:  # fmt: skip
        """`redis` is a `redis.asyncio.Redis` that decodes; `menu`: what the messenger lists;
        `speed`: see `Pace`.
        """
        self._menu = menu
        self._redis = redis
        self._settings = settings
        api = TelegramAPIServer.from_base(settings.api_base)
        try:
            self._bot = Bot(token.get_secret_value(), session=AiohttpSession(api=api))
        except TokenValidationError:
            raise BadSettings("ATELIER_TELEGRAM__TOKEN does not look like 123456:ABC…") from None
        self._slots = Slots(redis, self.platform)
        self._outgoing = Outgoing(self._bot, self._slots, speed)
        self._lines = Lines(self._outgoing.show)

    async def run(self, handle: Handle) -> None:
        """Listen until cancelled. Raises `BadSettings` when the token is refused."""
        me = await self._introduce()
        reader = Reader(self._bot, me.username or "", me.id, self._settings.photo_mb)

        async def deal(updates: list[Update]) -> None:
            if press := updates[0].callback_query:
                await self._deal_press(handle, reader.read_press(press), press)
                return
            messages = [update.message for update in updates if update.message]
            incoming = await reader.read(messages) if messages else None
            for reply in await handle(incoming) if incoming else []:
                await self._lines.say(str(messages[0].chat.id), reply)

        updates = Updates(self._bot, deal, Inbox(self._redis, self._bot))
        try:
            if self._settings.webhook_url:
                await self._serve_webhook(updates)
            else:
                log.info("Atelier is on Telegram as @%s", me.username)
                await updates.poll()
        finally:
            await updates.close()
            await self._lines.close()
            await self._bot.session.close()

    async def send(self, chat: str, reply: Reply) -> None:
        """Show a reply that nobody asked for just now."""
        if reply.passing:
            self._lines.hint(chat, reply)
        else:
            await self._lines.say(chat, reply)

    async def standing(self) -> list[tuple[str, str]]:
        """See `Front`."""
        return await self._slots.standing()

    async def _introduce(self) -> User:
        """Who the bot is, as soon as Telegram answers. Raises `BadSettings`."""
        outage = Outage("telegram")
        while True:
            try:
                await self._set_up()
                me = await self._bot.get_me()
            except TelegramUnauthorizedError:
                raise BadSettings("ATELIER_TELEGRAM__TOKEN is refused by Telegram") from None
            except AiogramError as error:
                await outage.rest(error)
            else:
                outage.end()
                return me

    async def _set_up(self) -> None:
        """Show the menu, and say how updates are to come."""
        for lang, entries in self._menu.items():
            commands = [BotCommand(command=name, description=text) for name, text in entries]
            # English is for whoever speaks something else, too
            code = None if lang == "en" else lang
            await self._bot.set_my_commands(commands, language_code=code)
        if url := self._settings.webhook_url:
            secret = self._settings.webhook_secret.get_secret_value()
            await self._bot.set_webhook(url, secret_token=secret, allowed_updates=KINDS)
        else:
            await self._bot.delete_webhook()

    async def _deal_press(
        self, handle: Handle, incoming: Incoming | None, press: CallbackQuery
    ) -> None:
        replies = await handle(incoming) if incoming else []
        toast = next((reply.text for reply in replies if reply.toast), "")
        await self._outgoing.answer_press(press.id, toast)
        if incoming is None or press.message is None:
            return
        if any(reply.removes for reply in replies):
            await self._outgoing.take_away(incoming.chat, press.message.message_id)
        for reply in replies:
            if not reply.toast:
                await self._lines.say(incoming.chat, reply)

    async def _serve_webhook(self, updates: Updates) -> None:
        settings = self._settings
        secret = settings.webhook_secret.get_secret_value()
        app = webhook(urlsplit(settings.webhook_url).path, secret, updates.deal)
        async with listening(app, settings.webhook_host, settings.webhook_port):
            log.info("Atelier is on Telegram, by webhook at %s", settings.webhook_url)
            await asyncio.Event().wait()
