"""The font that words on pictures are drawn in: DejaVu Sans, cut to Latin, Greek and Cyrillic.

Pillow's own font has no Cyrillic. The licence lies beside the file.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files

from PIL import ImageFont

__all__ = ["font"]


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The font at `size` pixels."""
    content = (files("effects") / "static" / "DejaVuSans.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(content), size)
