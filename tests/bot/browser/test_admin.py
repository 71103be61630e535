"""The admin page in a real browser, with and without scripts, on a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from tests.bot.browser.kit import PASSWORD, Studio
from tests.conftest import WAIT

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _enter(page: Page, address: str) -> None:
    await page.goto(f"{address}/admin")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()


async def test_from_login_to_logout(studio: Studio) -> None:
    """A wrong password, the right one, a command that counts at once, and out again."""
    page, office = studio.page, studio.hand.queue.office
    await page.goto(f"{studio.bot.address}/admin")
    await page.get_by_label("Password").fill("guess")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    studio.problems.clear()  # a browser reports a refused login
    await _enter(page, studio.bot.address)
    await expect(page.get_by_role("heading", name="Workers")).to_be_visible()
    await expect(page.get_by_text("hand — ")).to_be_visible()
    await page.get_by_label("Command").fill("pause effect negative")
    await page.get_by_role("button", name="Do it").click()
    await expect(page.get_by_role("status")).to_contain_text("pause effect negative")
    assert ("negative",) == (await office.rules()).paused_effects
    await page.get_by_role("heading", name="Audit trail").click()
    await expect(page.get_by_text("web admin: rules: paused_effects")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("status")).to_contain_text("This form was sent before")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Password")).to_be_visible()
    assert [] == studio.problems


async def test_without_scripts(studio: Studio, chromium: Browser) -> None:
    """It works without them, and nothing sticks out, in both languages."""
    context = await chromium.new_context(java_script_enabled=False, locale="en-US")
    context.set_default_timeout(1000 * WAIT)
    page = await context.new_page()
    await _enter(page, studio.bot.address)
    await page.get_by_label("Command").fill("queue")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Waiting: 0")
    await studio.page.context.add_cookies(await context.cookies())  # type: ignore[arg-type]
    for width, lang in [(390, "en"), (390, "ru"), (1280, "en"), (1280, "ru")]:
        await studio.page.set_viewport_size({"width": width, "height": 844})
        await studio.page.goto(f"{studio.bot.address}/admin?lang={lang}")
        await expect(studio.page.locator("section")).to_have_count(5)
        await studio.page.locator("details").evaluate_all("all => all.map((e) => (e.open = true))")
        assert width == await studio.page.evaluate("document.documentElement.scrollWidth")
    await context.close()
    assert [] == studio.problems
