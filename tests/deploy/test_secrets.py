"""Secrets from files, for both programs; none of them is in a log."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import BotSettings
from tests.deploy.settings import ROOT
from worker.config import WorkerConfig

FILES = {
    "ATELIER_TELEGRAM__TOKEN": "123:ABC",
    "ATELIER_VK__TOKEN": "vk1.a.ABC",
    "atelier_vk__group_id": "77",  # as Docker's users write names
    "ATELIER_WEB__SECRET": "a long secret of the web",
    "ATELIER_REDIS_URL": "redis://:pass%21word@redis:6379/0",
    "SOMETHING_ELSE": "of another program",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As Kubernetes mounts a secret: each name leads over a link to a file that may be replaced."""
    data = tmp_path / "..2026"
    data.mkdir()
    (tmp_path / "..data").symlink_to("..2026")
    for name, value in FILES.items():
        (data / name).write_text(value + "\n")
        (tmp_path / name).symlink_to(f"..data/{name}")
    monkeypatch.setenv("ATELIER_SECRETS_DIR", str(tmp_path))
    return tmp_path


def test_from_files(folder: Path) -> None:
    """Each setting may be one, without the newline that editors leave."""
    bot = BotSettings()
    tokens = [each.token.get_secret_value() for each in (bot.telegram, bot.vk) if each.token]
    assert ["123:ABC", "vk1.a.ABC"] == tokens
    assert (77, "a long secret of the web") == (bot.vk.group_id, bot.web.secret.get_secret_value())
    assert FILES["ATELIER_REDIS_URL"] == bot.redis_url == WorkerConfig().redis_url
    assert {"123:ABC", "vk1.a.ABC", "a long secret of the web", "pass!word"} <= {*bot.secrets()}
    assert ["pass!word"] == WorkerConfig().secrets()


def test_environment_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for one program counts more than what is there for all; beside it the other
    settings of the files stand.
    """
    monkeypatch.setenv("ATELIER_VK__TOKEN", "vk1.a.OTHER")
    vk = BotSettings().vk
    assert vk.token is not None
    assert ("vk1.a.OTHER", 77) == (vk.token.get_secret_value(), vk.group_id)


@pytest.mark.parametrize("program", ["bot", "worker"])
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ATELIER_SECRETS_DIR", "/nowhere", "/nowhere"),
        ("ATELIER_REDIS_URL", "nonsense://:passw%21ord@redis", "ATELIER_REDIS_URL"),
    ],
)
def test_wrong(tmp_path: Path, program: str, name: str, value: str, expected: str) -> None:
    """One line that names what is wrong, status 2, and no password."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
    ended = subprocess.run(
        [sys.executable, "-m", program],
        env={**inherited, "ATELIER_STATE_DIR": str(tmp_path), name: value},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert 2 == ended.returncode
    assert expected in ended.stderr
    assert "passw" not in ended.stderr
    assert 1 == len(ended.stderr.splitlines())
