"""The form of an effect, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from effects.points import read_points
from tests.bot.browser.kit import GREY, PHOTO, Studio, send

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_drop_and_remove(studio: Studio) -> None:
    """Files can be dropped anywhere, the second is the style; what is missing is said."""
    page = studio.page
    await page.locator("input[value=gatys]").check(force=True)
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_have_text("Please add: Photo, Style")
    await page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 50, height: 50 });
          const blob = await new Promise((done) => canvas.toBlob(done));
          const files = new DataTransfer();
          for (const name of ["a.png", "b.png"])
            files.items.add(new File([blob], name, { type: "image/png" }));
          const drop = new DragEvent("drop", { dataTransfer: files, bubbles: true });
          document.body.dispatchEvent(drop);
        }"""
    )
    await expect(page.locator(".tile.filled")).to_have_count(2)
    await page.get_by_role("button", name="Remove Style").click()
    await expect(page.locator(".tile.filled")).to_have_count(1)
    note = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"hello"}
    await page.get_by_label("Style", exact=True).set_input_files(note)
    await expect(page.get_by_role("alert")).to_contain_text("not a picture")
    assert [] == studio.problems


async def test_styles_by_their_pictures(studio: Studio) -> None:
    """All are there to be seen; a click is the name in the field, and names that are typed are
    marked.
    """
    page, command = studio.page, studio.page.locator("#command")
    await page.locator("input[value=style]").check(force=True)
    group = page.get_by_role("group", name="Style")
    buttons, pressed = group.get_by_role("button"), group.locator("[aria-pressed=true]")
    await expect(buttons).to_have_count(18)
    await buttons.last.scroll_into_view_if_needed()
    for image in await group.locator("img").all():
        await expect(image).to_have_js_property("naturalWidth", 192)
    await expect(pressed).to_have_text(["Starry Night"])
    await group.get_by_role("button", name="The Scream").click()
    await expect(command).to_have_text("/style style=scream")
    await expect(pressed).to_have_text(["The Scream"])
    field = page.get_by_label("Style", exact=True).and_(page.locator("input[type=text]"))
    await field.fill("wave=0.7+klimt=0.3")
    await expect(command).to_have_text("/style style=wave=0.7+klimt=0.3")
    await expect(pressed).to_have_text(["Great Wave", "Klimt, Adele Bloch-Bauer"])
    await page.get_by_role("button", name="Back to usual").click()
    await expect(pressed).to_have_text(["Starry Night"])
    assert [] == studio.problems


async def test_points_on_the_photo(studio: Studio) -> None:
    """A click sets one, by hand or by keys it is coloured, moved and removed; another photo has
    none. What is sent says where they are."""
    page, command = studio.page, studio.page.locator("#command")
    async with studio.hand.offer("colorize"):
        await page.reload()
        await page.locator("input[value=colorize]").check(force=True)
        board = page.locator(".board")
        await expect(board).to_be_hidden()
        tile = page.get_by_label("Photo", exact=True)
        await tile.set_input_files(GREY)
        picture = board.locator("img")
        await expect(picture).to_have_js_property("naturalWidth", 640)
        # Keys come first: after a click they are the browser's own picker's.
        await page.get_by_role("button", name="Add a point").click()
        await page.get_by_label("Colour of point 1").press("ArrowRight")
        await expect(command).to_have_text("/colorize hints=0.52,0.5,#c03020")
        await page.get_by_label("Colour of point 1").press("Delete")
        await expect(command).to_have_text("/colorize")
        box = await picture.bounding_box()
        assert box is not None
        for x, y in ((0.25, 0.5), (0.75, 0.25)):
            await picture.click(position={"x": x * box["width"], "y": y * box["height"]})
        first, second = (
            page.get_by_label("Colour of point 1"),
            page.get_by_label("Colour of point 2"),
        )
        await first.fill("#3060c0")
        await second.fill("#20a040")
        await page.get_by_role("button", name="Make it").click()
        places = read_points((await studio.hand.claim("colorize")).job.params["hints"])
        assert [(0x30, 0x60, 0xC0), (0x20, 0xA0, 0x40)] == [place.colour for place in places]
        near = pytest.approx([0.25, 0.5, 0.75, 0.25], abs=0.01)
        assert near == [share for x, y, _ in places for share in (x, y)]
        await page.get_by_role("button", name="Remove the point").first.click()
        await expect(command).to_have_text(re.compile(r"^/colorize hints=0\.7\d+,0\.2\d+,#20a040$"))
        await tile.set_input_files(PHOTO)
        await expect(command).to_have_text("/colorize")
        assert [] == studio.problems


async def test_plugin_has_its_form(studio: Studio) -> None:
    """An effect from another package has its card and its tiles, and runs."""
    page = studio.page
    await page.locator("input[value=negative]").check(force=True)
    await expect(page.locator(".tile")).to_have_count(1)
    await page.locator(".tile input").set_input_files(PHOTO)
    await page.get_by_role("button", name="Make it").click()
    claim = await studio.hand.claim()
    assert "negative" == claim.job.effect
    await studio.hand.finish(claim)
    await expect(page.locator("li.work")).to_have_attribute("data-state", "done")
    assert [] == studio.problems


async def test_refusal_is_said(studio: Studio) -> None:
    """A broken picture is refused in a sentence, and the form stays as it was."""
    page = studio.page
    broken = {**PHOTO, "buffer": b"\x89PNG no more"}
    await page.locator("input[value=gatys]").check(force=True)
    await page.get_by_label("Photo", exact=True).set_input_files(PHOTO)
    await page.get_by_label("Style", exact=True).set_input_files(broken)
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("alert")).to_contain_text("Picture 2:")
    await expect(page.locator(".tile.filled")).to_have_count(2)
    await expect(page.locator("li.work")).to_have_count(0)


async def test_nothing_sticks_out(studio: Studio) -> None:
    """The page fits a phone and a desk, in both languages, and every control has a name."""
    page = studio.page
    await send(page, size=128)
    await studio.hand.finish(await studio.hand.claim())
    for width, lang in [(390, "en"), (390, "ru"), (1280, "en"), (1280, "ru")]:
        await page.set_viewport_size({"width": width, "height": 844})
        await page.goto(f"{studio.bot.address}/?lang={lang}")
        await expect(page.locator("li.work")).to_have_attribute("data-state", "done")
        assert width == await page.evaluate("document.documentElement.scrollWidth")
        nameless = await page.evaluate(
            """[...document.querySelectorAll("input, select, button, a")].filter((each) =>
              !each.labels?.length && !each.ariaLabel && !each.textContent.trim()
              && !each.title).map((each) => each.outerHTML)"""
        )
        assert [] == nameless
