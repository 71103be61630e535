"""Admins at work on a live service: bot, worker and shell are processes of their own."""

from __future__ import annotations

import getpass
import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.conftest import picture
from tests.bot.process import ROOT, bot

PHOTO = picture()
TOKEN = secrets.token_urlsafe(32)
BOSS = f"web:{hashlib.sha256(TOKEN.encode()).hexdigest()[:32]}"


def shell(url: str, *words: str, lang: str = "en_US.UTF-8") -> tuple[int, str]:
    """`python -m bot admin …`; its exit status and all that it says."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("ATELIER_", "LC_"))}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "admin", *words],
        env={**inherited, "ATELIER_REDIS_URL": url, "LANG": lang},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return ended.returncode, ended.stdout


def test_shell(redis_url: str) -> None:
    """Refusals have an exit status of their own; the language is the terminal's; who is known."""
    assert (0, "Nothing has been changed yet.\n") == shell(redis_url, "audit")
    status, said = shell(redis_url, "set", "tiers.free.day", "-1")
    assert 1 == status
    assert said.startswith("tiers.free.day must be a whole number from 1 to 1,000, not “-1”.")
    status, said = shell(redis_url, "set", "tiers.free.day", "3", lang="ru_RU.UTF-8")
    assert (0, "Действует с этого момента (версия 1):\ntiers.free.day: 1 → 3\n") == (status, said)
    assert f" shell:{getpass.getuser()}: rules:" in shell(redis_url, "audit")[1]
    status, said = shell("redis://127.0.0.1:1", "rules")
    assert (1, "The queue can’t be reached just now.") == (status, said[:36])


@pytest.mark.parametrize("name", ["ATELIER_ADMINS", "ATELIER_MODERATORS"])
def test_wrong_roles(tmp_path: Path, name: str) -> None:
    """A wrong account stops the start with a line that names the setting and the account."""
    with bot(tmp_path, {name: "telegram:1, bob"}) as process:
        assert 2 == process.process.wait(20)
    assert f"the setting {name[8:].lower()} is wrong" in process.log
    assert "'bob'" in process.log
