"""`python -m effects.colorize.train --photos DIR|TAR …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from effects.commandline import Parser, finish
from effects.device import pick_device
from effects.training.arguments import add_common, number, whole


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
    add_common(
        parser,
        splits=": train, validation, or not used here;"
        " without one, training photographs validate too",
        out="out/colorize",
        files=", validation.tsv and sheets",
    )
    add = parser.add_argument
    add("--batch", type=whole(1, 256), default=8, help="photos a step; default %(default)s")
    add("--crop", type=whole(64, 512, 32), default=192, help="pixels; default %(default)s")
    add("--start", type=Path, metavar="ONNX", help="begin with the weights of an exported network")
    add("--rate", type=number(1e-6, 0.1), default=1e-3, help="of AdamW; default %(default)s")
    add("--save-every", type=number(0, 1000), default=5.0, help="minutes; default %(default)s")
    add("--validate-every", type=number(0, 1000), default=5.0, help="minutes; default %(default)s")
    return parser


if __name__ == "__main__":
    sys.exit(main())
