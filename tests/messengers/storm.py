"""A storm: many people send a photo at once to the real bot; messenger, worker and Redis are real
processes or servers, and the bot may be killed meanwhile.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import psutil
from PIL import Image

from tests.bot.process import BotProcess
from tests.conftest import RedisServer, find_redis
from tests.messengers.faults import Fault, Faults
from tests.messengers.telegram import TelegramServer
from tests.messengers.telegram.world import BOT_ID
from tests.messengers.vk import VkServer
from tests.worker.runtime_kit import ROOT, House, poll
from worker.jobs.redis_queue import RedisQueue

__all__ = ["Plan", "Storm"]

_FAULTS = {
    Fault.FLOOD: 0.05, Fault.BROKEN: 0.02, Fault.CUT_BEFORE: 0.01, Fault.CUT_AFTER: 0.01,
}  # fmt: skip
_WARM = 10
"""People who come before, so that memory is compared with that of a bot that has worked."""
_FIRST = 1000
_MB = 2**20


@dataclass(frozen=True)
class Plan:
    """How hard it blows."""

    platform: str = "telegram"
    people: int = 200
    seconds: float = 60.0
    """In which all of them send their photo, at any moment."""
    kills: int = 0
    patience: float = 90.0
    """Seconds for the last result after that."""
    seed: int = 1
    calm: bool = False
    """No call fails."""


@dataclass
class Storm:
    """What came of it."""

    plan: Plan
    asked: dict[int, float] = field(default_factory=dict)
    """Person -> when the photo was sent."""
    results: dict[int, list[float]] = field(default_factory=dict)
    """Person -> when each copy of the result came."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Person -> how many status messages came."""
    standing: list[int] = field(default_factory=list)
    """Those with whom a status message stands in the end."""
    killed: list[float] = field(default_factory=list)
    broken_limits: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    """Method -> replies cut after the call was carried out."""
    faults: int = 0
    repeated: int = 0
    """Messages that VK knew by their random_id."""
    memory: list[float] = field(default_factory=list)
    """MB, once a second."""
    cpu: float = 0.0
    """Seconds of processor time."""
    log: str = ""

    @property
    def missing(self) -> list[int]:
        """Who got no result."""
        return [person for person in self.asked if not self.results.get(person)]

    @property
    def doubles(self) -> dict[int, list[float]]:
        """Who got it more than once."""
        return {person: times for person, times in self.results.items() if len(times) > 1}

    @property
    def by_kill(self) -> int:
        """Doubles between whose first and last copy the bot was killed."""
        return sum(
            any(times[0] <= moment <= times[-1] for moment in self.killed)
            for times in self.doubles.values()
        )

    @property
    def by_cut(self) -> int:
        """Replies to results that were cut."""
        return sum(self.cut[name] for name in ("sendPhoto", "sendDocument"))

    def seconds(self) -> tuple[float, float]:
        """Answer time, p50 and p95."""
        taken = [self.results[person][0] - begun for person, begun in self.asked.items()
                 if self.results.get(person)]  # fmt: skip
        cuts = quantiles(taken, n=20)
        return cuts[9], cuts[18]

    @classmethod
    async def blow(cls, plan: Plan) -> Storm:
        """Let it blow."""
        program = find_redis()
        assert program, "there is no redis-server"
        with tempfile.TemporaryDirectory(prefix="atelier-") as name:
            folder = Path(name)
            redis = RedisServer(program, folder)
            redis.start()
            queue = RedisQueue(redis.url)
            house = House(queue, folder, redis.url)
            try:
                async with _messenger(plan) as messenger:
                    await house.worker(effects="invert", lease=5.0)
                    return await _Weather(plan, messenger, folder, redis.url).run(cls(plan))
            finally:
                await queue.close()
                house.close()
                redis.kill()


class _Messenger:
    """What the storm needs of a server; it is calm until `blow`."""

    def __init__(self, server: TelegramServer | VkServer) -> None:
        self.server = server
        self.polls = "getUpdates" if isinstance(server, TelegramServer) else "poll"

    def sent(self) -> list[tuple[int, float, bool]]:
        """Person, time and whether it was a result, for each message of the bot."""
        if isinstance(self.server, TelegramServer):
            return [
                (one.message.chat, one.time, one.message.kind == "photo")
                for one in self.server.world.log
            ]
        return [(one.peer, one.time, bool(one.attachments)) for one in self.server.world.log]

    def standing(self) -> list[int]:
        """With whom a message without a picture stands."""
        if isinstance(self.server, TelegramServer):
            return [
                chat.id
                for chat in self.server.world.chats.values()
                for one in chat.messages.values()
                if one.author == BOT_ID and one.kind == "text"
            ]
        return [
            peer
            for peer, messages in self.server.world.peers.items()
            for one in messages.values()
            if one.author < 0 and not one.attachments
        ]


