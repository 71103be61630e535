"""Files as people send them, and worse."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


def scene(width: int = 48, height: int = 32) -> Image.Image:
    """A picture that no flip or turn leaves as it is, and that JPEG keeps well."""
    y, x = np.mgrid[0:height, 0:width]
    red, green = 255 * x / (width - 1), 255 * y / (height - 1)
    blue = np.where((x < width // 3) & (y < height // 3), 255, 40)
    return Image.fromarray(np.stack([red, green, blue], axis=-1).astype(np.uint8))


def save(image: Image.Image, format: str, **options: Any) -> bytes:
    """Encode with Pillow."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png(header: tuple[int, int, int, int], rows: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG by hand: header = (width, height, bit depth, colour type)."""
    width, height, depth, colour = header
    ihdr = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", ihdr)
        + extra
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(values: np.ndarray, colour: int) -> bytes:
    """A 16-bit PNG of `values`, H×W (grey, colour 0) or H×W×3 (RGB, colour 2)."""
    rows = b"".join(b"\x00" + row.astype(">u2").tobytes() for row in values)
    return png((values.shape[1], values.shape[0], 16, colour), rows)


def stored_as(orientation: int, upright: Image.Image) -> Image.Image:
    """What a camera stores so that `upright` is seen, by the table of the EXIF standard:
    which side of the scene the first row and the first column hold.
    """
    row, column = {
        1: ("top", "left"),
        2: ("top", "right"),
        3: ("bottom", "right"),
        4: ("bottom", "left"),
        5: ("left", "top"),
        6: ("right", "top"),
        7: ("right", "bottom"),
        8: ("left", "bottom"),
    }[orientation]
    pixels = np.asarray(upright)
    if row in ("left", "right"):
        pixels = pixels.swapaxes(0, 1)
    if row in ("bottom", "right"):
        pixels = pixels[::-1]
    if column in ("bottom", "right"):
        pixels = pixels[:, ::-1]
    return Image.fromarray(np.ascontiguousarray(pixels))
