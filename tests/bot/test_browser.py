"""The page in a real browser, with the real bot and a real Redis; the worker is a hand that
claims and finishes jobs through the queue's contract."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Request, async_playwright, expect

from effects.points import read_points
from tests.bot.browser_kit import GREY, PHOTO, STYLE, Hand, Studio, fill, make_day, send
from tests.bot.conftest import picture
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
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    tmp_path_factory: pytest.TempPathFactory, _redis_server: RedisServer, plugin_path: Path
) -> AsyncIterator[tuple[BotProcess, Hand]]:
    """A bot that knows the plugin's effect, and a worker that is there."""
    folder = tmp_path_factory.mktemp("service")
    environment = {
        "ATELIER_REDIS_URL": _redis_server.url,
        "ATELIER_BLOBS_URL": str(folder / "blobs"),
        "PYTHONPATH": str(plugin_path),
    }
    queue = RedisQueue(_redis_server.url)
    await queue.client.flushall()
    hand = Hand(queue, Blobs.open(folder / "blobs"))
    await hand.announce()
    with bot(folder, environment) as process:
        yield process, hand
    await queue.close()


@pytest_asyncio.fixture(loop_scope="module")
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
