"""Whether a photo has colours, or is grey, sepia or faded to one tone."""

from __future__ import annotations

import numpy as np
from PIL import Image

from effects.colorize.lab import to_lab

__all__ = ["has_colour"]

SIDE, LEVELS = 128, 12
# Of a* and b*, beside the mean of what is as light. Sepia leaves 1 or 2, a dull street 6 or more.
LEAST = 4.0


def has_colour(photo: Image.Image) -> bool:
    """Whether its chroma says more than its lightness does."""
    small = photo.resize((min(SIDE, photo.width), min(SIDE, photo.height)), Image.Resampling.BOX)
    lab = to_lab(np.asarray(small)).reshape(-1, 3)
    level = np.minimum((lab[:, 0] * (LEVELS / 100)).astype(int), LEVELS - 1)
    counts = np.maximum(np.bincount(level, minlength=LEVELS), 1)
    rest = 0.0
    for plane in lab[:, 1:].T:
        means = np.bincount(level, plane, LEVELS) / counts
        rest += float(np.mean((plane - means[level]) ** 2))
    return bool(rest**0.5 > LEAST)
