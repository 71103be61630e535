"""A bot in this process: real conversation, blobs and web front; two small effects; a queue that
tests work off by hand."""

from __future__ import annotations

import asyncio
import io
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import aiohttp
import pytest
from PIL import Image

from bot.core.accounts import Accounts
from bot.core.admin import Admin, Roles
from bot.core.apology import Apology
from bot.core.collection import Collection
from bot.core.conversation import Conversation
from bot.core.delivery import Delivery
from bot.core.forgetting import Forgetting
from bot.core.menu import Menu
from bot.core.messages import Incoming, Reply
from bot.core.preferences import MemoryPreferences, Preferences, RedisPreferences
from bot.core.request import Requests
from bot.core.saved import MemorySavedFilters, SavedFilters
from bot.core.session import MemorySessions, RedisSessions, Sessions
from bot.core.standing import Standing
from bot.core.status import StatusWords
from bot.core.texts import Texts
from bot.core.tools import Tools
from bot.core.watch import Watched
from bot.fronts.web.account import Cookies
from bot.fronts.web.admin import open_admin_page
from bot.fronts.web.front import WebFront
from bot.fronts.web.settings import WebSettings
from bot.fronts.web.shapes import reply_shape
from bot.fronts.web.works import Works
from effects.catalogue import Catalogue
from effects.decoder import Decoder
from effects.spec import EffectSpec, Params, Text, param
from tests.conftest import WAIT, Clock
from worker.jobs.blobs import Blobs
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Claim, Done, MediaRef, Progress, WorkerInfo
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue


class BlendParams(Params):
    """Every kind of parameter."""

    size: int = param(512, Text("Size", "Размер"), Text("pixels", "пикселей"), ge=64, le=1024)
    strength: float = param(1.0, Text("Strength", "Сила"), Text("how much", "сколько"), ge=0, le=2)
    sharp: bool = param(False, Text("Sharp", "Резко"), Text("sharper", "резче"))
    start: Literal["photo", "noise"] = param(
        "photo", Text("Start", "Начало"), Text("from what", "с чего"), advanced=True
    )
    seed: int | None = param(None, Text("Seed", "Зерно"), Text("of chance", "случая"), ge=0)


class NoParams(Params):
    """None at all."""


BLEND = EffectSpec(
    name="blend",
    title=Text("Blend", "Смесь"),
    description=Text("mixes two pictures", "смешивает две картинки"),
    params=BlendParams,
    runner="nowhere:Blend",
    cost=lambda params, pixels: 10 + pixels / 1e6,
    roles=("photo", "style"),
    photos=(2, 2),
    aliases=("смешай",),
    strength_field="strength",
)
SWIRL = EffectSpec(
    name="swirl",
    title=Text("Swirl", "Вихрь"),
    description=Text("turns a picture", "крутит картинку"),
    params=NoParams,
    runner="nowhere:Swirl",
    cost=lambda params, pixels: 1.0,
    aliases=("закрути",),
)
CATALOGUE = Catalogue([("tests", BLEND), ("tests", SWIRL)])


