"""Telegram as one of the bot's fronts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramUnauthorizedError
from aiogram.types import BotCommand, CallbackQuery, Update, User
from aiohttp import web
from pydantic import SecretStr

from bot.core.commands import CommandMenu
from bot.core.messages import Handle, Incoming, Reply
from bot.fronts.lines import Lines
from bot.fronts.slots import Slots
from bot.fronts.telegram.incoming import Reader
from bot.fronts.telegram.outgoing import TRANSIENT, Outgoing
from bot.fronts.telegram.settings import TelegramSettings
from bot.fronts.telegram.updates import KINDS, Updates
from bot.fronts.telegram.webhook import webhook
from worker.jobs.errors import BadSettings

__all__ = ["TelegramFront"]

log = logging.getLogger(__name__)
T = TypeVar("T")


class TelegramFront:
    """Serves one Telegram bot. Endings that can't be sent raise, so that they stay in the
    outbox; answers are tried a few times.
    """

    platform = "telegram"

    def __init__(
        self, token: SecretStr, settings: TelegramSettings, redis: Any, menu: CommandMenu
    ) -> None:
        """`redis` is a `redis.asyncio.Redis` that decodes; `menu`: what the messenger lists."""
        self._menu = menu
        self._settings = settings
        api = TelegramAPIServer.from_base(settings.api_base)
        try:
            self._bot = Bot(token.get_secret_value(), session=AiohttpSession(api=api))
        except ValueError:
            raise BadSettings("ATELIER_TELEGRAM__TOKEN does not look like 123456:ABC…") from None
        self._outgoing = Outgoing(self._bot, Slots(redis, self.platform))
        self._lines = Lines(self._outgoing.show, lambda error: isinstance(error, TRANSIENT))
        self._there = asyncio.Event()

    async def run(self, handle: Handle) -> None:
        """Listen until cancelled. Raises `BadSettings` when the token is refused."""
        me = await self._until_there(self._introduce)
        reader = Reader(self._bot, me.username or "", me.id, self._settings.photo_mb)

        async def deal(updates: list[Update]) -> None:
            if press := updates[0].callback_query:
                await self._deal_press(handle, reader.read_press(press), press)
                return
            messages = [update.message for update in updates if update.message]
            incoming = await reader.read(messages) if messages else None
            for reply in await handle(incoming) if incoming else []:
                await self._lines.answer(str(messages[0].chat.id), reply)

        updates = Updates(self._bot, deal)
        try:
            if self._settings.webhook_url:
                await self._serve_webhook(updates)
            else:
                await self._bot.delete_webhook()
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

    async def _introduce(self) -> User:
        """Show the menu; returns who the bot is."""
        for lang, entries in self._menu.items():
            commands = [BotCommand(command=name, description=text) for name, text in entries]
            # English is for whoever speaks something else, too
            code = None if lang == "en" else lang
            await self._bot.set_my_commands(commands, language_code=code)
        return await self._bot.get_me()

    async def _until_there(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` returns, as soon as Telegram answers. Raises `BadSettings`."""
        pause = 1.0
        while True:
            try:
                return await ask()
            except TelegramUnauthorizedError:
                raise BadSettings("ATELIER_TELEGRAM__TOKEN is refused by Telegram") from None
            except TelegramAPIError as error:
                log.warning("telegram does not answer, again in %g s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 30.0)

    async def _deal_press(
        self, handle: Handle, incoming: Incoming | None, press: CallbackQuery
    ) -> None:
        replies = await handle(incoming) if incoming else []
        toast = next((reply.text for reply in replies if reply.toast), "")
        await self._outgoing.answer_press(press.id, toast)
        if incoming is None or press.message is None:
            return
        if any(reply.removes for reply in replies):
            await self._outgoing.remove(incoming.chat, press.message.message_id)
        for reply in replies:
            if not reply.toast:
                await self._lines.answer(incoming.chat, reply)

    async def _serve_webhook(self, updates: Updates) -> None:
        settings = self._settings
        secret = settings.webhook_secret.get_secret_value()
        path = urlsplit(settings.webhook_url).path
        runner = web.AppRunner(webhook(path, secret, updates.deal), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.webhook_host, settings.webhook_port).start()
            await self._bot.set_webhook(
                settings.webhook_url, secret_token=secret, allowed_updates=KINDS
            )
            log.info("Atelier is on Telegram, by webhook at %s", settings.webhook_url)
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
