"""All that runs: bot, workers, Redis, the store, the messengers; what ends is started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from tests.bot.process import BotProcess, kept_port
from tests.messengers.faults import Faults
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import VkServer
from tests.proxy import Proxy, Weather
from tests.soak.clocks import Clock, build_library
from tests.soak.plan import EFFECTS, LEASE, Plan
from tests.soak.redises import Redises
from tests.soak.store import Store
from tests.worker.runtime_kit import ROOT, WorkerProcess, install, until
from worker.jobs.redis_queue import RedisQueue

__all__ = ["Site"]

_KEEP = 90.0
"""Seconds for which ended jobs are kept: what is kept for a week must not look like a leak."""


class Site:
    """`async with` starts it, and leaves nothing behind."""

    def __init__(self, plan: Plan, folder: Path, program: str) -> None:
        library = build_library(folder)
        self.folder = folder
        self.redis_clock = Clock(folder / "redis-clock", library)
        self.bot_clock = Clock(folder / "bot-clock", library)
        self.has_clocks = library is not None
        self.redis = Redises(program, folder / "redis", self.redis_clock.environment)
        self.store = Store(folder)
        self.telegram = TelegramServer(faults=Faults())
        self.vk = VkServer(faults=Faults())
        self.proxies: dict[str, Proxy] = {}
        self.workers: list[WorkerProcess] = []
        self.started = 0
        self.bot: BotProcess
        self.statuses: list[int] = []
        """With which programs ended that were told to leave."""
        self.queue: RedisQueue
        self._plan = plan
        self._plugins = install(folder / "plugins")
        self._stack = AsyncExitStack()
        self._environment: dict[str, str] = {}
        self._told: set[int] = set()
        self._supervision: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Site:
        enter = self._stack.enter_async_context
        try:
            await enter(self.redis)
            await enter(self.store)
            for name, server in (("telegram", self.telegram), ("vk", self.vk)):
                await enter(server)
                proxy = await enter(Proxy(int(server.base.rpartition(":")[2])))
                self.proxies[name] = proxy
                server.base = f"http://127.0.0.1:{proxy.port}"
            self.vk.world.base = self.vk.base
            self.queue = RedisQueue(self.redis.url)
            self._stack.push_async_callback(self.queue.close)
            port = self._stack.enter_context(kept_port())
            self._environment = {
                "ATELIER_REDIS_URL": self.redis.url,
                "ATELIER_STATE_DIR": str(self.folder / "state"),
                "ATELIER_WEB__PORT": str(port),
                "PYTHONPATH": os.pathsep.join([str(self._plugins), str(ROOT)]),
                "OMP_NUM_THREADS": "1",
                **self.store.settings,
                **self.telegram.settings,
                **self.vk.settings,
            }
            self._stack.callback(self._end)
            self.workers = [self.launch() for _ in range(self._plan.workers)]
            self.bot = await self._start_bot()
            self._supervision = asyncio.create_task(self._supervise())
            await until(lambda: all(self.is_ready(worker) for worker in self.workers))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def launch(self, **options: float) -> WorkerProcess:
        """A new worker."""
        self.started += 1
        given = {"effects": EFFECTS, "lease": LEASE, "keep": _KEEP, "keep_orphans": 600, **options}
        environment = self._environment | {
            f"ATELIER_WORKER__{name.upper()}": str(value) for name, value in given.items()
        }
        name = f"worker{self.started}"
        return WorkerProcess(name, self.folder, environment, "--stop-with-stdin")

    @staticmethod
    def is_ready(worker: WorkerProcess) -> bool:
        """Whether it can work."""
        return "is ready" in worker.log

    def tell_to_leave(self, program: BotProcess | WorkerProcess) -> None:
        """By SIGTERM; how it ended is remembered."""
        self._told.add(program.process.pid)
        program.process.send_signal(signal.SIGTERM)

    async def leave(self) -> None:
        """Bot and workers are told to leave, and nothing is started again."""
        assert self._supervision is not None
        self._supervision.cancel()
        for program in (self.bot, *self.workers):
            self.tell_to_leave(program)
        for program in (self.bot, *self.workers):
            await until(lambda program=program: program.process.poll() is not None)
            self.statuses.append(program.process.returncode)

    def set_weather(self, weather: Weather, *names: str) -> None:
        """On the way to these: telegram, vk, store, redis; without names to all."""
        for name, proxy in self.all_proxies():
            if not names or name in names:
                proxy.weather = weather

    def all_proxies(self) -> list[tuple[str, Proxy]]:
        """With what they lead to."""
        found = [*self.proxies.items(), *(("redis", proxy) for proxy in self.redis.proxies)]
        return [*found, ("store", self.store.proxy)]

    def processes(self) -> dict[str, int]:
        """What lives now, of ours and Redis: a name that outlives the process -> its id."""
        found = {"bot": self.bot.process.pid}
        for slot, worker in enumerate(self.workers, 1):
            found[f"worker {slot}"] = worker.process.pid
            with contextlib.suppress(ValueError, psutil.NoSuchProcess):
                found[f"models of worker {slot}"] = worker.child().pid
        for name, nodes in (("redis", self.redis.nodes), ("sentinel", self.redis.sentinels)):
            for number, node in enumerate(nodes, 1):
                if node.process is not None:
                    found[f"{name} {number}"] = node.process.pid
        return found

    async def _start_bot(self) -> BotProcess:
        """In a thread: it waits for the bot, which waits for nobody here."""
        environment = self._environment | self.bot_clock.environment
        return await asyncio.to_thread(BotProcess, self.folder, environment)

    async def _supervise(self) -> None:
        while True:
            for slot, worker in enumerate(self.workers):
                if worker.process.poll() is not None:
                    self._note(worker)
                    self.workers[slot] = self.launch()
            if self.bot.process.poll() is not None:
                self._note(self.bot)
                self.bot = await self._start_bot()
            await asyncio.sleep(0.2)

    def _note(self, program: BotProcess | WorkerProcess) -> None:
        if program.process.pid in self._told:
            self.statuses.append(program.process.returncode)
        for stream in (program.process.stdin, program.process.stdout):
            if stream is not None:
                stream.close()

    def _end(self) -> None:
        if self._supervision is not None:
            self._supervision.cancel()
        for worker in self.workers:
            worker.close()
        if hasattr(self, "bot") and self.bot.process.poll() is None:
            self.bot.process.kill()
            self.bot.process.wait()