def picture(color: str = "teal", size: tuple[int, int] = (64, 48), type: str = "PNG") -> bytes:
    """A real picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, type)
    return file.getvalue()


_TEXTS = Texts()  # they take a while to read
_DECODER = Decoder()


class FakeFront:
    """A messenger that remembers what was sent, and fails as often as it is told to."""

    platform = "fake"

    def __init__(self) -> None:
        self.sent: list[tuple[str, Reply]] = []
        self.failures = 0
        self.broken_chats: set[str] = set()
        self.stands: list[tuple[str, str]] = []
        self._changed = asyncio.Condition()

    async def run(self, handle: object) -> None:
        """Nobody speaks."""

    async def send(self, chat: str, reply: Reply) -> None:
        """Remember, or fail."""
        if self.failures or chat in self.broken_chats:
            self.failures = max(0, self.failures - 1)
            raise ConnectionError("the messenger is down")
        async with self._changed:
            self.sent.append((chat, reply))
            self._changed.notify_all()

    async def standing(self) -> list[tuple[str, str]]:
        """See `Front`."""
        return self.stands

    async def until(self, count: int) -> list[tuple[str, Reply]]:
        """Wait until so many replies were sent."""
        async with self._changed, asyncio.timeout(WAIT):
            await self._changed.wait_for(lambda: len(self.sent) >= count)
        return self.sent


@dataclass
class House:
    """All parts of a bot, wired as in `bot.serve` but with a queue in memory."""

    queue: Queue
    blobs: Blobs
    catalogue: Catalogue = CATALOGUE
    clock: Clock = field(default_factory=Clock)
    texts: Texts = _TEXTS
    watched: Watched = field(default_factory=Watched)
    saved: SavedFilters = field(default_factory=MemorySavedFilters)

    def __post_init__(self) -> None:
        self.sessions: Sessions = MemorySessions(keep=3600, clock=self.clock)
        self.preferences: Preferences = MemoryPreferences()
        if isinstance(self.queue, RedisQueue):
            self.sessions = RedisSessions(self.queue.client, keep=3600, clock=self.clock)
            self.preferences = RedisPreferences(self.queue.client)
        self.words = StatusWords(self.catalogue, self.texts)
        self.menu = Menu(self.catalogue, self.queue)
        self.requests = Requests(self.catalogue, self.queue, self.blobs, self.sessions, _DECODER)
        self.standing = Standing(
            self.catalogue, self.queue, self.queue.office, self.menu, self.words, clock=self.clock
        )
        self.filters = Collection(
            self.catalogue,
            self.queue,
            self.queue.office,
            self.blobs,
            self.saved,
            _DECODER,
            clock=self.clock,
        )
        forgetting = Forgetting(
            self.queue, self.queue.office, self.blobs, self.sessions, self.preferences,
            self.saved, self.texts,
        )  # fmt: skip
        self.admin = Admin(
            self.queue.office, self.queue, self.catalogue, self.texts,
            Roles({"fake:boss"}, {"fake:aide"}), forgetting.forget, clock=self.clock,
        )  # fmt: skip
        self.tools = Tools(
            catalogue=self.catalogue, queue=self.queue, blobs=self.blobs, decoder=_DECODER,
            requests=self.requests,
            menu=self.menu, standing=self.standing, texts=self.texts, words=self.words,
            apology=Apology(self.catalogue, self.texts), watched=self.watched,
            preferences=self.preferences, filters=self.filters,
        )  # fmt: skip
        accounts = Accounts(self.queue, self.queue.office, self.texts, clock=self.clock)
        self.conversation = Conversation(self.tools, accounts, self.admin, forgetting)

    async def announce(self, *effects: str, **down: str) -> None:
        """Let a worker say what it can run."""
        info = WorkerInfo(name="hand", device="cpu", effects=effects, down=down)
        await self.queue.announce(info, ttl=600)

    async def claim(self) -> Claim:
        """Take the next job as a worker would."""
        effects = [spec.name for spec in self.catalogue]
        [claim] = await self.queue.claim("hand", effects, lease=600)
        return claim

    async def progress(self, claim: Claim, done: int, total: int, preview: bytes = b"") -> None:
        """Say how far it is."""
        name = f"{claim.job.id}/hand/preview-{done}.jpg" if preview else None
        if name:
            await self.blobs.put(name, preview)
        news = Progress(job=claim.job.id, done=done, total=total, preview=name)
        await self.queue.progress(claim, news)

    async def finish(
        self, claim: Claim, content: bytes | None = None, *, data: bytes = b"", **text: str
    ) -> None:
        """End with a result, perhaps with `data` for programs."""
        learned = {"x": f"{claim.job.id}/hand/data-0"} if data else {}
        for blob in learned.values():
            await self.blobs.put(blob, data)
        name = f"{claim.job.id}/hand/0.png"
        await self.blobs.put(name, content or picture("red"))
        media = (MediaRef(blob=name, type="image/png"),)
        done = Done(job=claim.job.id, media=media, text=text, data=learned, seconds=4.0)
        await self.queue.finish(claim, done)

    def delivery(self, front: Any, **options: Any) -> Delivery:
        """A delivery with short pauses."""
        fast: dict[str, Any] = {"every": 0.02, "look": 0.05, "backoff": (0.02, 0.1)} | options
        return Delivery(front, self.tools, consumer="bot", **fast)

    @asynccontextmanager
    async def web(self, **settings: Any) -> AsyncIterator[str]:
        """Serve the web front, on the house's clock, and deliver to it; gives the address."""
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        works, secret = Works(self.tools), "the secret of the tests"
        web = WebSettings(port=0, photo_mb=1, **settings)
        front = WebFront(
            web,
            Cookies(secret),
            works,
            self.menu,
            self.watched,
            self.tools.apology,
            self.texts,
            address.set_result,
            open_admin_page(web, secret, self.admin, self.tools.apology, self.texts, self.clock),
            clock=self.clock,
        )
        async with running(front.run(self.conversation.handle), self.delivery(front).run()):
            yield await address


