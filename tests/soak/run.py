"""One run: traffic and blows, the settling, the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from tests.bot.conftest import browser
from tests.soak.book import Book, Wish
from tests.soak.chats import Chat, TelegramChat, VkChat
from tests.soak.faults import Blows
from tests.soak.memory import Memory
from tests.soak.people import Person
from tests.soak.plan import Day, Plan
from tests.soak.site import Site
from tests.soak.verdict import Verdict
from tests.soak.web_people import WebPerson
from tests.worker.laws import balances
from tests.worker.remains import OF_JOBS, OF_WORK, counts_astray, left, processes_of, tracebacks
from tests.worker.runtime_kit import poll, until
from tests.worker.several_redis import PASSWORD
from worker.jobs.blobs import Blobs

__all__ = ["Report", "run"]

_TELEGRAM, _VK = 1000, 500
_SWEEP = 60.0


@dataclass
class Report:
    """What came of a run."""

    figures: dict[str, float | str] = field(default_factory=dict)
    recoveries: list[str] = field(default_factory=list)
    memory: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


async def run(plan: Plan, program: str) -> Report:
    """`program` is a redis-server."""
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    report = Report(broken=["the run was broken off"])
    try:
        async with Site(plan, folder, program) as site:
            report = await _Run(plan, site).run()
        running = processes_of(folder)
        report.figures["processes left"] = len(running)
        report.broken += [f"a process is left: {command}" for command in running]
    finally:
        if report.broken:
            print(f"Logs are in {folder}")
        else:
            shutil.rmtree(folder)
    return report


class _Run:
    def __init__(self, plan: Plan, site: Site) -> None:
        self._plan = plan
        self._site = site
        self._book = Book()
        self._blows = Blows(plan, site, self._book)
        self._memory = Memory(site)
        self._chats: list[Chat] = []
        self._web: list[str] = []

    async def run(self) -> Report:
        begun = time.monotonic()
        watching = asyncio.create_task(self._memory.watch())
        await self._traffic()
        await poll(self._is_settled, self._plan.settle)
        watching.cancel()
        verdict = Verdict(self._book, self._blows.struck)
        verdict.of_wishes()
        verdict.of_doubles(self._chats)
        await self._of_books(verdict)
        recoveries = verdict.of_recoveries()
        memory = verdict.of_memory(self._memory.growths())
        await self._of_end(verdict)
        verdict.figures["seconds in all"] = round(time.monotonic() - begun)
        return Report(verdict.figures, recoveries, memory, self._blows.left_out, verdict.broken)

    async def _traffic(self) -> None:
        plan, site = self._plan, self._site
        dice = random.Random(plan.seed + 1)
        day = Day(plan)
        async with AsyncExitStack() as stack:
            people: list[Person | WebPerson] = []
            self._chats = [TelegramChat(site.telegram, _TELEGRAM + n) for n in range(plan.telegram)]
            self._chats += [VkChat(site.vk, _VK + n) for n in range(plan.vk)]
            for chat in self._chats:
                own = random.Random(dice.random())
                people.append(Person(chat, plan, self._book, own, self._is_known))
            for number in range(plan.web):
                door = await stack.enter_async_context(browser(site.bot.address))
                own = random.Random(dice.random())
                people.append(WebPerson(door, f"web:{number}", plan, self._book, own))
            living = [asyncio.create_task(person.live(day)) for person in people]
            try:
                await self._blows.run(day)
                day.struck = True
                done, late = await asyncio.wait(living, timeout=max(0, day.left) + plan.settle)
                for task in done:
                    task.result()
                for task in late:
                    task.cancel()
            finally:
                for task in living:
                    task.cancel()

    async def _is_known(self, wish: Wish) -> bool:
        """Whether the queue has the wish's job."""
        views = await self._site.queue.jobs_of(wish.user)
        return any(
            view.job.message in map(str, wish.numbers) or view.submitted > wish.sent
            for view in views
        )

    def _client(self) -> redis.Redis:
        """At the master; called when nothing fails any more."""
        nodes = self._site.redis.nodes
        node = next(node for node in nodes if node.client.role()[0] == "master")
        return redis.Redis(port=node.port, password=PASSWORD)

    def _is_settled(self) -> bool:
        with self._client() as client:
            outboxes = [client.xlen(f"{{atelier}}:outbox:{name}") for name in _PLATFORMS]
            return not (any(outboxes) or left(client, *OF_WORK))

    async def _of_books(self, verdict: Verdict) -> None:
        """Nothing waits, no count is astray, every account balances."""
        with self._client() as client:
            if work := left(client, *OF_WORK):
                verdict.broken.append(f"nothing waits or runs, and yet Redis holds {work}")
            verdict.broken += counts_astray(client)
            users = [name.decode() for name in client.hkeys("{atelier}:accounts")]
        astray = 0
        for user in users:
            account = await self._site.queue.account(user)
            try:
                balances(account)
                assert account.held == 0
            except AssertionError:
                astray += 1
                verdict.broken.append(f"credits of {user} are astray: {account}")
        verdict.figures["accounts"] = len(users)
        verdict.figures["accounts with credits astray"] = astray

    async def _of_end(self, verdict: Verdict) -> None:
        """All leave when told to, a last worker sweeps everything away."""
        site = self._site
        await site.leave()
        # What ended while the clock was an hour ahead is old only after that hour.
        site.redis_clock.set(2 * 3600)
        last = site.launch(keep=0.5, keep_orphans=0.5)
        site.workers = [last]
        with contextlib.suppress(AssertionError):  # the figures say it
            await until(self._is_swept, _SWEEP)
        site.tell_to_leave(last)
        site.statuses.append(await last.ended())
        with self._client() as client:
            kept = left(client, *OF_JOBS)
        folders = await self._folders()
        verdict.figures["jobs' folders left in the store"] = len(folders)
        if kept or folders:
            verdict.broken.append(f"not all was swept: Redis {kept}, folders {folders[:5]}")
        if any(site.statuses):
            verdict.broken.append(f"who was told to leave ended with {site.statuses}")
        logs = tracebacks(site.folder)
        verdict.figures["tracebacks in logs"] = len(logs)
        verdict.broken += [f"a traceback is in {log}" for log in logs]

    async def _folders(self) -> list[str]:
        """Jobs of which there are pictures."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._site.store.settings.items():
                patch.setenv(name, value)
            return await Blobs.open(self._site.store.settings["ATELIER_BLOBS_URL"]).folders()

    async def _is_swept(self) -> bool:
        with self._client() as client:
            return not left(client, *OF_JOBS) and not await self._folders()


_PLATFORMS = ("telegram", "vk", "web")
