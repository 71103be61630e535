"""Which device to run on, and how to be there among others."""

from __future__ import annotations

import os
import re

from effects.errors import UserError

__all__ = ["pick_device", "share_cores"]


def share_cores() -> None:
    """Let torch's idle threads sleep in place of spinning; call it before torch is loaded.

    Two programs on the same two cores are else several times slower than one after the other;
    alone, nothing was lost that could be measured.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pick_device(wanted: str = "") -> str:
    """torch's name of the device `wanted`; without a wish the first GPU, else the CPU.

    Raises `UserError` when it is not there. Loads torch unless "cpu" is wanted.
    """
    if wanted == "cpu":
        return wanted
    gpus = _gpus()
    if not wanted:
        return "cuda:0" if gpus else "cpu"
    found = re.fullmatch(r"cuda(?::(\d+))?", wanted)
    if found is None or int(found[1] or 0) >= gpus:
        there = ", ".join(["cpu", *(f"cuda:{number}" for number in range(gpus))])
        raise UserError(f"there is no device {wanted!r} here; there is {there}", device=wanted)
    return f"cuda:{found[1] or 0}"


def _gpus() -> int:
    try:
        import torch
    # Not installed, or a GPU build without the GPU's libraries: the effect will say so.
    except (ImportError, OSError):
        return 0
    return torch.cuda.device_count() if torch.cuda.is_available() else 0
