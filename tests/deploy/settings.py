"""The names of all settings, from the classes and from the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bot.config import BotSettings
from worker.config import WorkerConfig
from worker.jobs.settings import names_in

ROOT = Path(__file__).parents[2]
_READ = re.compile(r"environ(?:\.get\(|\[)\s*\"(ATELIER_\w+)\"")


def names_read() -> Iterator[str]:
    """Variables that the source reads without a settings class."""
    for package in ("bot", "effects", "worker"):
        for path in (ROOT / package).rglob("*.py"):
            yield from _READ.findall(path.read_text("utf-8"))


def all_names() -> set[str]:
    """All variables that bot and workers know."""
    return {*names_in(BotSettings), *names_in(WorkerConfig), *names_read()}
