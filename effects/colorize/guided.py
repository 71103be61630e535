"""Small chroma brought to full size along the edges of the photo's lightness.

A guided filter (He, Sun & Tang 2010; He & Sun 2015): in each window chroma is taken as a line of
lightness, so that it turns where lightness does. The lines are found on a smaller copy, and drawn
on the photo itself in strips.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from effects.colorize.lab import Array, lightness

__all__ = ["Guided"]

# Pixels of the copy, radius of the windows in places of the small chroma, and the variance of
# lightness (0–1) below which there is no edge.
AREA, RADIUS, FLAT = 512 * 512, 1.5, 2e-3


class Guided:
    """The lines of one photo."""

    def __init__(self, photo: Image.Image, chroma: Array) -> None:
        """`chroma` is a* and b* of h×w places of the photo."""
        self._size = photo.size
        scale = min(1.0, (AREA / (photo.width * photo.height)) ** 0.5)
        size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
        small = photo.resize(size, Image.Resampling.BOX, reducing_gap=3.0)
        guide = lightness(np.asarray(small)) / 100
        # The radius fits the grid of the chroma.
        reach = max(1, round(RADIUS * size[0] / chroma.shape[1]))
        mean = _mean(guide, reach)
        variance = _mean(guide * guide, reach) - mean * mean
        self._lines: list[tuple[Image.Image, Image.Image]] = []
        for n in range(2):
            plane = Image.fromarray(np.ascontiguousarray(chroma[..., n]))
            wide = np.asarray(plane.resize(size, Image.Resampling.BICUBIC))
            level = _mean(wide, reach)
            slope = (_mean(guide * wide, reach) - mean * level) / (variance + FLAT)
            offset = level - slope * mean
            lines = (_mean(each, reach) for each in (slope, offset))
            first, second = (Image.fromarray(each.astype(np.float32)) for each in lines)
            self._lines.append((first, second))

    def chroma(self, light: Array, top: int) -> Array:
        """a* and b*, H×W×2, of the rows of the photo from `top` on, whose L* is `light`."""
        width, height = self._size
        rows = light.shape[0]
        found = []
        for slope, offset in self._lines:
            ratio = slope.height / height
            box = (0, top * ratio, slope.width, min(slope.height, (top + rows) * ratio))
            wide, flat = (
                np.asarray(each.resize((width, rows), Image.Resampling.BILINEAR, box=box))
                for each in (slope, offset)
            )
            found.append(wide * (light / 100) + flat)
        return np.stack(found, -1)


def _mean(plane: Array, reach: int) -> Array:
    """Of the window of 2·reach + 1 pixels a side around each, as far as it is in the picture."""
    for axis in range(2):
        length = plane.shape[axis]
        total = np.cumsum(plane, axis, dtype=np.float64)
        total = np.concatenate([np.zeros_like(total.take([0], axis)), total], axis)
        high = np.minimum(np.arange(length) + reach + 1, length)
        low = np.maximum(np.arange(length) - reach, 0)
        counts = (high - low).reshape((-1, 1) if axis == 0 else (1, -1))
        plane = ((total.take(high, axis) - total.take(low, axis)) / counts).astype(np.float32)
    return plane
