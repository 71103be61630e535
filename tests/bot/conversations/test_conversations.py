"""The table of conversations, played on every front that a case names."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import redis.asyncio
from pydantic import SecretStr

from bot.core.commands import command_menu
from bot.core.messages import Incoming, Reply
from bot.core.texts import Texts
from bot.fronts.telegram.front import TelegramFront
from bot.fronts.telegram.settings import TelegramSettings
from bot.fronts.vk.front import VkFront
from bot.fronts.vk.settings import VkSettings
from effects.catalogue import Catalogue
from effects.fast_style import SPEC as STYLE
from tests.bot.conftest import BLEND, SWIRL, House, browser, running
from tests.bot.conversations.boards import FakeStage, WebStage
from tests.bot.conversations.cases import CASES, FRONTS, Case
from tests.bot.conversations.script import Act
from tests.bot.conversations.stages import Stage, TelegramStage, VkStage
from tests.bot.filter_kit import LEARN
from tests.bot.test_night import OIL
from tests.conftest import WAIT, Clock, RedisServer
from tests.messengers.rates import quick
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import VkServer
from worker.jobs.blobs import Blobs
from worker.jobs.memory import MemoryQueue

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPEED = 4.0
"""Of the messengers' clocks: their limits are kept in a quarter of the time."""
EVERYTHING = Catalogue([("tests", spec) for spec in (BLEND, LEARN, OIL, STYLE, SWIRL)])


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A bot with all effects at 8 in the morning; two of them may wait for the night."""
    clock = Clock()
    blobs = Blobs.open(tmp_path / "blobs")
    return House(MemoryQueue(clock=clock), blobs, EVERYTHING, clock)


@dataclass
class Messenger:
    """A server and the front that is at work on it, for one house after the other."""

    server: Any
    front: Any
    house: House | None = None

    async def handle(self, incoming: Incoming) -> list[Reply]:
        """The conversation of the house that is there now."""
        assert self.house is not None
        return await self.house.conversation.handle(incoming)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_redis(_redis_server: RedisServer) -> AsyncIterator[redis.asyncio.Redis]:
    """What the fronts remember of standing messages."""
    client = redis.asyncio.Redis.from_url(_redis_server.url, decode_responses=True)
    await client.flushall()
    yield client
    await client.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telegram(shared_redis: redis.asyncio.Redis) -> AsyncIterator[Messenger]:
    """Telegram; its limits on the rate of sending hold to the end."""
    async with TelegramServer(clock=quick(SPEED)) as server:
        settings = TelegramSettings(api_base=server.base)
        menu = command_menu(EVERYTHING, Texts())
        front = TelegramFront(SecretStr(server.token), settings, shared_redis, menu, speed=SPEED)
        messenger = Messenger(server, front)
        async with running(front.run(messenger.handle)):
            yield messenger
        assert 0 == server.broken_limits


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vk(shared_redis: redis.asyncio.Redis) -> AsyncIterator[Messenger]:
    """VK; its limits on the rate of sending hold to the end."""
    async with VkServer(clock=quick(SPEED)) as server:
        settings = VkSettings(group_id=server.group, api_base=server.base)
        front = VkFront(SecretStr(server.token), settings, shared_redis, speed=SPEED)
        messenger = Messenger(server, front)
        async with running(front.run(messenger.handle)):
            await server.world.until(lambda: server.calls["poll"])
            yield messenger
        assert 0 == server.broken_limits


@pytest.fixture
def messenger(front: str, request: pytest.FixtureRequest) -> Messenger | None:
    """The one that a case is played on, if it is."""
    return request.getfixturevalue(front) if front in ("telegram", "vk") else None


@asynccontextmanager
async def opened(
    front: str, house: House, case: Case, messenger: Messenger | None
) -> AsyncIterator[Stage]:
    """The stage for a case, with the bot at work."""
    async with AsyncExitStack() as stack:
        if messenger is not None:
            messenger.house = house
            await stack.enter_async_context(running(house.delivery(messenger.front).run()))
            stage = TelegramStage if front == "telegram" else VkStage
            yield stage(messenger.server, case.lang, group=case.group)
        elif front == "web":
            address = await stack.enter_async_context(house.web())
            door = await stack.enter_async_context(browser(address, case.lang))
            web = WebStage(door)
            await stack.enter_async_context(running(web.listen()))
            await web.listening.wait()
            yield web
        else:
            fake = FakeStage(house, case.lang, group=case.group)
            await stack.enter_async_context(running(house.delivery(fake).run()))
            yield fake


PLAYED = [(case, front) for case in CASES for front in FRONTS if front not in case.without]


@pytest.mark.parametrize(
    ("case", "front"), PLAYED, ids=[f"{case.name}-{front}" for case, front in PLAYED]
)
async def test_conversation(
    case: Case, front: str, house: House, messenger: Messenger | None
) -> None:
    """Everything is said and shown as the script has it."""
    await house.announce(*case.effects)
    async with opened(front, house, case, messenger) as stage:
        act = Act(house, stage, case.effects)
        for number, step in enumerate(case.steps):
            try:
                async with asyncio.timeout(2 * WAIT):
                    await step.play(act)
            except Exception as error:
                raise AssertionError(f"step {number}, {step}: {error}") from error


async def test_the_table_is_wide_enough() -> None:
    """At least 25 conversations, 22 on each messenger and 12 on the web."""
    played = Counter(front for _, front in PLAYED)
    assert 25 <= len(CASES)
    assert 22 <= min(played["telegram"], played["vk"])
    assert 12 <= played["web"]
    assert all(reason for case in CASES for reason in case.without.values())
