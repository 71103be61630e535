"""Effects from the shell: `python -m effects list`, `describe EFFECT`, `run EFFECT PHOTO…`.

And the networks' weights: `weights list`, `weights pull NAME…`, `weights verify`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from effects import shell
from effects.catalogue import Catalogue
from effects.commandline import Parser, finish
from effects.errors import UserError
from effects.spec import EffectSpec
from effects.weights import shell as weights


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""

    def run() -> None:
        arguments, rest = _parser().parse_known_args(argv)
        _take_rest(arguments, rest)
        arguments.command(Catalogue.load(), arguments)

    return finish(run)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m effects", description="Run one effect on pictures.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="the effects that are installed")
    listing.set_defaults(command=_list)
    describe = commands.add_parser("describe", help="an effect and its parameters")
    describe.set_defaults(command=_describe)
    describe.add_argument("effect", metavar="EFFECT")
    describe.add_argument("--json", action="store_true", help="for programs, with a JSON schema")
    run = commands.add_parser("run", help="run an effect on files")
    run.set_defaults(command=shell.run)
    run.add_argument("effect", metavar="EFFECT")
    run.add_argument(
        "items", nargs="*", metavar="PHOTO | NAME=VALUE", help="pictures and parameters"
    )
    run.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="FILE",
        help="a learned style, named in a parameter as the file is without its suffix",
    )
    run.add_argument("-o", "--output", metavar="FILE", help="where the picture goes")
    run.add_argument("--json", action="store_true", help="print what was found as JSON")
    run.add_argument("--device", default="", help="cpu, cuda:0 …; default: a GPU if there is one")
    weights.add_commands(
        commands.add_parser("weights", help="the networks' weights: list, pull, verify")
    )
    return parser


def _take_rest(arguments: argparse.Namespace, rest: list[str]) -> None:
    """argparse gives up on positional arguments that come after options; these are items too."""
    for word in rest:
        if word.startswith("-") or not hasattr(arguments, "items"):
            raise UserError(f"unknown argument {word!r}; see --help")
        arguments.items.append(word)


def _list(catalogue: Catalogue, arguments: argparse.Namespace) -> None:
    width = max((len(spec.name) for spec in catalogue), default=0)
    for spec in catalogue:
        print(f"{spec.name:{width}}  {spec.description.en}")


def _describe(catalogue: Catalogue, arguments: argparse.Namespace) -> None:
    spec = catalogue[arguments.effect]
    print(
        json.dumps(_as_json(spec), ensure_ascii=False, indent=2) if arguments.json else _page(spec)
    )


def _page(spec: EffectSpec) -> str:
    fewest, _ = spec.photos
    pictures = [
        role if n < fewest else f"{role} (may be left out)" for n, role in enumerate(spec.roles)
    ]
    lines = [
        f"{spec.name}: {spec.title.en}",
        *_wrap(spec.description.en),
        "",
        f"Pictures: {', '.join(pictures) or 'none'}",
    ]
    if spec.aliases:
        lines.append(f"Also known as: {', '.join(spec.aliases)}")
    fields = spec.params.model_fields
    if not fields:
        return "\n".join([*lines, "Parameters: none"])
    lines += ["", "Parameters"]
    shown = {key: f"{key}={_word(info.default)}" for key, info in fields.items()}
    width = max(map(len, shown.values()))
    for key, info in fields.items():
        lines.append(f"  {shown[key]:{width}}  {spec.takes(key)}")
        lines += _wrap(info.description or "", indent=width + 4)
    return "\n".join(lines)


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _wrap(words: str, indent: int = 0) -> list[str]:
    columns = min(shutil.get_terminal_size().columns, 100)
    space = " " * indent
    return textwrap.wrap(
        words, max(columns, indent + 30), initial_indent=space, subsequent_indent=space
    )


def _as_json(spec: EffectSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "title": spec.title._asdict(),
        "description": spec.description._asdict(),
        "aliases": spec.aliases,
        "roles": spec.roles,
        "photos": spec.photos,
        "order": spec.order,
        "strength_field": spec.strength_field,
        "size_field": spec.size_field,
        "steps_field": spec.steps_field,
        "max_batch": spec.max_batch,
        "memory_mb": spec.memory_mb,
        "step_limit": spec.step_limit,
        "deferrable": spec.deferrable,
        "example": dict(spec.example),
        "runner": spec.runner,
        "params": spec.params.model_json_schema(),
    }


if __name__ == "__main__":
    sys.exit(main())
