"""A photo with a panel of labelled bars below it."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from effects.fonts import font
from effects.recognize.words import Label
from effects.words import percent

__all__ = ["COLOURS", "annotate", "fit"]

COLOURS = ("#4c8dff", "#ff9f43", "#3ecf8e", "#f368a9")
"""Of what is surely there, in order; boxes have the same."""
PAPER, TRACK, GUESS, INK, SECOND = "#14161b", "#2a2f39", "#5d6b85", "#f4f5f7", "#9aa4b5"
NARROWEST = 360
MARGIN = 16


def annotate(photo: Image.Image, seen: Sequence[Label], others: Sequence[Label]) -> Image.Image:
    """`photo` above one bar per label; what is `seen` stands out by its colour."""
    width = max(photo.width, NARROWEST)
    panel = _panel(width, seen, others)
    left = (width - photo.width) // 2
    top = min(left, MARGIN)
    sheet = Image.new("RGB", (width, top + photo.height + panel.height), PAPER)
    sheet.paste(photo, (left, top))
    sheet.paste(panel, (0, top + photo.height))
    return sheet


def _panel(width: int, seen: Sequence[Label], others: Sequence[Label]) -> Image.Image:
    size = max(15, min(26, width // 36))
    thick, edge, row = max(4, size // 4), size, 2 * size + size // 2
    rows = [*zip(seen, COLOURS, strict=False), *((label, GUESS) for label in others)]
    panel = Image.new("RGB", (width, len(rows) * row + 2 * edge - size // 2), PAPER)
    pen = ImageDraw.Draw(panel)
    left, right = edge, width - edge
    for n, (label, colour) in enumerate(rows):
        top = edge + n * row
        share = percent(label.probability)
        pen.text((right, top), share, INK, font(size), anchor="ra")
        room = right - left - pen.textlength(share, font(size)) - size
        name = fit(label.name.ru, room, size)
        pen.text((left, top), name, INK, font(size))
        used = pen.textlength(name + "  ", font(size))
        # The first language takes what it needs, the second what is left.
        if room - used > 3 * size:
            pen.text((left + used, top), fit(label.name.en, room - used, size), SECOND, font(size))
        bar = top + size + size // 3
        pen.rectangle((left, bar, right, bar + thick - 1), TRACK)
        end = left + max(thick, round((right - left) * label.probability))
        pen.rectangle((left, bar, end, bar + thick - 1), colour)
    return panel


def fit(words: str, room: float, size: int) -> str:
    """`words`, shortened with an ellipsis where they are wider than `room` pixels."""
    if font(size).getlength(words) <= room:
        return words
    while words and font(size).getlength(words + "…") > room:
        words = words[:-1]
    return words.rstrip() + "…"
