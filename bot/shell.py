"""`python -m bot admin …`: the commands of admins, from the shell of the machine itself."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import sys

from bot.config import BotSettings
from bot.core.admin import Admin, Role, Roles
from bot.core.apology import Apology
from bot.core.messages import Reply
from bot.core.texts import Texts, choose_language
from bot.forgetting import open_forgetting
from effects.catalogue import Catalogue
from worker.jobs.errors import QueueError
from worker.jobs.settings import open_jobs

__all__ = ["administer"]


def administer(settings: BotSettings, words: list[str]) -> int:
    """Do one command with the role of an admin; returns the exit status."""
    # What the queue logs on its way is not the answer.
    logging.getLogger().setLevel(logging.WARNING)
    reply = asyncio.run(_answer(settings, " ".join(words)))
    print(reply.text, file=sys.stderr if reply.error else sys.stdout)
    return 1 if reply.error else 0


async def _answer(settings: BotSettings, text: str) -> Reply:
    catalogue, texts = Catalogue.load(), Texts()
    lang = choose_language(_locale().replace("_", "-"))
    roles = Roles(settings.admins, settings.moderators)
    async with open_jobs(settings, wait=False) as jobs:
        forgetting = open_forgetting(jobs, settings, texts)
        admin = Admin(jobs.office, jobs.queue, catalogue, texts, roles, forgetting.forget)
        who = f"shell:{getpass.getuser()}"
        try:
            return await admin.answer(text, who=who, role=Role.ADMIN, lang=lang)
        except QueueError as error:
            return Apology(catalogue, texts).reply(error, lang)


def _locale() -> str:
    """As POSIX has it: "ru_RU.UTF-8"."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    return next((os.environ[name] for name in names if os.environ.get(name)), "en")
