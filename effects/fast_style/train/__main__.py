"""`python -m effects.fast_style.train --photos DIR|TAR … --artworks DIR`."""

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
        from effects.fast_style.train.run import run

        run(arguments)

    return finish(train)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m effects.fast_style.train",
        description="Train the network of fast styles. Killed, the same command goes on.",
    )
    add_common(
        parser,
        splits="; only photographs of the split train are used",
        out="out/fast_style",
        files=" and sheets",
    )
    add = parser.add_argument
    add("--artworks", type=Path, required=True, metavar="DIR", help="one picture for each style")
    add("--without", nargs="+", default=[], metavar="NAME", help="artworks to leave out")
    add(
        "--strength",
        nargs="+",
        type=_strength,
        default=[],
        metavar="NAME=N",
        help="artworks to follow more or less than the others, whose strength is 1",
    )
    add("--vgg19", type=Path, metavar="NPZ", help="VGG-19 up to conv3_1, to judge beside Lite0")
    add("--samples", nargs="+", type=Path, metavar="PHOTO|DIR", help="up to 8 for the sheets")
    add("--batch", type=whole(1, 64), default=4, help="photos a step; default %(default)s")
    add("--crop", type=whole(64, 512, 16), default=256, help="pixels; default %(default)s")
    add("--style-size", type=whole(64, 1024), default=512, help="pixels; default %(default)s")
    add("--rate", type=number(1e-6, 0.1), default=1e-3, help="of Adam; default %(default)s")
    add("--save-every", type=number(0, 1000), default=3.0, help="minutes; default %(default)s")
    return parser


def _strength(word: str) -> tuple[str, float]:
    name, _, factor = word.rpartition("=")
    if not name:
        raise argparse.ArgumentTypeError(f"{word} should be an artwork and a number: NAME=2")
    return name, number(0.1, 10)(factor)


if __name__ == "__main__":
    sys.exit(main())
