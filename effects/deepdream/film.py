"""A flight into a dream, as a GIF."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

__all__ = ["encode_gif", "matched", "zoomed"]

FRAME_MS = 100
COLOURS = 128


def zoomed(picture: Image.Image, factor: float) -> Image.Image:
    """The middle of the picture, enlarged to its size."""
    width, height = picture.size
    left, upper = (side * (1 - 1 / factor) / 2 for side in picture.size)
    return picture.resize(
        picture.size,
        Image.Resampling.BICUBIC,
        box=(left, upper, width - left, height - upper),
    )


def matched(picture: Image.Image, like: Image.Image) -> Image.Image:
    """The picture with the mean and deviation of each colour of another: dreams of dreams would
    else get ever more glaring.
    """
    ours, theirs = (np.asarray(each, dtype=np.float32) for each in (picture, like))
    gain = theirs.std((0, 1)) / ours.std((0, 1)).clip(1)
    values = (ours - ours.mean((0, 1))) * gain + theirs.mean((0, 1))
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))


def encode_gif(frames: Sequence[Image.Image]) -> bytes:
    """An endless animation; each frame has a palette of its own."""
    # Dithering would be grain that flickers, and twice the bytes.
    first, *others = (frame.quantize(COLOURS, dither=Image.Dither.NONE) for frame in frames)
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=FRAME_MS, loop=0)
    return file.getvalue()
