"""What the tests of the page work with: a hand in place of a worker, and an open page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time

from playwright.async_api import Page, expect

from tests.bot.conftest import picture
from tests.bot.process import BotProcess
from tests.conftest import WAIT
from worker.jobs.blobs import Blobs
from worker.jobs.model import Claim, Done, Job, MediaRef, Progress, WorkerInfo
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Night

_EFFECTS = ("gatys", "learn_style", "negative", "style")
PASSWORD = "correct horse battery"
PHOTO = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture("teal", (640, 480))}
GREY = {**PHOTO, "buffer": picture("gray", (640, 480))}
STYLE = {"name": "style.png", "mimeType": "image/png", "buffer": picture("orange", (300, 300))}


@dataclass
class Hand:
    """A worker in the test's hand."""

    queue: RedisQueue
    blobs: Blobs

    async def announce(self) -> None:
        """Say that a worker is there."""
        info = WorkerInfo(name="hand", device="cpu", effects=_EFFECTS)
        await self.queue.announce(info, ttl=86_400)

    async def claim(self, *effects: str) -> Claim:
        """Take the next job of these effects; none: of those that the page begins with."""
        [claim] = await self.queue.claim("hand", effects or _EFFECTS, lease=600, wait=WAIT)
        return claim

    @asynccontextmanager
    async def offer(self, effect: str) -> AsyncIterator[None]:
        """Have another worker, for one more effect."""
        info = WorkerInfo(name="other", device="cpu", effects=(effect,))
        await self.queue.announce(info, ttl=86_400)
        try:
            yield
        finally:
            await self.queue.retire("other")

    async def progress(self, claim: Claim, done: int, preview: bytes) -> None:
        """Say how far of ten steps it is, with a picture."""
        name = f"{claim.job.id}/hand/preview-{done}.jpg"
        await self.blobs.put(name, preview)
        news = Progress(job=claim.job.id, done=done, total=10, preview=name)
        await self.queue.progress(claim, news)

    async def finish(self, claim: Claim) -> None:
        """End with a result of 320 px."""
        name = f"{claim.job.id}/hand/0.png"
        await self.blobs.put(name, picture("crimson", (320, 240)))
        media = (MediaRef(blob=name, type="image/png"),)
        await self.queue.finish(claim, Done(job=claim.job.id, media=media, seconds=65.0))

    async def clear(self) -> None:
        """Work off what a test has left."""
        while claims := await self.queue.claim("hand", _EFFECTS, lease=600):
            await self.queue.finish(claims[0], Done(job=claims[0].job.id))


@dataclass
class Studio:
    """Everything that a test of the page needs."""

    bot: BotProcess
    hand: Hand
    page: Page
    problems: list[str]


async def send(page: Page, *, size: int) -> None:
    """Pick Gatys, put two photos on the tiles, move a slider, send."""
    await page.locator("input[value=gatys]").check(force=True)
    await page.get_by_label("Photo", exact=True).set_input_files(PHOTO)
    await page.get_by_label("Style", exact=True).set_input_files(STYLE)
    await page.get_by_label("Size", exact=True).fill(str(size))
    await expect(page.locator("#command")).to_have_text(f"/gatys size={size}")
    await page.get_by_role("button", name="Make it").click()


async def make_day(queue: RedisQueue) -> None:
    """Let it be day for hours, whenever the test runs."""
    rules = await queue.office.rules()
    hour = datetime.now(UTC).hour
    night = Night(begins=time((hour + 10) % 24), ends=time((hour + 12) % 24))
    await queue.office.set_rules(rules.model_copy(update={"nights": (night,)}), who="admin")


async def fill(queue: RedisQueue) -> None:
    """Let eight others wait before whoever comes now."""
    for number in range(8):
        job = Job(
            id=f"f{number}", user=f"other:{number}", platform="fake", chat="", effect="gatys",
            cost=200_000_000,
        )  # fmt: skip
        await queue.submit(job, key=job.id)
