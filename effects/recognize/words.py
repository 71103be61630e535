"""What was seen, in a sentence of each language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from effects.spec import Text
from effects.words import percent

__all__ = ["Label", "caption"]


class Label(NamedTuple):
    """What may be in the photo, and its probability, 0–1."""

    name: Text
    probability: float


def caption(seen: Sequence[Label], others: Sequence[Label], *, apart: bool = False) -> Text:
    """`seen`: what is surely there; `others`: guesses about the whole, likeliest first, `apart`
    if another network's, which may be just as likely.
    """
    if not seen:
        return Text(
            f"Not sure. Perhaps: {_listed(others, 0)}.",
            f"Трудно сказать. Может быть: {_listed(others, 1)}.",
        )
    en, ru = f"In the photo: {_listed(seen, 0)}.", f"На фото: {_listed(seen, 1)}."
    if others and apart:
        en += f" All in all it looks like: {_listed(others, 0)}."
        ru += f" В целом похоже на: {_listed(others, 1)}."
    elif others:
        en += f" Less likely: {_listed(others, 0)}."
        ru += f" Менее вероятно: {_listed(others, 1)}."
    return Text(en, ru)


def _listed(labels: Sequence[Label], lang: int) -> str:
    return ", ".join(f"{label.name[lang]} ({percent(label.probability)})" for label in labels)
