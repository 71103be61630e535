"""The wiring: the conversation and its fronts, served until told to leave."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from bot.config import BotSettings
from bot.core.accounts import Accounts
from bot.core.admin import Admin, Roles
from bot.core.apology import Apology
from bot.core.collection import Collection
from bot.core.commands import CommandMenu, command_menu
from bot.core.conversation import Conversation
from bot.core.delivery import Delivery
from bot.core.menu import Menu
from bot.core.messages import Front
from bot.core.preferences import RedisPreferences
from bot.core.repeat import repeat
from bot.core.request import Requests
from bot.core.saved_redis import RedisSavedFilters
from bot.core.session import RedisSessions
from bot.core.standing import Standing
from bot.core.status import StatusWords
from bot.core.texts import Texts
from bot.core.tools import Tools
from bot.core.watch import Watched
from bot.forgetting import open_forgetting
from bot.fronts.web.account import Cookies
from bot.fronts.web.admin import open_admin_page
from bot.fronts.web.front import WebFront
from bot.fronts.web.secret import kept_secret
from bot.fronts.web.works import Works
from effects.catalogue import Catalogue
from effects.decoder import Decoder
from worker.jobs.errors import QueueAway
from worker.jobs.office import Office
from worker.jobs.program import at_end_of_stdin
from worker.jobs.queue_metrics import QueueCollector
from worker.jobs.rules_file import RulesFile, read_rules_file
from worker.jobs.settings import Jobs, open_jobs
from worker.jobs.watch import redis_fault, served

__all__ = ["serve_until_told"]

log = logging.getLogger("bot")

_GRACE = 8.0
"""Seconds for everything to end; nothing is lost by leaving earlier."""


def _announce(address: str) -> None:
    print(f"Atelier is at {address}", flush=True)


async def _serve(settings: BotSettings) -> None:
    """Run until cancelled; Redis may come later, and go and come back."""
    catalogue = Catalogue.load()
    rules = read_rules_file(Path(settings.rules)) if settings.rules else None
    async with open_jobs(settings, wait=False) as jobs:
        queue = QueueCollector(jobs.queue, jobs.office, asyncio.get_running_loop())
        async with served(settings.watch, lambda: redis_fault(jobs.redis), [queue]):
            await _run(settings, catalogue, jobs, rules)


async def _adopt(file: RulesFile, office: Office) -> None:
    """Put the rules of the file in force as soon as Redis is there."""
    while True:
        try:
            if await office.adopt(file.rules, source=file.digest, who=file.path.name):
                log.info("the rules of %s are in force from now on", file.path)
        except QueueAway:
            await asyncio.sleep(1.0)
        else:
            return


def _messengers(settings: BotSettings, jobs: Jobs, menu: CommandMenu) -> Iterator[Front]:
    """The fronts of the messengers that there is a token for; their libraries load slowly."""
    if settings.telegram.token is not None:
        from bot.fronts.telegram.front import TelegramFront

        yield TelegramFront(settings.telegram.token, settings.telegram, jobs.redis, menu)
    if settings.vk.token is not None:
        from bot.fronts.vk.front import VkFront

        yield VkFront(settings.vk.token, settings.vk, jobs.redis)


async def _run(
    settings: BotSettings, catalogue: Catalogue, jobs: Jobs, rules: RulesFile | None
) -> None:
    texts, watched = Texts(), Watched()
    words, apology = StatusWords(catalogue, texts), Apology(catalogue, texts)
    menu = Menu(catalogue, jobs.queue)
    standing = Standing(catalogue, jobs.queue, jobs.office, menu, words)
    sessions = RedisSessions(jobs.redis, keep=settings.talk_hours * 3600)
    decoder = Decoder()
    requests = Requests(catalogue, jobs.queue, jobs.blobs, sessions, decoder)
    roles = Roles(settings.admins, settings.moderators)
    saved, preferences = RedisSavedFilters(jobs.redis), RedisPreferences(jobs.redis)
    filters = Collection(catalogue, jobs.queue, jobs.office, jobs.blobs, saved, decoder)
    forgetting = open_forgetting(jobs, settings, texts)
    admin = Admin(jobs.office, jobs.queue, catalogue, texts, roles, forgetting.forget)
    accounts = Accounts(jobs.queue, jobs.office, texts)
    tools = Tools(
        catalogue=catalogue,
        queue=jobs.queue,
        blobs=jobs.blobs,
        decoder=decoder,
        requests=requests,
        menu=menu,
        standing=standing,
        texts=texts,
        words=words,
        apology=apology,
        watched=watched,
        preferences=preferences,
        filters=filters,
    )
    conversation = Conversation(tools, accounts, admin, forgetting)
    works = Works(tools)
    secret = settings.web.secret.get_secret_value() or kept_secret(settings.state / "web-secret")
    admin_page = open_admin_page(settings.web, secret, admin, apology, texts)
    web = WebFront(
        settings.web, Cookies(secret), works, menu, watched, apology, texts, _announce, admin_page
    )
    fronts: list[Front] = [web, *_messengers(settings, jobs, command_menu(catalogue, texts))]

    async def reap() -> None:
        # Workers do it too; when all of them are dead, people still hear that they wait again.
        await jobs.queue.reap()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(jobs.queue.wait_until_there())
        if rules is not None:
            tasks.create_task(_adopt(rules, jobs.office))
        for front in fronts:
            delivery = Delivery(front, tools, consumer=settings.name)
            tasks.create_task(front.run(conversation.handle))
            tasks.create_task(delivery.run())
        tasks.create_task(repeat(reap, every=5.0))
        tasks.create_task(repeat(requests.tidy, every=600.0))
        tasks.create_task(repeat(filters.tidy, every=3600.0))


async def serve_until_told(settings: BotSettings, *, stop_with_stdin: bool) -> None:
    """Until SIGTERM or SIGINT; with `stop_with_stdin` also until standard input closes."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if stop_with_stdin:
        at_end_of_stdin(lambda: loop.call_soon_threadsafe(told.set))
    serving, waiting = asyncio.create_task(_serve(settings)), asyncio.create_task(told.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    serving.cancel()
    _, late = await asyncio.wait([serving], timeout=_GRACE)
    if late:
        log.warning("not everything ended within %g s: leaving", _GRACE)
        os._exit(0)
    if not serving.cancelled():
        serving.result()
