"""A photo with a panel of labelled bars below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

__all__ = ["Label", "annotate", "percent"]

PAPER, TRACK, BAR, FIRST, INK = "#14161b", "#23272f", "#3a4660", "#2f6fde", "#f4f5f7"
NARROWEST = 360
MARGIN = 16
# Pillow draws shapes without smoothing: draw larger, then shrink.
OVERSAMPLE = 3

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Label(NamedTuple):
    """A class and its probability, 0–1."""

    label: str
    probability: float


def percent(probability: float) -> str:
    """In words: "79 %", "<1 %"."""
    return f"{round(probability * 100)} %" if probability >= 0.005 else "<1 %"


def annotate(photo: Image.Image, labels: Sequence[Label], *, sure: bool) -> Image.Image:
    """`photo` above one bar per label; the first stands out when it is `sure`."""
    width = max(photo.width, NARROWEST)
    panel = _panel(width, labels, sure)
    left = (width - photo.width) // 2
    top = min(left, MARGIN)
    sheet = Image.new("RGB", (width, top + photo.height + panel.height), PAPER)
    sheet.paste(photo, (left, top))
    sheet.paste(panel, (0, top + photo.height))
    return sheet


def _panel(width: int, labels: Sequence[Label], sure: bool) -> Image.Image:
    text = max(16, min(26, width // 36)) * OVERSAMPLE
    row, gap, edge = 2 * text, text // 2, text
    wide = width * OVERSAMPLE
    high = len(labels) * (row + gap) - gap + 2 * edge
    # The height must be whole pixels after shrinking.
    panel = Image.new("RGB", (wide, -(-high // OVERSAMPLE) * OVERSAMPLE), PAPER)
    draw = ImageDraw.Draw(panel)
    font = ImageFont.load_default(text)
    left, right = edge, wide - edge
    for n, label in enumerate(labels):
        top = edge + n * (row + gap)
        box = (left, top, right, top + row)
        draw.rounded_rectangle(box, row // 4, TRACK)
        # Shapes of less than two radii have no round corners.
        end = left + max(row // 2, round((right - left) * label.probability))
        draw.rounded_rectangle(
            (left, top, end, top + row), row // 4, FIRST if sure and n == 0 else BAR
        )
        middle = top + row // 2
        share = percent(label.probability)
        room = right - left - 3 * edge // 2 - draw.textlength(share, font)
        draw.text((right - edge // 2, middle), share, INK, font, anchor="rm")
        draw.text((left + edge // 2, middle), _fit(draw, label.label, font, room), INK, font, "lm")
    return panel.reduce(OVERSAMPLE)


def _fit(draw: ImageDraw.ImageDraw, words: str, font: Font, room: float) -> str:
    """`words`, shortened with an ellipsis where they are wider than `room` pixels."""
    if draw.textlength(words, font) <= room:
        return words
    while words and draw.textlength(words + "…", font) > room:
        words = words[:-1]
    return words.rstrip() + "…"
