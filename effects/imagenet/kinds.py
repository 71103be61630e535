"""Kinds of ImageNet's classes: 118 of them are dogs.

Each line of kinds.txt is one kind: its English and its Russian name and the numbers of its
classes, from 0. A class that stands nowhere there is a kind of its own.
"""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

from effects.filters import Text
from effects.imagenet import CLASSES

__all__ = ["KINDS", "KIND_OF", "Kind"]


class Kind(NamedTuple):
    """A kind's name, and the numbers of its classes."""

    name: Text
    classes: tuple[int, ...]


def _listed() -> list[Kind]:
    lines = files(__package__).joinpath("kinds.txt").read_text("utf-8").splitlines()
    return [_kind(*line.split(" | ")) for line in lines]


def _kind(en: str, ru: str, ranges: str) -> Kind:
    classes: list[int] = []
    for part in ranges.split():
        first, _, last = part.partition("-")
        classes += range(int(first), int(last or first) + 1)
    return Kind(Text(en, ru), tuple(classes))


_LISTED = _listed()
_TAKEN = {number for kind in _LISTED for number in kind.classes}
KINDS = (
    *_LISTED,
    *(Kind(name, (n,)) for n, name in enumerate(CLASSES) if n not in _TAKEN),
)
"""Each class is in one of them."""
KIND_OF = tuple(
    kind for _, kind in sorted((n, k) for k, kind in enumerate(KINDS) for n in kind.classes)
)
"""The kind of each class, as its place in `KINDS`."""
