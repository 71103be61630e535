"""What fails, one after the other, and how long it takes until all is as before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.messengers.faults import Fault
from tests.proxy import Weather
from tests.soak.book import Book
from tests.soak.plan import Blow, Day, Plan, draw
from tests.soak.site import Site
from tests.worker.runtime_kit import WorkerProcess, poll, until
from tests.worker.several_redis import Node

__all__ = ["RECOVERY", "Blows", "Struck"]

RECOVERY = 120.0
"""Seconds from the end of a blow until all is as before, at most."""
_HOUR = 3600
_MOMENT = 15.0
"""Seconds to wait for the worst one."""
_KILLS = 3
_MESSAGE = 0.2
"""Seconds in which a message is dealt with."""
_AT_WORK = ", attempt "
"""In a worker's last line while it is at work."""
_LAG = 1.5
"""Seconds."""
_NO_SPACE = 507
"""What a store answers that has none; where we may not mount a small disk, it is said for it."""
_SLOW = Weather(delay=0.15, rate=100_000)
_MESSENGER = {
    Fault.FLOOD: 0.15, Fault.BROKEN: 0.1, Fault.CUT_BEFORE: 0.05, Fault.CUT_AFTER: 0.05,
    Fault.SLOW: 0.1,
}  # fmt: skip


@dataclass
class Struck:
    """A blow that fell. Times in Unix seconds."""

    kind: str
    begun: float
    ended: float
    recovered: float | None


