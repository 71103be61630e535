"""Tests of `make run`: a bare machine, one command, everything."""

from __future__ import annotations

import os
import signal
import subprocess
import urllib.request
from pathlib import Path

from tests.conftest import WAIT

ROOT = Path(__file__).parents[2]


def test_one_command_starts_all(tmp_path: Path) -> None:
    """No container, no Redis, no GPU: settings come from .env, those of the environment go before,
    the page is served by a bot that knows what the worker can do, and Ctrl-C ends it all.
    """
    for name in ("Makefile", "pyproject.toml", "deploy", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".env").write_text(
        f"ATELIER_WEB__PORT=1\nATELIER_STATE_DIR={tmp_path}/state\nATELIER_WORKER__DEVICE=cpu\n"
        "ATELIER_WORKER__EFFECTS=style\n"
    )
    with subprocess.Popen(
        ["make", "run"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
        | {"ATELIER_WEB__PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as made:
        try:
            assert made.stdout
            address, ready = "", False
            for line in made.stdout:
                address = line.split()[-1] if "Atelier is at" in line else address
                ready = ready or "is ready" in line
                if address and ready:
                    break
            with urllib.request.urlopen(f"{address}/api/effects", timeout=WAIT) as answer:
                assert b'"style"' in answer.read()
            assert (tmp_path / "state").is_dir()
        finally:
            os.killpg(made.pid, signal.SIGINT)
        said = made.stdout.read()
    assert "stopped: bot (exit status 0)" in said
    assert "stopped: worker (exit status 0)" in said
