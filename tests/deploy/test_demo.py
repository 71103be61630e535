"""Tests of `make demo`: however it ends, nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import WAIT

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo at its start; all its processes share a TMPDIR."""
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo"],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)}
        # Settings of the surroundings are not the demo's.
        | {"ATELIER_REDIS_URL": "redis://nowhere.invalid", "ATELIER_WEB__PORT": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        yield process
        process.kill()
    for left in _of(tmp_path):
        left.kill()


def _until_said(demo: subprocess.Popen[str], words: str) -> None:
    assert demo.stdout
    assert any(words in line for line in demo.stdout), f"it never said {words!r}"


def _of(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _until_gone(folder: Path) -> None:
    end = time.monotonic() + WAIT
    while left := _of(folder):
        assert time.monotonic() < end, f"left running: {left}"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("when", "how"), [("Starting", signal.SIGINT), ("Next in line", signal.SIGTERM)]
)
def test_stopped(
    demo: subprocess.Popen[str], when: str, how: signal.Signals, tmp_path: Path
) -> None:
    """Ctrl-C as it starts and a polite end after the pictures were sent: all stop, the status says
    so, the state folder is removed.
    """
    _until_said(demo, when)
    demo.send_signal(how)
    assert demo.stdout
    assert "nothing is left running" in demo.stdout.read()
    assert 130 == demo.wait(WAIT)
    _until_gone(tmp_path)
    assert [] == list(tmp_path.glob("atelier-demo-*"))


def test_killed(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    """`kill -9`: worker, its child, bot and Redis leave by themselves."""
    _until_said(demo, "Next in line")
    assert len(_of(tmp_path)) >= 5
    demo.kill()
    demo.wait()
    _until_gone(tmp_path)