class Blows:
    """Strikes until the time is over."""

    def __init__(self, plan: Plan, site: Site, book: Book) -> None:
        self.struck: list[Struck] = []
        self.left_out: dict[str, str] = {}
        """Kinds that can't be struck here, and why."""
        self._plan = plan
        self._site = site
        self._book = book
        self._ways: dict[str, Callable[[Blow], Awaitable[None]]] = {
            "worker killed": self._kill_worker,
            "child killed": self._kill_child,
            "workers restarted": self._restart_workers,
            "bot killed": self._kill_bot,
            "bot restarted": self._restart_bot,
            "Redis killed": self._kill_redis,
            "Redis frozen": self._freeze_redis,
            "store fails": self._fail_store,
            "store cut off": self._cut_store,
            "disk full": self._fill_disk,
            "network slow": self._slow_network,
            "Redis' clock jumps": self._jump_redis,
            "bot's clock jumps": self._jump_bot,
            "messengers fail": self._fail_messengers,
        }
        if not site.has_clocks:
            for kind in ("Redis' clock jumps", "bot's clock jumps"):
                self.left_out[kind] = "there is no C compiler, or no Linux"

    async def run(self, day: Day) -> None:
        """Strike, and wait until all has recovered, again and again."""
        for blow in draw(self._plan):
            if day.left < blow.pause + blow.seconds:
                return
            if blow.kind in self.left_out or not day.allows(blow.kind):
                await asyncio.sleep(0.1)  # should there be no other
                continue
            await asyncio.sleep(blow.pause)
            await self._strike(blow)

    async def _strike(self, blow: Blow) -> None:
        begun = time.time()
        print(f"{time.strftime('%H:%M:%S')} {blow.kind}", end="", flush=True)
        await self._ways[blow.kind](blow)
        ended = time.time()
        await poll(lambda: self._book.recovered(ended) is not None, RECOVERY)
        recovered = self._book.recovered(ended)
        self.struck.append(Struck(blow.kind, begun, ended, recovered))
        took = "NOT RECOVERED" if recovered is None else f"recovered in {recovered - ended:.1f} s"
        print(f" for {ended - begun:.1f} s, {took}", flush=True)

    # workers

    async def _kill_worker(self, blow: Blow) -> None:
        (await self._busy_worker(blow)).process.kill()

    async def _kill_child(self, blow: Blow) -> None:
        (await self._busy_worker(blow)).child().kill()

    async def _restart_workers(self, _: Blow) -> None:
        """One after the other, as a rolling restart does; the first lives on."""
        for slot in range(1, len(self._site.workers)):
            old = self._site.workers[slot]
            self._site.tell_to_leave(old)
            await until(
                lambda slot=slot, old=old: (
                    self._site.workers[slot] is not old
                    and self._site.is_ready(self._site.workers[slot])
                )
            )

    async def _busy_worker(self, blow: Blow) -> WorkerProcess:
        """In the middle of a job. The first worker is never struck: it can be seen whether its
        memory grows.
        """
        worker = self._site.workers[1 + int(blow.where * (len(self._site.workers) - 1))]
        await until(lambda: self._site.is_ready(worker))
        await poll(lambda: _AT_WORK in worker.log.rpartition("worker.runtime.")[2], _MOMENT)
        return worker

    # the bot

    async def _kill_bot(self, blow: Blow) -> None:
        """Several times, while it has a message in hand or is about to."""
        for _ in range(_KILLS):
            bot = self._site.bot
            await poll(self._book.just_said, _MOMENT)
            await asyncio.sleep(blow.where * _MESSAGE)
            bot.process.kill()
            await until(lambda bot=bot: self._site.bot is not bot)

    async def _restart_bot(self, _: Blow) -> None:
        self._site.tell_to_leave(self._site.bot)

    # Redis

    async def _kill_redis(self, blow: Blow) -> None:
        """The master ends, another takes over, and it comes back as a replica. What it wrote in its
        last moments has reached nobody.
        """
        master = await self._site.redis.master()
        self._site.set_weather(Weather(lagging=True), "redis")
        await asyncio.sleep(_LAG)
        master.kill()
        self._site.set_weather(Weather(cut=True), "redis")
        self._site.set_weather(Weather(), "redis")
        await self._fail_over(master, blow)
        await asyncio.to_thread(master.start)
        await self._site.redis.whole()

    async def _freeze_redis(self, blow: Blow) -> None:
        """The master falls silent, another takes over, and it wakes up as a replica."""
        master = await self._site.redis.master()
        with master.frozen():
            await self._fail_over(master, blow)
        await self._site.redis.whole()

    async def _fail_over(self, master: Node, blow: Blow) -> None:
        self._book.failovers.append(time.time())
        await self._site.redis.moved_from(master)
        await asyncio.sleep(blow.seconds / 2)

    async def _jump_redis(self, blow: Blow) -> None:
        await self._jump(self._site.redis_clock.set, blow)

    # the store

    async def _fail_store(self, blow: Blow) -> None:
        status = 503 if blow.where < 0.5 else 500
        await self._with_weather(Weather(status=status), blow.seconds, "store")

    async def _cut_store(self, blow: Blow) -> None:
        await self._with_weather(Weather(cut=True), blow.seconds, "store")

    async def _fill_disk(self, blow: Blow) -> None:
        disk = self._site.store.disk
        if not disk.small:
            await self._with_weather(Weather(status=_NO_SPACE), blow.seconds, "store")
            return
        await asyncio.to_thread(disk.fill)
        await asyncio.sleep(blow.seconds)
        disk.free()

    # the rest

    async def _slow_network(self, blow: Blow) -> None:
        await self._with_weather(_SLOW, blow.seconds)

    async def _jump_bot(self, blow: Blow) -> None:
        await self._jump(self._site.bot_clock.set, blow)

    async def _fail_messengers(self, blow: Blow) -> None:
        servers = (self._site.telegram, self._site.vk)
        for server in servers:
            server.faults.rates.update(_MESSENGER)
        await asyncio.sleep(blow.seconds)
        for server in servers:
            server.faults.rates.clear()

    async def _jump(self, set_clock: Callable[[int], None], blow: Blow) -> None:
        set_clock(blow.sign * _HOUR)
        await asyncio.sleep(blow.seconds)
        set_clock(0)

    async def _with_weather(self, weather: Weather, seconds: float, *names: str) -> None:
        self._site.set_weather(weather, *names)
        await asyncio.sleep(seconds)
        self._site.set_weather(Weather(), *names)
