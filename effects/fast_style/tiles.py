"""Large pictures, tile by tile: memory stays the same, and no seam shows.

Normalisation is not local. Its scale and shift are measured on a reduced copy of the whole picture
and fixed for all tiles; each is painted with so much around it that nothing of its own depends on
what was cut off. So the tiles fit exactly; what differs from painting the picture at once is
that the copy's statistics are not quite the picture's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from effects.fast_style.modes import FEWEST, REACH, STEP, Mode
from effects.fast_style.session import Network, Planes
from effects.fast_style.vectors import Vectors

__all__ = ["Tile", "cut", "paint_tiles", "planes", "reduced"]

Box = tuple[int, int, int, int]


class Tile(NamedTuple):
    """Boxes of pixels: left, upper, right, lower."""

    inner: Box
    """What it adds to the painting: every pixel is in one tile's."""
    outer: Box
    """What the network is shown."""


def cut(width: int, height: int, most: int) -> list[Tile]:
    """As few tiles of at most `most` pixels as cover the picture, in rows.

    Raises `ValueError` when `most` has no room for the smallest tile and what surrounds it.
    """
    fewest = (2 * REACH + STEP) ** 2
    if most < fewest:
        raise ValueError(f"a tile needs {fewest} pixels, not {most}")
    columns = rows = 1
    while True:
        across = _spans(width, columns)
        down = _spans(height, rows)
        wide, high = (max(high - low for _, (low, high) in spans) for spans in (across, down))
        if wide * high <= most:
            break
        if wide >= high:
            columns += 1
        else:
            rows += 1
    return [
        Tile((left, upper, right, lower), (x, y, x_end, y_end))
        for (upper, lower), (y, y_end) in down
        for (left, right), (x, x_end) in across
    ]


def paint_tiles(
    network: Network,
    photo: Image.Image,
    vectors: tuple[Vectors, Vectors],
    most: int,
    finish: Callable[[Planes, Image.Image], Image.Image],
    step: Callable[[int, int], None],
) -> Image.Image:
    """Paint a photo by pieces of at most `most` pixels.

    `finish` makes the picture of a painting and its piece of the photo; `step` hears how many
    tiles of how many are done.
    """
    tiles = cut(*photo.size, most)
    step(0, len(tiles))
    fixed = network.measure(planes(reduced(photo, most)), *vectors)
    painting = Image.new("RGB", photo.size)
    for n, (inner, outer) in enumerate(tiles):
        piece = photo.crop(outer)
        painted = finish(network.paint(planes(piece), *fixed, Mode.FIXED)[0], piece)
        left, upper = outer[:2]
        within = (inner[0] - left, inner[1] - upper, inner[2] - left, inner[3] - upper)
        painting.paste(painted.crop(within), inner[:2])
        step(n + 1, len(tiles))
    return painting


def planes(photo: Image.Image) -> Planes:
    """1×3×H×W in [0, 1], mirrored beyond the right and lower borders to sides that fit."""
    pixels = np.asarray(photo).transpose(2, 0, 1)
    more = [(0, max(FEWEST, side + -side % STEP) - side) for side in pixels.shape[1:]]
    if any(end for _, end in more):
        pixels = np.pad(pixels, ((0, 0), *more), mode="symmetric")
    shown: Planes = np.multiply(pixels, np.float32(1 / 255), dtype=np.float32, order="C")
    return shown[None]


def reduced(photo: Image.Image, most: int) -> Image.Image:
    """A copy of about the same shape with at most `most` pixels and sides that fit."""
    scale = (most / (photo.width * photo.height)) ** 0.5
    width, height = (max(FEWEST, int(side * scale) // STEP * STEP) for side in photo.size)
    return photo.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _spans(length: int, count: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """`length` in so many parts, inner and outer (from, to); all begin at multiples of `STEP`."""
    cells = -(-length // STEP)
    starts = [cells * n // count * STEP for n in range(count)]
    ends = [*starts[1:], length]
    return [
        ((start, end), (max(0, start - REACH), min(length, end + REACH)))
        for start, end in zip(starts, ends, strict=True)
    ]
