"""Places of a picture with a colour each, as one parameter: "0.42,0.31,#c03020;0.8,0.1,#3060c0"."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, WithJsonSchema

__all__ = ["Point", "Points", "read_points"]

MOST = 32
_POINT = re.compile(r"(\d?\.?\d{1,9}),(\d?\.?\d{1,9}),#([0-9a-f]{6})")


class Point(NamedTuple):
    """A place and its colour."""

    x: float
    """Share of the width from the left, 0–1."""
    y: float
    """Share of the height from the top, 0–1."""
    colour: tuple[int, int, int]
    """sRGB, 0–255."""


def read_points(words: str) -> tuple[Point, ...]:
    """The points written in `words`. Raises `ValueError`."""
    parts = [part for part in "".join(words.lower().split()).split(";") if part]
    if len(parts) > MOST:
        raise ValueError(f"more than {MOST} points")
    return tuple(_read(part) for part in parts)


def _read(part: str) -> Point:
    found = _POINT.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r} is no point")
    x, y = float(found[1]), float(found[2])
    if max(x, y) > 1:
        raise ValueError(f"{part!r} is beyond the picture")
    red, green, blue = bytes.fromhex(found[3])
    return Point(x, y, (red, green, blue))


def _spell(words: str) -> str:
    """One word, which can be typed in a chat."""
    read = read_points(words)
    return ";".join(f"{x:.9g},{y:.9g},#{bytes(colour).hex()}" for x, y, colour in read)


Points = Annotated[
    str,
    AfterValidator(_spell),
    WithJsonSchema(
        {
            "type": "string",
            "format": "points",
            "maximum": MOST,
            "takes": f"up to {MOST} points such as 0.42,0.31,#c03020;0.8,0.1,#3060c0 (shares of"
            " width and height from the top left, and a colour)",
        }
    ),
]
"""The kind of such a parameter: `places: Points = param("", …)`."""
