"""The list of works in a real browser: from a photo to a picture, and what comes after."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.bot.browser.kit import PHOTO, STYLE, Studio, fill, make_day, send
from tests.bot.conftest import picture

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_from_photo_to_picture(studio: Studio, tmp_path: Path) -> None:
    """Two photos in, place, progress and preview on the way, the result beside the originals, a
    file to keep; a reload shows it again."""
    page, hand = studio.page, studio.hand
    await send(page, size=256)
    work = page.locator("li.work")
    await expect(work).to_have_attribute("data-state", "waiting")
    await expect(work.locator(".line")).to_contain_text("Next in line")
    claim = await hand.claim()
    assert 256 == claim.job.params["size"]
    assert [PHOTO["buffer"], STYLE["buffer"]] == [
        await hand.blobs.get(name) for name in claim.job.photos
    ]
    await hand.progress(claim, 3, picture("navy", (64, 48), "JPEG"))
    await expect(work.locator(".line")).to_contain_text("30 %")
    await expect(work.locator("progress")).to_have_js_property("value", 3)
    await expect(work.locator(".stage img")).to_have_js_property("naturalWidth", 64)
    await hand.progress(claim, 7, picture("navy", (80, 60), "JPEG"))
    await expect(work.locator(".stage img")).to_have_js_property("naturalWidth", 80)
    await hand.finish(claim)
    for _ in range(2):
        await expect(work).to_have_attribute("data-state", "done")
        await expect(work.locator(".line")).to_have_text("Paint like this: ready in 65 seconds.")
        await expect(work.locator(".stage img")).to_have_js_property("naturalWidth", 320)
        originals = work.locator(".originals img")
        await expect(originals.nth(0)).to_have_js_property("naturalWidth", 640)
        await expect(originals.nth(1)).to_have_js_property("naturalWidth", 300)
        await page.reload()
    async with page.expect_download() as downloading:
        await work.get_by_role("link", name="Download").click()
    download = await downloading.value
    assert f"gatys-{claim.job.id[:4]}-1.png" == download.suggested_filename
    kept = tmp_path / "kept.png"
    await download.save_as(kept)
    assert picture("crimson", (320, 240)) == await asyncio.to_thread(kept.read_bytes)
    assert [] == studio.problems


async def test_cancel(studio: Studio) -> None:
    """A running job is cancelled from its card; the page follows to the end."""
    await send(studio.page, size=128)
    claim = await studio.hand.claim()
    work = studio.page.locator("li.work")
    await expect(work).to_have_attribute("data-state", "running")
    await work.get_by_role("button", name="Cancel").click()
    await expect(work.locator(".line")).to_have_text("Stopping …")
    await studio.hand.queue.acknowledge_cancel(claim)
    await expect(work).to_have_attribute("data-state", "cancelled")
    await expect(work.get_by_role("button")).to_have_count(0)
    assert [] == studio.problems


async def test_again_and_delete(studio: Studio) -> None:
    """A result is the start of the next one; deleted, it is gone, also from a page opened anew."""
    page, hand = studio.page, studio.hand
    await send(page, size=256)
    first = await hand.claim()
    await hand.finish(first)
    done = page.locator("[data-state=done]")
    await done.get_by_role("button", name="Again").click()
    second = await hand.claim()
    assert first.job.params["seed"] != second.job.params["seed"]
    await hand.finish(second)
    await expect(done).to_have_count(2)
    await done.first.get_by_role("button", name="Delete").click()
    await expect(done).to_have_count(1)
    await page.reload()
    await expect(done).to_have_count(1)
    await expect(done).to_have_attribute("data-job", first.job.id)
    assert [] == studio.problems


async def test_a_style_that_was_not_learned(studio: Studio) -> None:
    """Its card says so and offers to try again, also on a page opened anew."""
    page, hand = studio.page, studio.hand
    artwork = io.BytesIO()
    Image.effect_mandelbrot((300, 300), (-2, -1.5, 1, 1.5), 50).save(artwork, "PNG")
    await page.locator("input[value=learn_style]").check(force=True)
    tile = page.get_by_label("Style", exact=True)
    await tile.set_input_files({**STYLE, "buffer": artwork.getvalue()})
    await page.get_by_role("button", name="Make it").click()
    await hand.queue.fail(await hand.claim(), "out_of_memory", "no memory", retry=False)
    failed = page.locator("[data-state=failed]")
    for _ in range(2):
        await expect(failed.locator(".line")).to_contain_text("“style-1” is kept, but not learned")
        await expect(failed.get_by_role("button")).to_have_text(["Try again"])
        await page.reload()
    await failed.get_by_role("button", name="Try again").click()
    again = await hand.claim()
    assert ("learn_style", "style-1") == (again.job.effect, again.job.params["name"])
    await expect(page.locator("li.work")).to_have_count(2)
    await page.reload()
    await expect(failed).to_have_count(1)
    await expect(failed.get_by_role("button")).to_have_count(0)
    assert [] == studio.problems


async def test_now_or_by_morning(studio: Studio) -> None:
    """In a long queue the page asks, and a job that was sent off is put off from its card."""
    page, hand = studio.page, studio.hand
    await make_day(hand.queue)
    await fill(hand.queue)
    await send(page, size=700)
    answer = page.locator("#answer")
    await expect(answer).to_contain_text("By morning it is free. Which shall it be?")
    await answer.get_by_role("button", name="By morning (free)").click()
    work = page.locator("li.work")
    await expect(work.locator(".line")).to_contain_text("Waits for the night: done by about")
    await expect(answer).to_be_hidden()
    await expect(work.get_by_role("button")).to_have_text(["Cancel"])
    await page.get_by_role("button", name="Make it").click()
    await answer.get_by_role("button", name="Now (≈").click()
    await expect(work).to_have_count(2)
    now = work.first
    await expect(now.locator(".line")).to_contain_text("in line, about")
    await now.get_by_role("button", name="By morning (free)").click()
    await expect(now.locator(".line")).to_contain_text("Waits for the night")
    await now.get_by_role("button", name="Cancel").click()
    await expect(now).to_have_attribute("data-state", "cancelled")
    assert [] == studio.problems
