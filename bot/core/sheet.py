"""A contact sheet: pictures in rows with their names under them, to be read on a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from effects.errors import BadPicture
from effects.fonts import font
from effects.image import decode, encode

__all__ = ["Cell", "draw"]

_SIDES = 1280
"""Of the sheet at most, in pixels: larger ones are squeezed by messengers."""
_LARGEST = 288
_GAP = 12
_NAME, _NOTE = 28, 18
"""Sizes of letters, in pixels."""
_LEAST = 14
_CAPTION = 8 + _NAME + 6 + _NOTE + _GAP
_PAPER, _INK, _GREY = "white", "#1c1c1e", "#6b6b70"


@dataclass(frozen=True)
class Cell:
    """One picture, its name, and a smaller line below it."""

    name: str
    note: str
    picture: bytes | None
    """Encoded; None: a grey field."""


def draw(cells: Sequence[Cell]) -> bytes:
    """A JPEG of one cell or more, no side longer than 1280 pixels, rather high than wide."""
    columns = max(3, math.ceil(math.sqrt(0.8 * len(cells))))
    rows = -(-len(cells) // columns)
    side = min(
        _LARGEST, (_SIDES - _GAP) // rows - _CAPTION - _GAP, (_SIDES - _GAP) // columns - _GAP
    )
    wide, high = side + _GAP, side + _CAPTION + _GAP
    sheet = Image.new("RGB", (columns * wide + _GAP, rows * high + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        x, y = _GAP + column * wide, _GAP + row * high
        sheet.paste(_thumbnail(cell.picture, side), (x, y))
        middle, below = x + side // 2, y + side + 8
        _write(pen, (middle, below), side, cell.name, _NAME, _INK)
        _write(pen, (middle, below + _NAME + 6), side, cell.note, _NOTE, _GREY)
    return encode(sheet, "image/jpeg", quality=88)


def _thumbnail(content: bytes | None, side: int) -> Image.Image:
    blank = Image.new("RGB", (side, side), "#d8d8dc")
    if content is None:
        return blank
    try:
        return ImageOps.fit(decode(content), (side, side), Image.Resampling.LANCZOS)
    except BadPicture:
        return blank


def _write(
    pen: ImageDraw.ImageDraw, top: tuple[int, int], wide: int, words: str, size: int, colour: str
) -> None:
    """Centred below `top`, in smaller letters or cut where there is no room."""
    while pen.textlength(words, font(size)) > wide and size > _LEAST:
        size -= 1
    while pen.textlength(words, font(size)) > wide:
        words = words[:-2] + "…"
    pen.text(top, words, fill=colour, font=font(size), anchor="ma")
