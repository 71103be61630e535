"""The command line of a training: what all have in common, and numbers with their bounds."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

__all__ = ["add_common", "number", "whole"]


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


def add_common(parser: argparse.ArgumentParser, *, splits: str, out: str, files: str) -> None:
    """What every training takes. `splits` says which photographs the tables choose, `out` is the
    folder by default, and `files` what is written there.
    """
    add = parser.add_argument
    add("--photos", nargs="+", type=Path, required=True, metavar="DIR|TAR", help="photographs")
    add(
        "--splits",
        nargs="+",
        type=Path,
        default=[],
        metavar="TSV",
        help=f"tables with columns file and split{splits}",
    )
    add(
        "--out",
        type=Path,
        default=Path(out),
        metavar="DIR",
        help=f"for checkpoint.pt, losses.tsv{files}; default %(default)s",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--minutes", type=number(0.1, 100_000), default=120.0, help="of all runs; default 120"
    )
    length.add_argument("--steps", type=whole(1, 10_000_000), help="in place of --minutes")
    add("--seed", type=whole(0, 2**31 - 1), default=0, help="default %(default)s")
    add("--sheet-every", type=number(0, 1000), default=15.0, help="minutes; default %(default)s")
    add("--bf16", action="store_true", help="bfloat16 in the network; fast where AMX or a GPU is")
    add("--device", default="", help="cpu, cuda:0 …; default: a GPU if there is one")
