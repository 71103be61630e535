"""`python -m effects weights list | pull NAME… | verify [NAME…]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from effects.catalogue import Catalogue
from effects.errors import WeightsMissing
from effects.progress import ShellContext
from effects.weights.digest import hashes_to
from effects.weights.manifest import MANIFEST
from effects.weights.pull import part_of, pull
from effects.weights.store import WeightsStore, command

__all__ = ["add_commands"]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the commands."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="all weights, and where they are")
    listing.set_defaults(command=_list)
    fetching = commands.add_parser("pull", help="fetch weights into the folder")
    fetching.set_defaults(command=_pull)
    fetching.add_argument("names", nargs="+", type=_name, metavar="NAME")
    checking = commands.add_parser("verify", help="read all that is here and check its SHA-256")
    checking.set_defaults(command=_verify)
    checking.add_argument("names", nargs="*", type=_name, metavar="NAME")


def _name(word: str) -> str:
    if word not in MANIFEST:
        raise argparse.ArgumentTypeError(
            f"no weights are known as {word!r}; there are {', '.join(MANIFEST)}"
        )
    return word


def _list(catalogue: Catalogue, arguments: argparse.Namespace) -> None:
    store = WeightsStore()
    width = max(map(len, MANIFEST))
    for name, entry in MANIFEST.items():
        path = store.find(name)
        where = str(path) if path is not None else f"{_absent(store, name)}; {command(name)}"
        print(f"{name:{width}}  {entry.mb:3} MB  {entry.licence:12}  {where}")


def _pull(catalogue: Catalogue, arguments: argparse.Namespace) -> None:
    # Mirrors are separated by commas, since a folder's name may hold spaces.
    words = os.environ.get("ATELIER_WEIGHTS_MIRRORS", "").split(",")
    mirrors = [word.strip() for word in words if word.strip()]
    offline = os.environ.get("ATELIER_OFFLINE", "") not in ("", "0")

    def fetch(name: str) -> str:
        bar = ShellContext(name, sys.stderr, unit=" MB")
        try:
            path = pull(
                name,
                WeightsStore(),
                lambda done, total: bar.step(done >> 20, total >> 20),
                mirrors=mirrors,
                offline=offline,
                say=lambda words: print(words, file=sys.stderr),
            )
        finally:
            bar.close()
        return str(path)

    _each(arguments.names, fetch)


def _verify(catalogue: Catalogue, arguments: argparse.Namespace) -> None:
    store = WeightsStore()

    def check(name: str) -> str:
        path = store.find(name)
        if path is None:
            absent = _absent(store, name)
            if arguments.names:
                raise WeightsMissing(f"{absent}; `{command(name)}` brings it", weights=name)
            return absent
        try:
            good = hashes_to(path, MANIFEST[name].sha256)
        except OSError as error:
            raise WeightsMissing(f"{path}: {(error.strerror or str(error)).lower()}") from error
        if not good:
            raise WeightsMissing(f"{path} is damaged; `{command(name)}` brings it", weights=name)
        return f"good: {path}"

    _each(arguments.names or list(MANIFEST), check)


def _each(names: list[str], work: Callable[[str], str]) -> None:
    """A line for each name, on stderr where it failed. Raises `WeightsMissing` at the end."""
    failed = []
    for name in names:
        try:
            print(f"{name}: {work(name)}")
        except WeightsMissing as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed.append(name)
    if failed:
        raise WeightsMissing(f"not in order: {', '.join(failed)}")


def _absent(store: WeightsStore, name: str) -> str:
    part = part_of(store.place(name))
    return f"{part.stat().st_size >> 20} MB of it here" if part.exists() else "not here"
