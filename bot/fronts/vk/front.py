"""VK as one of the bot's fronts."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import aiohttp
from pydantic import SecretStr
from redis.exceptions import RedisError
from vk_api import ApiError

from bot.core.messages import Handle, Incoming, Reply
from bot.fronts.door import listening
from bot.fronts.lines import Lines
from bot.fronts.persist import Outage
from bot.fronts.slots import Slots
from bot.fronts.vk.callback import callback
from bot.fronts.vk.client import AUTH, Client
from bot.fronts.vk.incoming import Reader, Shapeless, mended, peer_of
from bot.fronts.vk.languages import Languages
from bot.fronts.vk.outgoing import Outgoing
from bot.fronts.vk.settings import VkSettings
from worker.jobs.errors import BadSettings

__all__ = ["VkFront"]

log = logging.getLogger(__name__)

_WAIT = 25
"""Seconds that a poll waits for news."""
_WRONG = 100
"""The error of a parameter that is wrong."""


class VkFront:
    """Serves one community. Endings that can't be sent raise, so that they stay in the outbox;
    answers are tried a few times.
    """

    platform = "vk"

    def __init__(
        self, token: SecretStr, settings: VkSettings, redis: Any, *, speed: float = 1.0
    ) -> None:
        """`redis` is a `redis.asyncio.Redis` that decodes; `speed`: see `Pace`."""
        self._settings = settings
        self._redis = redis
        self._since = f"{{atelier}}:vk:since:{settings.group_id}"
        self._client = Client(token.get_secret_value(), settings.group_id, settings.api_base)
        self._slots = Slots(redis, self.platform)
        self._outgoing = Outgoing(self._client, self._slots, speed)
        self._lines = Lines(self._outgoing.show)
        self._open: dict[str, asyncio.Task[None]] = {}
        self._newest = ""
        self._languages = Languages(redis)
        self._chats: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def run(self, handle: Handle) -> None:
        """Listen until cancelled. Raises `BadSettings` when the token is refused."""
        async with aiohttp.ClientSession() as http:
            reader = Reader(http, self._settings.group_id)

            async def deal(event: dict[str, Any]) -> None:
                await self._deal(reader, handle, event)

            try:
                if self._settings.callback_secret.get_secret_value():
                    await self._serve_callback(deal)
                else:
                    await self._poll(deal)
            finally:
                for task in self._open.values():
                    task.cancel()
                await asyncio.gather(*self._open.values(), return_exceptions=True)
                await self._lines.close()
                self._client.close()

    async def send(self, chat: str, reply: Reply) -> None:
        """Show a reply that nobody asked for just now."""
        if reply.passing:
            self._lines.hint(chat, reply)
        else:
            await self._lines.say(chat, reply)

    async def standing(self) -> list[tuple[str, str]]:
        """See `Front`."""
        return await self._slots.standing()

    async def _poll(self, deal: Any) -> None:
        """Ask for events. It is remembered from where on they are not all dealt with, so that
        none is lost.
        """
        outage = Outage("vk")
        since = ""
        while True:
            try:
                if not since:
                    since = await self._client.connect(await self._redis.get(self._since), _WAIT)
                    log.info("Atelier is on VK as community %d", self._settings.group_id)
                    await self._redis.set(self._since, since)
                events, after = await self._client.poll()
            # VK, the network or Redis: whatever it is, people may write again later.
            except Exception as error:
                _check_settings(error)
                await outage.rest(error)
                continue
            outage.end()
            if events:
                self._open[since] = asyncio.create_task(self._deal_all(deal, events, since))
            since = self._newest = after

    async def _deal_all(self, deal: Any, events: list[dict[str, Any]], since: str) -> None:
        await asyncio.gather(*map(deal, events), return_exceptions=True)
        del self._open[since]
        # else they come again after a restart, and nothing is done twice for that
        with suppress(RedisError, OSError):
            await self._redis.set(self._since, next(iter(self._open), self._newest))

    async def _deal(self, reader: Reader, handle: Handle, event: dict[str, Any]) -> None:
        """One event in the turn of its chat."""
        try:
            event = mended(event)
            peer = peer_of(event)
        except Shapeless as error:
            _complain(error)
            raise
        async with self._chats.setdefault(peer, asyncio.Lock()):
            try:
                incoming = await reader.read(event)
                if incoming is not None:
                    if incoming.lang:
                        await self._languages.note(incoming.user, incoming.lang)
                    else:
                        lang = await self._languages.of(incoming.user)
                        incoming = replace(incoming, lang=lang)
                    await self._answer(incoming, await handle(incoming), event["object"])
            except Shapeless as error:
                _complain(error)
                raise
            # One message that can't be dealt with must not stop the others.
            except Exception:
                log.exception("vk: an event was not dealt with")

    async def _answer(
        self, incoming: Incoming, replies: list[Reply], content: dict[str, Any]
    ) -> None:
        if "event_id" in content:
            toast = next((reply.text for reply in replies if reply.toast), "")
            user = incoming.user.removeprefix("vk:")
            await self._outgoing.answer_press(content["event_id"], user, incoming.chat, toast)
            if any(reply.removes for reply in replies):
                await self._outgoing.take_away(incoming.chat, content["conversation_message_id"])
        for number, reply in enumerate(one for one in replies if not one.toast):
            once = f"{incoming.message}.{number}"
            await self._lines.say(incoming.chat, replace(reply, once=once))

    async def _introduce(self) -> None:
        """Return when VK knows the token and the community."""
        outage = Outage("vk")
        while True:
            try:
                await self._client.call("groups.getById", group_id=self._settings.group_id)
            # VK or the network; people may write again later.
            except Exception as error:
                _check_settings(error)
                await outage.rest(error)
            else:
                outage.end()
                return

    async def _serve_callback(self, deal: Any) -> None:
        await self._introduce()
        settings = self._settings
        secret = settings.callback_secret.get_secret_value()
        app = callback(settings.group_id, secret, settings.confirmation, deal)
        async with listening(app, settings.callback_host, settings.callback_port):
            log.info("Atelier is on VK as community %d, by callbacks", settings.group_id)
            await asyncio.Event().wait()


def _complain(error: Shapeless) -> None:
    log.warning("vk: an event has not the shape that is documented: %s", error)


def _check_settings(error: Exception) -> None:
    """Raise `BadSettings` when VK refuses what it was told."""
    if isinstance(error, ApiError) and error.code in AUTH:
        raise BadSettings(f"ATELIER_VK__TOKEN is refused by VK: {error}") from None
    if isinstance(error, ApiError) and error.code == _WRONG:
        raise BadSettings(f"ATELIER_VK__GROUP_ID is refused by VK: {error}") from None
