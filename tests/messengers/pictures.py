"""How a messenger keeps a photo: a JPEG, made smaller."""

from __future__ import annotations

import io

from PIL import Image

__all__ = ["shrink", "size_of"]


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height; None when it is no picture."""
    try:
        with Image.open(io.BytesIO(content)) as image:
            return image.size
    except OSError:
        return None


def shrink(content: bytes, side: int) -> tuple[bytes, tuple[int, int]]:
    """A JPEG with both sides at most `side`, and its size; one that is so already stays."""
    with Image.open(io.BytesIO(content)) as image:
        if image.format == "JPEG" and max(image.size) <= side:
            return content, image.size
        small = image.convert("RGB")
    small.thumbnail((side, side))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=87)
    return file.getvalue(), small.size
