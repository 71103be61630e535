"""Everything is restarted, one after another, while people go on asking."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bot.conftest import WebDoor, browser, picture
from tests.bot.process import BotProcess, kept_port
from tests.conftest import RedisServer
from tests.worker.laws import balances
from tests.worker.runtime_kit import ROOT, House, until
from worker.jobs.keys import KEYS
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

PEOPLE = 4
MORE = 3
"""Results that people get between one restart and the next."""
PHOTO = picture()


@pytest.fixture
async def house(own_redis: RedisServer, tmp_path: Path) -> AsyncIterator[House]:
    """A queue on a Redis that writes all down, workers with small effects, generous rules."""
    queue = RedisQueue(own_redis.url)
    rules = await queue.office.rules()
    free = Tier(daily=100_000, waiting=100, running=4)
    await queue.office.set_rules(
        rules.model_copy(update={"tiers": {**rules.tiers, "free": free}}), who="admin"
    )
    house = House(queue, tmp_path, own_redis.url)
    yield house
    house.close()
    await queue.close()


class Person:
    """Asks for one thing after another, and says it again until it is accepted."""

    def __init__(self, door: WebDoor) -> None:
        self.door = door
        self.accepted: list[str] = []
        self.enough = asyncio.Event()

    async def ask(self) -> None:
        """Until it is enough."""
        while not self.enough.is_set():
            message = f"m{len(self.accepted)}"
            reply = await self._say(message)
            if reply is not None and reply["slot"]:
                self.accepted.append(reply["slot"])
                await self._until_ended(reply["slot"])
            else:
                await asyncio.sleep(0.05)

    async def _say(self, message: str) -> dict[str, Any] | None:
        try:
            return await self.door.say("/stroll steps=10", [PHOTO], message=message)
        except (aiohttp.ClientError, OSError):
            return None

    async def state(self, job: str) -> str:
        """Where it stands; "" while nobody can tell."""
        try:
            status, body = await self.door.get(f"/api/jobs/{job}")
        except (aiohttp.ClientError, OSError):
            return ""
        assert status in (200, 429, 503), body
        return str(body["state"]) if status == 200 else ""

    async def _until_ended(self, job: str) -> None:
        await until(lambda: self._has_ended(job))

    async def _has_ended(self, job: str) -> bool:
        await asyncio.sleep(0.05)
        return await self.state(job) in ("done", "failed", "cancelled")


async def test_nothing_is_lost(house: House, own_redis: RedisServer, tmp_path: Path) -> None:
    """The bot by SIGTERM and by kill -9, one worker by SIGTERM, the other by kill -9, Redis by
    SIGTERM: what was accepted is done, once, and delivered; no credit is astray.
    """
    queue = house.queue
    assert isinstance(queue, RedisQueue)
    async with AsyncExitStack() as stack:
        port = stack.enter_context(kept_port())
        environment = {
            "ATELIER_REDIS_URL": own_redis.url,
            "ATELIER_STATE_DIR": str(tmp_path),
            "ATELIER_WEB__PORT": str(port),
            "ATELIER_WEB__LIMITS__ACCOUNT_POSTS": "10000",
            "ATELIER_WEB__LIMITS__ADDRESS_POSTS": "10000",
            "ATELIER_WEB__LIMITS__ACCOUNT_READS": "100000",
            "ATELIER_WEB__LIMITS__ADDRESS_READS": "100000",
            "PYTHONPATH": os.pathsep.join([str(tmp_path / "plugins"), str(ROOT)]),
        }
        bot = BotProcess(tmp_path, environment)
        stack.callback(lambda: _end(bot))  # that of then
        workers = [await house.worker(name, effects="stroll", lease=3) for name in ("one", "two")]
        doors = [await stack.enter_async_context(browser(bot.address)) for _ in range(PEOPLE)]
        people = [Person(door) for door in doors]
        asking = [asyncio.create_task(person.ask()) for person in people]

        def count() -> int:
            return sum(len(person.accepted) for person in people)

        async def go_on() -> None:
            """Return when people got some more."""
            wanted = count() + MORE

            def is_there() -> bool:
                for task in asking:
                    if task.done():
                        task.result()  # it failed
                return count() >= wanted

            await until(is_there)

        async def restart_bot(number: signal.Signals) -> None:
            nonlocal bot
            await asyncio.to_thread(bot.stop, number)
            _close(bot)
            bot = await asyncio.to_thread(BotProcess, tmp_path, environment)

        await go_on()
        await restart_bot(signal.SIGTERM)
        await go_on()
        workers[0].process.send_signal(signal.SIGTERM)
        assert 0 == await workers[0].ended()
        await go_on()
        await house.worker("one", effects="stroll", lease=3)
        workers[1].kill()
        await go_on()
        await house.worker("two", effects="stroll", lease=3)
        await go_on()
        assert own_redis.process is not None
        own_redis.process.terminate()
        own_redis.process.wait()
        await asyncio.to_thread(own_redis.start)
        await go_on()
        await restart_bot(signal.SIGKILL)
        await go_on()
        for person in people:
            person.enough.set()
        await asyncio.gather(*asking)

        accepted = [job for person in people for job in person.accepted]
        assert len(accepted) == len(set(accepted)) >= 8 * MORE
        for person in people:
            assert {"done"} == {await person.state(job) for job in person.accepted}
        await until(lambda: _all_delivered(queue, len(accepted)))
        redis: Any = queue.client
        assert len(accepted) == await redis.hlen(KEYS["jobs"])
        overview = await queue.office.overview()
        assert (0, 0, overview.turnover.spent) == (
            overview.running, overview.dead, overview.turnover.held,
        )  # fmt: skip
        async for copy in queue.office.copies():
            account = await queue.account(next(iter(copy.terms)))
            balances(account)
            assert 0 == account.held


async def _all_delivered(queue: RedisQueue, count: int) -> bool:
    return bool(await queue.client.zcard(KEYS["ended"]) == count)


def _close(bot: BotProcess) -> None:
    for pipe in (bot.process.stdin, bot.process.stdout):
        if pipe is not None:
            pipe.close()


def _end(bot: BotProcess) -> None:
    if bot.process.poll() is None:
        bot.stop()
    _close(bot)
