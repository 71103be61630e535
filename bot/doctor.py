"""`python -m bot doctor`: whether all that the bot needs is there, and what to do if not."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from typing import Any

import aiohttp

from bot.config import BotSettings
from bot.fronts.telegram.settings import TelegramSettings
from bot.fronts.vk.client import AUTH, VERSION
from bot.fronts.vk.settings import VkSettings
from worker.jobs.doctor import Finding, check_jobs, misspelt, report
from worker.jobs.errors import QueueError
from worker.jobs.settings import Jobs

__all__ = ["examine"]

_VK = "https://api.vk.com"
_PATIENCE = aiohttp.ClientTimeout(total=15)
_RENEW = "take a new one from @BotFather into ATELIER_TELEGRAM__TOKEN"


def examine(settings: BotSettings) -> int:
    """Print what is found; returns the exit status: 1 when something fails."""
    logging.getLogger().setLevel(logging.ERROR)  # what goes wrong is in the lines
    return asyncio.run(_examine(settings))


async def _examine(settings: BotSettings) -> int:
    here = await report(_look(settings))
    if not any(map(find_spec, ("torch", "onnxruntime"))):
        print(Finding("ok", "models", "none are run here; on workers: python -m worker doctor"))
        return here
    # In a program of its own: this one is never to load a model.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "doctor", "--machine"), stdin=asyncio.subprocess.DEVNULL
    )
    return max(here, await process.wait())


async def _look(settings: BotSettings) -> AsyncIterator[Finding]:
    yield Finding("ok", "settings", "can be read")
    for finding in misspelt(BotSettings):
        yield finding
    async for finding in check_jobs(settings, _workers):
        yield finding
    async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
        yield await _telegram(settings.telegram, http)
        yield await _vk(settings.vk, http)


async def _workers(jobs: Jobs) -> AsyncIterator[Finding]:
    """What those that are alive have announced."""
    try:
        workers = await jobs.queue.workers()
    except QueueError as error:
        yield Finding("fail", "workers", str(error), "see Redis")
        return
    if not workers:
        yield Finding("warn", "workers", "none is alive", "start one: python -m worker")
    for info in workers:
        offers = ", ".join(info.effects) or "nothing"
        yield Finding("ok", f"worker {info.name}", f"on {info.device} runs {offers}")
        for effect, why in info.down.items():
            do = "python -m worker doctor on its machine says more"
            yield Finding("warn", f"worker {info.name}", f"{effect} is down: {why}", do)


async def _telegram(settings: TelegramSettings, http: aiohttp.ClientSession) -> Finding:
    if settings.token is None:
        return Finding("ok", "Telegram", "no token: the bot is not there")
    token = settings.token.get_secret_value()
    if not re.fullmatch(r"\d+:\S+", token):
        do = "copy it whole from @BotFather into ATELIER_TELEGRAM__TOKEN, without quotes"
        return Finding("fail", "Telegram", "the token does not look like 123456:ABC…", do)
    url = f"{settings.api_base.rstrip('/')}/bot{token}/getMe"
    answer = await _ask(http, url, {})
    if answer is None:
        do = f"look whether this machine reaches {settings.api_base}"
        return Finding("fail", "Telegram", "does not answer", do)
    if not answer.get("ok"):
        return Finding(
            "fail", "Telegram", f"refuses the token: {answer.get('description')}", _RENEW
        )
    return Finding("ok", "Telegram", f"knows the bot as @{answer['result'].get('username')}")


async def _vk(settings: VkSettings, http: aiohttp.ClientSession) -> Finding:
    if settings.token is None:
        return Finding("ok", "VK", "no token: the bot is not there")
    base = settings.api_base.rstrip("/") or _VK
    fields = {
        "access_token": settings.token.get_secret_value(),
        "group_id": str(settings.group_id),
        "v": VERSION,
    }
    answer = await _ask(http, f"{base}/method/groups.getById", fields)
    if answer is None:
        return Finding("fail", "VK", "does not answer", f"look whether this machine reaches {base}")
    if "error" not in answer:
        return Finding("ok", "VK", f"knows the community {settings.group_id}")
    wrong = "ATELIER_VK__GROUP_ID"
    if answer["error"].get("error_code") in AUTH:
        wrong = "ATELIER_VK__TOKEN"
    return Finding("fail", "VK", f"refuses: {answer['error'].get('error_msg')}", f"correct {wrong}")


async def _ask(
    http: aiohttp.ClientSession, url: str, fields: dict[str, str]
) -> dict[str, Any] | None:
    """The answer, whatever its status; None when there is none."""
    try:
        async with http.post(url, data=fields) as response:
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
