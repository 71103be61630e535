"""A training from its first step of today to its last, with a bar."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from effects.commandline import reason
from effects.errors import UserError

__all__ = ["Chore", "folder", "loop", "pace", "write"]

RISE = 50

Chore = tuple[float, Callable[[], None]]
"""Minutes, and what is done whenever so many are over."""


def loop(step: Callable[[], str], progress: Callable[[], float], chores: Sequence[Chore]) -> None:
    """Step until `progress` comes to 1; a step returns the words for the bar."""
    due = [time.monotonic() + 60 * minutes for minutes, _ in chores]
    with _bar(progress()) as bar:
        while progress() < 1:
            bar.set_description_str(step(), refresh=False)
            bar.update(min(100.0, 100 * progress()) - bar.n)
            for n, (minutes, chore) in enumerate(chores):
                if time.monotonic() >= due[n]:
                    chore()
                    due[n] = time.monotonic() + 60 * minutes


def pace(step: int, progress: float) -> float:
    """Share of the full rate: a short rise, a level, and in the second half a fall to 2 %."""
    rise = min(1.0, (step + 1) / RISE)
    fall = max(0.0, min(1.0, progress) - 0.5) / 0.5
    return rise * (0.02 + 0.98 * (1 + math.cos(math.pi * fall)) / 2)


def folder(path: Path) -> Path:
    """The folder `path`, made if it is not there. Raises `UserError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error
    return path


def write(path: Path, content: bytes) -> None:
    """Write a file. Raises `UserError`."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error


def _bar(progress: float) -> tqdm[Any]:
    quiet = not sys.stderr.isatty()
    return tqdm(
        total=100.0,
        initial=100 * progress,
        bar_format="{percentage:3.0f}%|{bar:20}| {desc} [{elapsed}<{remaining}]",
        mininterval=60 if quiet else 0.5,
        dynamic_ncols=not quiet,
    )
