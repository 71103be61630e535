"""`.env.example` has every setting, and no other."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import pytest

from bot.config import BotSettings
from tests.deploy.settings import ROOT, all_names
from worker.config import WorkerConfig

LINES = (ROOT / ".env.example").read_text("utf-8").splitlines()
EXAMPLE = dict(line[1:].split("=", 1) for line in LINES if line.startswith("#ATELIER_"))


def test_every_setting() -> None:
    """Both ways; none twice, each with a comment above it or beside its neighbours'."""
    assert all_names() == set(EXAMPLE)
    assert len(EXAMPLE) == sum(line.startswith("#ATELIER_") for line in LINES)
    for above, line in itertools.pairwise(LINES):
        if line.startswith("#ATELIER_"):
            assert above.startswith("#")
    assert [] == [line for line in LINES if line and not line.startswith("#")]


def test_examples_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All at once, as a shell reads them, they are settings; what is no example is the default."""
    for name, value in {**EXAMPLE, "ATELIER_SECRETS_DIR": str(tmp_path)}.items():
        [word] = shlex.split(value)
        monkeypatch.setenv(name, word)
    bot, worker = BotSettings(), WorkerConfig().worker
    assert {"telegram:123", "vk:456"} == bot.admins
    assert ("style", "gatys", "recognize") == worker.effects
    plain = {name: value for name, value in EXAMPLE.items() if re.fullmatch(r"[\d.]+|bot", value)}
    examples = {name for name in plain if name.endswith(("__PORT", "GROUP_ID"))}
    for name in plain.keys() - examples:
        monkeypatch.delenv(name)
    assert (bot, worker) == (BotSettings(), WorkerConfig().worker)
