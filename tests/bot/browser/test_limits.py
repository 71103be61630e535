"""What the page says to somebody who asks for too much."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.bot.browser.kit import Studio

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _as(page: Page, address: str) -> aiohttp.ClientSession:
    """Another program with the page's account."""
    cookies = {each["name"]: each["value"] for each in await page.context.cookies()}
    return aiohttp.ClientSession(address, cookies=cookies, headers={"Origin": address})


async def test_too_many_messages(studio: Studio) -> None:
    """The sentence stands where the answer would."""
    page, address = studio.page, studio.bot.address
    async with await _as(page, address) as http:
        status = 200
        while status != 429:
            async with http.post("/api/messages") as answer:
                status = answer.status
    await page.get_by_label("Write to Atelier").fill("/help")
    await page.keyboard.press("Enter")
    await expect(page.locator("#said")).to_contain_text("That was too much at once")
    await expect(page.locator("#said")).to_have_class("answer bad")


async def test_too_many_pages(studio: Studio) -> None:
    """One more page says why it hears nothing."""
    page, address = studio.page, studio.bot.address
    await page.goto("about:blank")
    async with await _as(page, address) as http, AsyncExitStack() as stack:
        status = 200
        while status != 429:
            answer = await stack.enter_async_context(http.get("/api/events"))
            status = answer.status
        await page.goto(address)
        await expect(page.locator("#offline")).to_contain_text("Too many pages are open at once")
