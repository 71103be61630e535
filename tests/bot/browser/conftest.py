"""The page in a real browser, with the real bot and a real Redis; the worker is a hand that
claims and finishes jobs through the queue's contract."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Request, async_playwright, expect

from tests.bot.browser.kit import PASSWORD, Hand, Studio
from tests.bot.process import BotProcess, bot
from tests.conftest import WAIT, RedisServer
from worker.jobs.blobs import Blobs
from worker.jobs.redis_queue import RedisQueue

_QUIET = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)


expect.set_options(timeout=1000 * WAIT)


# One browser and one bot for all: to start them takes longer than most tests.
@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a screen; without one the test is skipped, or fails in CI."""
    program = shutil.which("chromium")
    if program is None:
        message = "there is no chromium on the PATH"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=_QUIET.split())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def service(
    tmp_path_factory: pytest.TempPathFactory, _redis_server: RedisServer, plugin_path: Path
) -> AsyncIterator[tuple[BotProcess, Hand]]:
    """A bot that knows the plugin's effect, and a worker that is there."""
    folder = tmp_path_factory.mktemp("service")
    environment = {
        "ATELIER_REDIS_URL": _redis_server.url,
        "ATELIER_BLOBS_URL": str(folder / "blobs"),
        "ATELIER_WEB__ADMIN_PASSWORD": PASSWORD,
        "PYTHONPATH": str(plugin_path),
    }
    queue = RedisQueue(_redis_server.url)
    await queue.client.flushall()
    hand = Hand(queue, Blobs.open(folder / "blobs"))
    await hand.announce()
    with bot(folder, environment) as process:
        yield process, hand
    await queue.close()


@pytest_asyncio.fixture(loop_scope="package")
async def studio(service: tuple[BotProcess, Hand], chromium: Browser) -> AsyncIterator[Studio]:
    """An open page of somebody who was never there before; nothing waits in the queue."""
    process, hand = service
    office = hand.queue.office
    rules = await office.rules()
    context = await chromium.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-US", accept_downloads=True
    )
    context.set_default_timeout(1000 * WAIT)
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: _note(problems, request))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    await page.goto(process.address)
    yield Studio(process, hand, page, problems)
    await context.close()
    await hand.clear()
    version = (await office.rules()).version
    await office.set_rules(rules.model_copy(update={"version": version}), who="admin")


def _note(problems: list[str], request: Request) -> None:
    # A page that is left or read anew cuts off its stream of events, and pictures on their way.
    if request.failure != "net::ERR_ABORTED":
        problems.append(request.url)
