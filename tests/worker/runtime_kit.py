"""Real workers for the tests of the runtime: started, watched, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil

from effects.spec import EffectSpec
from tests.conftest import WAIT
from tests.worker import odd_effects
from worker.jobs.blobs import Blobs
from worker.jobs.model import Ending, Job, JobView
from worker.jobs.queue import Queue

ROOT = Path(__file__).parents[2]
LEASE = 3.0
"""Seconds; where a lease is lost, or kept for longer than it lasts. All else has a lease that no
busy machine lets run out.
"""


def install(folder: Path) -> Path:
    """Write what pip would of a package with the odd effects; returns the folder for sys.path."""
    info = folder / "odd_effects-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-effects\nVersion: 1.0\n")
    specs = [name for name in vars(odd_effects) if name.isupper()]
    lines = [f"{name.lower()} = {odd_effects.__name__}:{name}" for name in specs]
    (info / "entry_points.txt").write_text("\n".join(["[atelier.effects]", *lines, ""]))
    return folder


async def until(
    check: Callable[[], Any] | Callable[[], Awaitable[Any]], seconds: float = WAIT
) -> Any:
    """Poll until `check` gives something true, and return it; fail after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        assert time.monotonic() < end, f"waited in vain for {check}"
        await asyncio.sleep(0.02)


async def poll(check: Callable[[], bool], seconds: float) -> bool:
    """Return when `check` is true, or the time is over: whoever judges will say."""
    end = time.monotonic() + seconds
    while not (done := check()) and time.monotonic() < end:  # noqa: ASYNC110 - others tell nobody
        await asyncio.sleep(0.05)
    return done


class WorkerProcess:
    """`python -m worker` with its own process group, and its log in a file."""

    def __init__(
        self, name: str, folder: Path, environment: dict[str, str], *arguments: str
    ) -> None:
        self.name = name
        self.log_file = folder / f"{name}.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "worker", "--device", "cpu", *arguments],
                env={**inherited, "ATELIER_WORKER__NAME": name, **environment},
                cwd=folder,
                stdin=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """All it has said."""
        return self.log_file.read_text()

    def child(self) -> psutil.Process:
        """The process that holds the effects."""
        (child,) = [
            process
            for process in psutil.Process(self.process.pid).children()
            if "worker.runtime.child" in process.cmdline()
        ]
        return child

    def kill(self) -> None:
        """`kill -9` on the worker alone."""
        self.process.kill()
        self.process.wait()

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the worker and its child."""
        os.killpg(self.process.pid, number)

    async def ended(self) -> int:
        """Wait for its end; returns the exit status."""
        await until(lambda: self.process.poll() is not None)
        return self.process.returncode

    def close(self) -> None:
        """Leave nothing behind."""
        for number in (signal.SIGCONT, signal.SIGKILL):
            try:
                self.signal_all(number)
            except ProcessLookupError:
                break
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


class House:
    """A queue, a blob store, and the workers that a test starts. With a `blobs_url` the store is
    there, and no two workers share a folder.
    """

    def __init__(self, queue: Queue, folder: Path, redis_url: str, blobs_url: str = "") -> None:
        self.queue = queue
        self.blobs = Blobs.open(blobs_url or folder / "blobs")
        self._blobs_url = blobs_url
        self.folder = folder
        self._plugins = install(folder / "plugins")
        self._redis_url = redis_url
        self._workers: list[WorkerProcess] = []
        self._jobs = 0

    async def worker(
        self, name: str = "one", *arguments: str, effects: str = "noop,invert,odd", **options: Any
    ) -> WorkerProcess:
        """Start a worker and wait until it has announced itself."""
        worker = self.launch(name, *arguments, effects=effects, **options)

        async def announced() -> bool:
            assert worker.process.poll() is None, worker.log
            return any(info.name == name for info in await self.queue.workers())

        await until(announced)
        return worker

    def launch(self, name: str, *arguments: str, effects: str, **options: Any) -> WorkerProcess:
        """Start a worker."""
        given = {"lease": 60.0, **options}
        environment = {
            "ATELIER_REDIS_URL": self._redis_url,
            "ATELIER_BLOBS_URL": self._blobs_url,
            "ATELIER_STATE_DIR": str(self.folder / name if self._blobs_url else self.folder),
            "ATELIER_WORKER__EFFECTS": effects,
            "PYTHONPATH": os.pathsep.join([str(self._plugins), str(ROOT)]),
            "ATELIER_WEIGHTS_DIR": str(self.folder / "weights"),
            "LATE_TROUBLE": str(self.folder / "late_trouble"),
            "OMP_NUM_THREADS": "1",
            **{f"ATELIER_WORKER__{key.upper()}": str(value) for key, value in given.items()},
        }
        worker = WorkerProcess(name, self.folder, environment, *arguments)
        self._workers.append(worker)
        return worker

    async def submit(
        self,
        effect: str,
        photo: bytes | None = None,
        attachments: dict[str, str] | None = None,
        **params: Any,
    ) -> Job:
        """Queue a job of a user of its own."""
        self._jobs += 1
        id_ = f"job{self._jobs}"
        photos = (f"{id_}/photo-0",) if photo is not None else ()
        for name in photos:
            await self.blobs.put(name, photo or b"")
        spec: EffectSpec = getattr(odd_effects, effect.upper())
        job = Job(
            id=id_,
            user=f"test:{id_}",
            platform="test",
            chat="1",
            effect=effect,
            kind=effect if spec.max_batch > 1 else "",
            params=params,
            photos=photos,
            attachments=attachments or {},
            cost=100_000,
            max_attempts=2,
        )
        await self.queue.submit(job, key=id_)
        return job

    async def view(self, job: Job) -> JobView:
        """How the job stands."""
        return await self.queue.view(job.id, user=job.user)

    async def ending(self, job: Job) -> Ending:
        """Wait for the job's end."""

        async def ended() -> Ending | None:
            return (await self.view(job)).ending

        return await until(ended)

    async def endings(self) -> list[tuple[str, str]]:
        """All that has gone to the outbox since the last look: (job, kind)."""
        receipts = await self.queue.outbox("test", "reader", count=100)
        for receipt in receipts:
            await self.queue.acknowledge("test", receipt)
        return [(receipt.job.id, receipt.ending.kind) for receipt in receipts]

    def close(self) -> None:
        """Stop what was started."""
        for worker in self._workers:
            worker.close()
