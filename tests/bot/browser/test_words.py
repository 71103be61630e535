"""What is typed on the page, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.bot.browser.kit import PHOTO, Studio, send

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_typed_words(studio: Studio) -> None:
    """What is typed is answered in lines, below the field; a button of the answer acts."""
    page = studio.page
    await send(page, size=128)
    claim = await studio.hand.claim()
    field, said = page.get_by_label("Write to Atelier"), page.locator("#said")
    await field.fill("/help")
    await field.press("Enter")
    await expect(said).to_contain_text("/queue — my jobs\n/quota — my credits", use_inner_text=True)
    await field.fill("/queue")
    await field.press("Enter")
    await said.get_by_role("button", name="Cancel Paint like this").click()
    await expect(page.locator("li.work .line")).to_have_text("Stopping …")
    await expect(said).to_be_hidden()
    await studio.hand.queue.acknowledge_cancel(claim)
    await field.fill("hello?")
    await field.press("Enter")
    await expect(said).to_have_class("answer bad")


async def test_typed_words_are_about_the_photo_in_its_place(studio: Studio) -> None:
    """A command takes it along, and what is no command leaves it where it is."""
    page = studio.page
    await page.get_by_label("Photo", exact=True).set_input_files(PHOTO)
    field, said = page.get_by_label("Write to Atelier"), page.locator("#said")
    await field.fill("/quota")
    await field.press("Enter")
    await expect(said).to_contain_text("credits")
    await field.fill("/negative")
    await field.press("Enter")
    await expect(page.locator("li.work")).to_have_count(1)
    claim = await studio.hand.claim()
    assert ("negative", 1) == (claim.job.effect, len(claim.job.photos))


async def test_a_style_from_its_picture(studio: Studio) -> None:
    """/styles shows a sheet, to be opened in full size; a button paints the photo in its place."""
    page = studio.page
    await page.get_by_label("Photo", exact=True).set_input_files(PHOTO)
    field, said = page.get_by_label("Write to Atelier"), page.locator("#said")
    await field.fill("/styles")
    await field.press("Enter")
    sheet = said.locator("img")
    await expect(sheet).not_to_have_js_property("naturalWidth", 0)
    width = await sheet.evaluate("image => image.naturalWidth")
    assert width > 600
    async with page.expect_popup() as opening:
        await said.get_by_role("link", name="Open in full size").click()
    opened = await opening.value
    await expect(opened.locator("img")).to_have_js_property("naturalWidth", width)
    await opened.close()
    await said.get_by_role("button", name="starry").click()
    work = page.locator("li.work")
    await expect(work).to_have_attribute("data-state", "waiting")
    await expect(said).to_be_hidden()
    job = (await studio.hand.claim()).job
    assert ("style", "starry") == (job.effect, job.params["style"])
    assert [PHOTO["buffer"]] == [await studio.hand.blobs.get(name) for name in job.photos]
    assert [] == studio.problems