@asynccontextmanager
async def running(*works: Any) -> AsyncIterator[None]:
    """Run coroutines beside the block; one that fails fails the test."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def until(check: Callable[[], Any], seconds: float = WAIT) -> Any:
    """Poll until `check` gives something true, and return it; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not (value := check()):
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)
    return value


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A bot with no worker yet."""
    clock = Clock()
    return House(MemoryQueue(clock=clock), Blobs.open(tmp_path / "blobs"), clock=clock)


@pytest.fixture
def still(tmp_path: Path, clock: Clock) -> House:
    """The same on a clock that stands still: 2027-01-15 08:00 UTC."""
    return House(MemoryQueue(clock=clock), Blobs.open(tmp_path / "blobs"), clock=clock)


class Door(Protocol):
    """A way to speak with the bot: the same shapes come back from each."""

    async def say(
        self,
        text: str = "",
        photos: Sequence[bytes] = (),
        *,
        press: str = "",
        message: str = "",
    ) -> dict[str, Any]:
        """The last reply."""


class DirectDoor:
    """A fake front: calls the conversation."""

    def __init__(self, house: House, lang: str, user: str = "one") -> None:
        self._house = house
        self._lang = lang
        self._user = user
        self._numbers = itertools.count()

    async def say(
        self,
        text: str = "",
        photos: Sequence[bytes] = (),
        *,
        press: str = "",
        message: str = "",
    ) -> dict[str, Any]:
        """See `Door`."""
        incoming = Incoming(
            platform="fake",
            user=f"fake:{self._user}",
            chat=self._user,
            message=message or f"m{next(self._numbers)}",
            text=text,
            photos=tuple(photos),
            press=press,
            lang=self._lang,
        )
        return reply_shape((await self._house.conversation.handle(incoming))[-1])


class WebDoor:
    """A browser without a screen: speaks HTTP with the web front."""

    def __init__(self, address: str, lang: str) -> None:
        self.address = address
        headers = {"Origin": address, "Accept-Language": lang}
        self.http = aiohttp.ClientSession(
            address, headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self._numbers = itertools.count()

    async def say(
        self,
        text: str = "",
        photos: Sequence[bytes] = (),
        *,
        press: str = "",
        message: str = "",
    ) -> dict[str, Any]:
        """See `Door`."""
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("text", text)
        form.add_field("message", message or f"m{next(self._numbers)}")
        if press:
            form.add_field("press", press)
        for photo in photos:
            form.add_field("photo", photo, filename="a.png", content_type="image/png")
        async with self.http.post("/api/messages", data=form) as answer:
            body: dict[str, Any] = await answer.json()
        assert bool(body["replies"][-1]["error"]) == (answer.status >= 400)
        return dict(body["replies"][-1])

    async def get(self, path: str) -> tuple[int, Any]:
        """Status, and JSON or bytes."""
        async with self.http.get(path) as answer:
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.read()


@asynccontextmanager
async def browser(address: str, lang: str = "en") -> AsyncIterator[WebDoor]:
    """One account on the web front."""
    door = WebDoor(address, lang)
    async with door.http:
        await door.get("/")
        yield door


@asynccontextmanager
async def open_door(front: str, house: House, lang: str) -> AsyncIterator[Door]:
    """A door by the name of its front."""
    if front == "fake":
        yield DirectDoor(house, lang)
        return
    async with house.web() as address, browser(address, lang) as door:
        yield door