@asynccontextmanager
async def _messenger(plan: Plan) -> AsyncIterator[_Messenger]:
    faults = Faults(random=random.Random(plan.seed))
    made = TelegramServer if plan.platform == "telegram" else VkServer
    async with made(faults=faults) as server:
        yield _Messenger(server)


class _Weather:
    """Runs a plan."""

    def __init__(self, plan: Plan, messenger: _Messenger, folder: Path, redis_url: str) -> None:
        self._plan = plan
        self._messenger = messenger
        self._folder = folder
        self._dice = random.Random(plan.seed)
        self._environment = messenger.server.settings | {
            "ATELIER_REDIS_URL": redis_url,
            "ATELIER_STATE_DIR": str(folder),
            "PYTHONPATH": os.pathsep.join([str(folder / "plugins"), str(ROOT)]),
        }
        file = io.BytesIO()
        Image.effect_noise((240, 180), 40).convert("RGB").save(file, "JPEG")
        self._photo = file.getvalue()

    async def run(self, storm: Storm) -> Storm:
        plan, server = self._plan, self._messenger.server
        bot = await self._start()
        try:
            # VK brings what comes from the first poll on
            await poll(lambda: server.calls[self._messenger.polls] > 0, 40)
            warm = range(_FIRST - _WARM, _FIRST)
            for person in warm:
                await self._ask(person)
            await poll(lambda: self._answered() >= set(warm), 60)
            server.faults.rates.update({} if plan.calm else _FAULTS)
            begun, cpu = time.time(), _cpu(bot)
            watching = asyncio.create_task(self._watch(storm, lambda: bot))
            async with asyncio.TaskGroup() as tasks:
                for person in range(_FIRST, _FIRST + plan.people):
                    wait = self._dice.uniform(0, plan.seconds)
                    tasks.create_task(self._ask_later(storm, person, wait))
                for number in range(plan.kills):
                    await _at(begun + plan.seconds * (number + 1) / (plan.kills + 1))
                    storm.killed.append(time.time())
                    storm.cpu += _cpu(bot) - cpu
                    bot.process.kill()
                    await asyncio.to_thread(bot.process.wait)
                    bot, cpu = await self._start(), 0.0
            await poll(lambda: self._answered() >= set(storm.asked), plan.patience)
            await poll(lambda: not self._messenger.standing(), 15)
            storm.cpu += _cpu(bot) - cpu
            watching.cancel()
            self._read(storm)
        finally:
            await asyncio.to_thread(bot.stop)
            storm.log = bot.log
        return storm

    async def _start(self) -> BotProcess:
        """In a thread: it waits for the bot, which waits for the messenger."""
        return await asyncio.to_thread(BotProcess, self._folder, self._environment)

    async def _ask_later(self, storm: Storm, person: int, wait: float) -> None:
        await asyncio.sleep(wait)
        storm.asked[person] = time.time()
        await self._ask(person)

    async def _ask(self, person: int) -> None:
        await self._messenger.server.person(person).photo(self._photo, "/invert")

    async def _watch(self, storm: Storm, bot: Callable[[], BotProcess]) -> None:
        while True:
            pid = bot().process.pid
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie":
                storm.memory.append(psutil.Process(pid).memory_info().rss / _MB)
            await asyncio.sleep(1.0)

    def _answered(self) -> set[int]:
        return {person for person, _, result in self._messenger.sent() if result}

    def _read(self, storm: Storm) -> None:
        server = self._messenger.server
        for person, moment, result in self._messenger.sent():
            if person not in storm.asked:
                continue
            if result:
                storm.results.setdefault(person, []).append(moment)
            else:
                storm.statuses[person] += 1
        storm.standing = self._messenger.standing()
        storm.broken_limits = server.broken_limits
        seen = server.faults.seen
        storm.faults = sum(seen.values())
        for (method, fault), count in seen.items():
            if fault == Fault.CUT_AFTER:
                storm.cut[method] += count
        if isinstance(server, VkServer):
            storm.repeated = server.world.repeated


def _cpu(bot: BotProcess) -> float:
    times = psutil.Process(bot.process.pid).cpu_times()
    return float(times.user + times.system)


async def _at(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.time()))
