"""Keeps a private redis-server alive for as long as anybody uses it.

Run by `embedded.py` as a process of its own, in its own session, so that neither Ctrl-C nor the
end of the program that started it takes Redis from the others. Every user holds a shared lock on
`users.lock`; the kernel drops it however the user ends. When the exclusive lock can be had, the
last one has gone: Redis is stopped while the lock keeps newcomers waiting.

    python guardian.py FOLDER SOCKET SERVER FD

FD is the inherited, locked `guardian.lock`, which makes this the only guardian. Needs nothing
but the standard library.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

_POLL = 0.2
_STOP_LIMIT = 60.0
_PR_SET_PDEATHSIG = 1


def main(folder: Path, address: Path, server: str, lock: int) -> None:
    """Run Redis until its last user has gone."""
    os.set_inheritable(lock, False)
    # Redis must stay while its users drain, whoever tells the whole machine to stop.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _stop_orphan(address)
    with (folder / "users.lock").open("a") as users:
        process = _start(folder, address, server)
        started, wait = time.monotonic(), _POLL
        while not _lock(users.fileno()):
            if process.poll() is not None:
                quick = time.monotonic() - started < 60
                wait = min(2 * wait, 10.0) if quick else _POLL
                print(f"redis-server ended with {process.returncode}; again in {wait:.1f} s")
                time.sleep(wait)
                process = _start(folder, address, server)
                started = time.monotonic()
            time.sleep(_POLL)
        process.terminate()
        try:
            process.wait(_STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        address.unlink(missing_ok=True)
        os.close(lock)  # before users.lock: who then gets in finds no guardian and starts one


def _start(folder: Path, address: Path, server: str) -> subprocess.Popen[bytes]:
    options = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": str(folder / "redis.log"),
        "databases": "1",
    }
    command = [server]
    for name, value in options.items():
        command += [f"--{name}", value]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent())  # noqa: S603 - our own server


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux Redis is told to stop if this process is killed; elsewhere the next guardian
    stops it.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def _stop_orphan(address: Path) -> None:
    """Stop a Redis whose guardian was killed, and wait until it has let go of its files."""
    end = time.monotonic() + _STOP_LIMIT
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(address))
                client.sendall(b"SHUTDOWN\r\n")
                client.recv(64)
            except OSError:
                return
        time.sleep(_POLL)


def _lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
