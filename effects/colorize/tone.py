"""Whether a photo has colours, or is grey, sepia or faded to one tone."""

from __future__ import annotations

import numpy as np
from PIL import Image

from effects.colorize.lab import Array, to_lab

__all__ = ["has_colour", "is_grey"]

SIDE, LEVELS = 128, 12
# Of a* and b*, beside the mean of what is as light. Sepia leaves 1 or 2, a dull street 6 or more.
LEAST = 4.0
# Mean chroma of what is as good as grey.
GREY = 3.0


def has_colour(photo: Image.Image) -> bool:
    """Whether its chroma says more than its lightness does."""
    lab = _small(photo)
    level = np.minimum((lab[:, 0] * (LEVELS / 100)).astype(int), LEVELS - 1)
    counts = np.maximum(np.bincount(level, minlength=LEVELS), 1)
    rest = 0.0
    for plane in lab[:, 1:].T:
        means = np.bincount(level, plane, LEVELS) / counts
        rest += float(np.mean((plane - means[level]) ** 2))
    return bool(rest**0.5 > LEAST)


def is_grey(photo: Image.Image) -> bool:
    """Whether it has neither colours nor a tone."""
    return bool(np.hypot(*_small(photo)[:, 1:].T).mean() < GREY)


def _small(photo: Image.Image) -> Array:
    small = photo.resize((min(SIDE, photo.width), min(SIDE, photo.height)), Image.Resampling.BOX)
    return to_lab(np.asarray(small)).reshape(-1, 3)
