"""`python -m effects.colorize.train --photos DIR|TAR …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from effects.commandline import Parser, finish
from effects.device import pick_device
from effects.training.arguments import number, whole


def main(argv: Sequence[str] | None = None) -> int:
    """Train, or go on with what --out holds; returns the exit status."""

    def train() -> None:
        arguments = _parser().parse_args(argv)
        arguments.device = pick_device(arguments.device)
        # torch is loaded no earlier than all arguments are known to be good.
        from effects.colorize.train.run import run

        run(arguments)

    return finish(train)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m effects.colorize.train",
        description="Train the network of colours. Killed, the same command goes on.",
    )
    add = parser.add_argument
    add("--photos", nargs="+", type=Path, required=True, metavar="DIR|TAR", help="photographs")
    add(
        "--splits",
        nargs="+",
        type=Path,
        default=[],
        metavar="TSV",
        help="tables with columns file and split: train, validation, or not used here;"
        " without one, training photographs validate too",
    )
    add(
        "--out",
        type=Path,
        default=Path("out/colorize"),
        metavar="DIR",
        help="for checkpoint.pt, losses.tsv, validation.tsv and sheets; default %(default)s",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--minutes", type=number(0.1, 100_000), default=120.0, help="of all runs; default 120"
    )
    length.add_argument("--steps", type=whole(1, 10_000_000), help="in place of --minutes")
    add("--batch", type=whole(1, 256), default=8, help="photos a step; default %(default)s")
    add("--crop", type=whole(64, 512, 32), default=192, help="pixels; default %(default)s")
    add("--rate", type=number(1e-6, 0.1), default=1e-3, help="of AdamW; default %(default)s")
    add("--seed", type=whole(0, 2**31 - 1), default=0, help="default %(default)s")
    add("--save-every", type=number(0, 1000), default=5.0, help="minutes; default %(default)s")
    add("--validate-every", type=number(0, 1000), default=5.0, help="minutes; default %(default)s")
    add("--sheet-every", type=number(0, 1000), default=15.0, help="minutes; default %(default)s")
    add("--bf16", action="store_true", help="bfloat16 in the network; fast where AMX or a GPU is")
    add("--device", default="", help="cpu, cuda:0 …; default: a GPU if there is one")
    return parser


if __name__ == "__main__":
    sys.exit(main())
