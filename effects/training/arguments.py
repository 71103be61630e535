"""Numbers on a command line, with their bounds."""

from __future__ import annotations

import argparse
from collections.abc import Callable

__all__ = ["number", "whole"]


def whole(low: int, high: int, multiple: int = 1) -> Callable[[str], int]:
    """A reader of whole numbers from `low` to `high`, for `add_argument`."""

    def read(word: str) -> int:
        value = int(word) if word.strip().isdigit() else -1
        if not low <= value <= high or value % multiple:
            of = f", a multiple of {multiple}" if multiple > 1 else ""
            raise argparse.ArgumentTypeError(
                f"{word} should be a whole number from {low} to {high}{of}"
            )
        return value

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader of numbers from `low` to `high`, for `add_argument`."""

    def read(word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{word} should be a number from {low:g} to {high:g}")
        return value

    return read
