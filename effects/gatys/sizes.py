"""The sizes at which Gatys works."""

from __future__ import annotations

import math

from effects.pictures import MIN_SIDE

__all__ = ["scale_sides", "style_size"]

# Strokes are laid on from coarse to fine; below this the photo is no longer recognised.
COARSEST = 160


def style_size(size: tuple[int, int], picture: tuple[int, int], scale: float) -> tuple[int, int]:
    """Size of the style for a picture: at `scale` 1 their longer sides are equal.

    A square style of a very long photo is kept to twice the photo's area.
    """
    factor = scale * min(
        max(picture) / max(size),
        math.sqrt(2 * picture[0] * picture[1] / (size[0] * size[1])),
    )
    return max(MIN_SIDE, round(size[0] * factor)), max(MIN_SIDE, round(size[1] * factor))


def scale_sides(side: int) -> list[int]:
    """The longer sides to work at, from coarse to fine, each at most twice the one before."""
    sides = [side]
    while sides[0] >= 2 * COARSEST:
        sides.insert(0, sides[0] // 2)
    return sides
