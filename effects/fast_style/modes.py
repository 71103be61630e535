"""What the shipped network can be asked for; both sides of the file agree on it here."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["FEWEST", "MARGIN", "REACH", "STEP", "Mode"]

STEP = 8
"""Sides must be multiples of it: three layers halve them."""
FEWEST = 56
"""Pixels of the shortest side."""
MARGIN = 48
"""Pixels that are mirrored beyond the left border, painted and cut off; fewer than `FEWEST`."""
REACH = 104
"""No pixel of the painting depends on pixels of the photo further off, once normalisation is
fixed: 101, and up to a multiple of `STEP`."""


class Mode(IntEnum):
    """How normalisation goes."""

    WHOLE = 0
    """By the picture's own statistics, as in training."""
    MEASURE = 1
    """The same, and the scale and shift that it came to are told."""
    FIXED = 2
    """By a scale and a shift that are given in place of gamma and beta."""
