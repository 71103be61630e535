"""Checkpoints: a state of tensors and plain values as a file."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from effects.commandline import reason
from effects.errors import UserError

__all__ = ["damaged", "read_state", "same_plan", "write_state"]


def write_state(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint; whenever the program is killed, a whole one is there.

    Raises `UserError` where it can't be written; the one before is then still there.
    """
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error


def read_state(path: Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU. Raises `UserError` where it is missing or damaged."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"there is no checkpoint {path}") from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise damaged(path) from error
    if not isinstance(state, dict):
        raise damaged(path)
    return state


def same_plan(path: Path, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Refuse the checkpoint `path` if it was trained by another plan. Raises `UserError`."""
    for name, value in theirs.items():
        if ours[name] != value:
            raise UserError(
                f"{path} was trained with {_shown(name, value)}, not {_shown(name, ours[name])};"
                " give the same, or another --out"
            )


def damaged(path: Path) -> UserError:
    """What a damaged checkpoint is refused with."""
    return UserError(f"the checkpoint {path} is damaged or none of this program's; move it away")


def _shown(name: str, value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{name} {', '.join(map(str, value))}"
    return f"{name} {value}"
