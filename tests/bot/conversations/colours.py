"""Pictures of one colour: they are told apart however a messenger has squeezed them."""

from __future__ import annotations

import io

from PIL import Image

from tests.bot.conftest import picture

__all__ = ["colour", "photo"]

_COLOURS = {
    "teal": (0, 128, 128),
    "orange": (255, 165, 0),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
}


def photo(name: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG."""
    assert name in _COLOURS
    return picture(name, size, "JPEG")


def colour(content: bytes) -> str:
    """The name of a picture's colour."""
    with Image.open(io.BytesIO(content)) as image:
        pixel = image.convert("RGB").resize((1, 1)).getpixel((0, 0))
    assert isinstance(pixel, tuple)

    def distance(name: str) -> int:
        return sum(abs(a - b) for a, b in zip(pixel, _COLOURS[name], strict=True))

    return min(_COLOURS, key=distance)
