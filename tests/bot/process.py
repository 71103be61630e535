"""The real `python -m bot`, started and stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import WAIT

ROOT = Path(__file__).parents[2]


@contextmanager
def kept_port() -> Iterator[int]:
    """A port that nobody else gets until the block ends: it is bound, and nobody listens."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])


class BotProcess:
    """A bot of its own: a free port, settings from `environment` alone, its log in a file."""

    def __init__(
        self, folder: Path, environment: dict[str, str], *python: str, module: str = "bot"
    ) -> None:
        self.log_file = folder / "bot.log"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
        place = {"ATELIER_STATE_DIR": str(folder / "state"), "ATELIER_WEB__PORT": "0"}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *python, "-m", module, "--stop-with-stdin"],
                env={**inherited, **place, **environment},
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip().rpartition(" ")[2]

    @property
    def log(self) -> str:
        """All it has said."""
        return self.log_file.read_text()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to leave; returns its exit status."""
        self.process.send_signal(number)
        return self.process.wait(WAIT)


@contextmanager
def bot(folder: Path, environment: dict[str, str], *python: str) -> Iterator[BotProcess]:
    """A bot that is gone when the block ends."""
    process = BotProcess(folder, environment, *python)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.stop()
        assert process.process.stdin
        assert process.process.stdout
        process.process.stdin.close()
        process.process.stdout.close()
