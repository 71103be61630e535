"""A contact sheet: pictures in rows with their names under them, to be read on a phone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont, ImageOps

from effects.errors import BadPicture
from effects.image import decode, encode

__all__ = ["Cell", "draw"]

_COLUMNS = 3
_SIDE = 288
_GAP = 14
_NAME, _NOTE = 30, 20
"""Sizes of letters, in pixels."""
_LEAST = 16
_HEIGHT = _SIDE + 8 + _NAME + 6 + _NOTE + 2 * _GAP
_PAPER, _INK, _GREY = "white", "#1c1c1e", "#6b6b70"


@dataclass(frozen=True)
class Cell:
    """One picture, its name, and a smaller line below it."""

    name: str
    note: str
    picture: bytes | None
    """Encoded; None: a grey field."""


def draw(cells: Sequence[Cell]) -> bytes:
    """A JPEG, 920 pixels wide, of one cell or more."""
    rows = -(-len(cells) // _COLUMNS)
    wide = min(len(cells), _COLUMNS)
    size = (wide * (_SIDE + _GAP) + _GAP, rows * _HEIGHT + _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, cell in enumerate(cells):
        row, column = divmod(number, _COLUMNS)
        x, y = _GAP + column * (_SIDE + _GAP), _GAP + row * _HEIGHT
        sheet.paste(_thumbnail(cell.picture), (x, y))
        middle, below = x + _SIDE // 2, y + _SIDE + 8
        _write(pen, (middle, below), cell.name, _NAME, _INK)
        _write(pen, (middle, below + _NAME + 6), cell.note, _NOTE, _GREY)
    return encode(sheet, "image/jpeg", quality=88)


def _thumbnail(content: bytes | None) -> Image.Image:
    blank = Image.new("RGB", (_SIDE, _SIDE), "#d8d8dc")
    if content is None:
        return blank
    try:
        return ImageOps.fit(decode(content), (_SIDE, _SIDE), Image.Resampling.LANCZOS)
    except BadPicture:
        return blank


def _write(
    pen: ImageDraw.ImageDraw, top: tuple[int, int], words: str, size: int, colour: str
) -> None:
    """Centred below `top`, in smaller letters or cut where there is no room."""
    while pen.textlength(words, _font(size)) > _SIDE and size > _LEAST:
        size -= 1
    while pen.textlength(words, _font(size)) > _SIDE:
        words = words[:-2] + "…"
    pen.text(top, words, fill=colour, font=_font(size), anchor="ma")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    content = (files("bot.core") / "static" / "DejaVuSans.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(content), size)
