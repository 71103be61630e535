"""The names of all settings, from the classes and from the source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from bot.config import BotSettings
from worker.config import WorkerConfig

ROOT = Path(__file__).parents[2]
_READ = re.compile(r"environ(?:\.get\(|\[)\s*\"(ATELIER_\w+)\"")


def names_in(model: type[BaseModel], prefix: str = "ATELIER_") -> Iterator[str]:
    """The variables of a settings class, those of models within it too."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from names_in(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


def names_read() -> Iterator[str]:
    """Variables that the source reads without a settings class."""
    for package in ("bot", "effects", "worker"):
        for path in (ROOT / package).rglob("*.py"):
            yield from _READ.findall(path.read_text("utf-8"))


def all_names() -> set[str]:
    """All variables that bot and workers know."""
    return {*names_in(BotSettings), *names_in(WorkerConfig), *names_read()}
