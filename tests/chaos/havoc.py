"""Who is killed, frozen and restarted, and when: by the dice, from one seed."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from tests.chaos.plan import EFFECT, LEASE, Plan
from tests.conftest import RedisServer
from tests.worker.runtime_kit import ROOT, House, WorkerProcess, poll
from worker.jobs.connection import PATIENCE

_BLOWS = {
    "kill worker": 6, "kill child": 3, "kill both": 3,
    "freeze both": 4, "freeze worker": 2, "freeze child": 2,
}  # fmt: skip
_COUNTED = [
    "kill", "freeze", "killed while frozen", "kill submit", "kill deliver",
    "restart Redis", "stall Redis",
]  # fmt: skip
_DIES_FROZEN = 0.25
RECOVERY = 30.0
"""Seconds from Redis answering again to the next ending, at most."""


@dataclass(frozen=True)
class Blow:
    """Drawn before the run begins, so that a seed always means the same blows."""

    pause: float
    """Seconds after the one before."""
    kind: str
    where: float
    """Which of the workers that are up; 0 to 1."""
    seconds: float
    """How long to freeze."""
    dies: bool
    """Whether the frozen one is killed in the end."""


def draw(dice: random.Random, plan: Plan) -> list[Blow]:
    """The blows against workers."""
    mean = plan.duration / plan.blows
    return [
        Blow(
            pause=dice.uniform(0.3, 1.7) * mean,
            kind=dice.choices(list(_BLOWS), weights=list(_BLOWS.values()))[0],
            where=dice.random(),
            seconds=dice.uniform(0.2, 2.5 * LEASE),
            dies=dice.random() < _DIES_FROZEN,
        )
        for _ in range(plan.blows)
    ]


class Havoc:
    """Starts everything, breaks it for `plan.duration` seconds, and starts it again, as a process
    manager would.
    """

    def __init__(
        self, plan: Plan, house: House, server: RedisServer, endings: Callable[[], int]
    ) -> None:
        self.count = Counter(dict.fromkeys(_COUNTED, 0))
        self.recoveries: list[float] = []
        """How long it took, after each absence of Redis."""
        self.workers: list[WorkerProcess] = []
        self._plan = plan
        self._house = house
        self._server = server
        self._endings = endings
        self._people: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}
        self._frozen: set[str] = set()
        self.started = 0
        self._supervision: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """All of it; at the end everything is up again."""
        plan = self._plan
        self.workers = [self._launch() for _ in range(plan.workers)]
        roles = [("deliver", self._server.url)]
        pace = 0.9 * plan.duration * plan.submitters / plan.jobs
        for number in range(plan.submitters):
            words = (number, plan.submitters, plan.jobs, pace, plan.seed)
            roles.append(("submit", self._server.url, *map(str, words)))
        for role in roles:
            self._people[role] = self._employ(role)
        self._supervision = asyncio.create_task(self._supervise())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._strike_redis())
            tasks.create_task(self._strike_people())
            for blow in draw(random.Random(plan.seed), plan):
                await asyncio.sleep(blow.pause)
                tasks.create_task(self._strike(blow, await self._victim(blow.where)))

    async def stop(self) -> list[int]:
        """Let everybody go; returns the workers' exit statuses."""
        if self._supervision is not None:
            self._supervision.cancel()
        for process in self._people.values():
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        for worker in self.workers:
            worker.process.send_signal(signal.SIGTERM)
        return [await worker.ended() for worker in self.workers]

    def _launch(self) -> WorkerProcess:
        self.started += 1
        name = f"worker{self.started}"
        return self._house.launch(name, "--stop-with-stdin", effects=EFFECT, lease=LEASE)

    def _employ(self, role: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with (self._house.folder / f"{role[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.people", *role],
                cwd=self._house.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stderr=log,
            )

    async def _supervise(self) -> None:
        while True:
            for slot, worker in enumerate(self.workers):
                if worker.process.poll() is not None:
                    self.workers[slot] = self._launch()
            for role, process in self._people.items():
                if process.poll() is not None:
                    self._people[role] = self._employ(role)
            await asyncio.sleep(0.1)

    async def _victim(self, where: float) -> WorkerProcess:
        """A worker that has been ready, and is not just frozen."""
        while True:
            up = [
                worker
                for worker in self.workers
                if worker.name not in self._frozen
                and worker.process.poll() is None
                and "is ready" in worker.log
            ]
            if up:
                return up[int(where * len(up))]
            await asyncio.sleep(0.05)

    async def _strike(self, blow: Blow, worker: WorkerProcess) -> None:
        how, whom = blow.kind.split()
        parent, children = [worker.process.pid], _children(worker)
        pids = {"worker": parent, "child": children, "both": parent + children}[whom]
        self.count[how] += 1
        if how == "kill":
            _signal(pids, signal.SIGKILL)
            return
        self._frozen.add(worker.name)
        _signal(pids, signal.SIGSTOP)
        await asyncio.sleep(blow.seconds)
        if blow.dies:
            self.count["killed while frozen"] += 1
        _signal(pids, signal.SIGKILL if blow.dies else signal.SIGCONT)
        self._frozen.discard(worker.name)

    async def _strike_people(self) -> None:
        """Kill the deliverer and the submitters, too."""
        dice, number = random.Random(self._plan.seed + 1), max(1, self._plan.blows // 4)
        deliverer, *submitters = self._people
        for _ in range(number):
            await asyncio.sleep(dice.uniform(0.3, 1.7) * self._plan.duration / number)
            submitter = dice.choice(submitters)
            role = dice.choice([deliverer, submitter])
            self.count[f"kill {role[0]}"] += 1
            self._people[role].kill()

    async def _strike_redis(self) -> None:
        plan, dice = self._plan, random.Random(self._plan.seed + 2)
        ways = [self._kill_redis if n % 2 else self._stop_redis for n in range(plan.restarts)]
        ways += [self._stall_redis] * plan.stalls
        dice.shuffle(ways)
        share = plan.duration / len(ways)
        for way in ways:
            begun = time.monotonic()
            await asyncio.sleep(dice.uniform(0.1, 0.6) * share)
            await way(dice.uniform(0.2, 2 * LEASE))
            await self._recover()
            await asyncio.sleep(max(0.0, begun + share - time.monotonic()))

    async def _kill_redis(self, seconds: float) -> None:
        self._redis().kill()
        await self._restart_redis(seconds)

    async def _stop_redis(self, seconds: float) -> None:
        self._redis().terminate()
        await self._restart_redis(seconds)

    async def _restart_redis(self, seconds: float) -> None:
        self.count["restart Redis"] += 1
        await asyncio.to_thread(self._redis().wait)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self._server.start)

    async def _stall_redis(self, seconds: float) -> None:
        self.count["stall Redis"] += 1
        self._redis().send_signal(signal.SIGSTOP)
        await asyncio.sleep(PATIENCE + seconds)
        self._redis().send_signal(signal.SIGCONT)

    def _redis(self) -> subprocess.Popen[bytes]:
        assert self._server.process is not None
        return self._server.process

    async def _recover(self) -> None:
        back, before = time.monotonic(), self._endings()
        await poll(lambda: self._endings() > before, RECOVERY)
        self.recoveries.append(time.monotonic() - back)


def _children(worker: WorkerProcess) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(worker.process.pid).children()]
    except psutil.NoSuchProcess:
        return []


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
