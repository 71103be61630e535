"""Colours that a person asks for at points of the photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from effects.colorize.lab import Array, to_lab
from effects.points import Point

__all__ = ["fitted", "told"]

# Of a*, b* in hints.
SCALE = 100
# Places on each axis, around a point, whose colour is told.
PATCH = 2
# How far what the network left undone is done: shares of the longer side, and L*.
NEAR, ALIKE = 0.25, 12.0
# Points that contradict each other share what they ask for.
RIDGE = 0.02


def told(points: Sequence[Point], width: int, height: int) -> Array:
    """1×3×height×width, as in training: a* / 100, b* / 100 and 1 where a colour is known."""
    hints = np.zeros((1, 3, height, width), np.float32)
    for point in points:
        top, left = (
            max(0, min(side - PATCH, round(at * side - PATCH / 2)))
            for at, side in ((point.y, height), (point.x, width))
        )
        patch = np.s_[top : top + PATCH, left : left + PATCH]
        hints[0, :2][:, *patch] = (_asked(point) / SCALE)[:, None, None]
        hints[0, 2][patch] = 1
    return hints


def fitted(chroma: Array, light: Array, points: Sequence[Point]) -> Array:
    """a* and b*, H×W×2, led to what the points ask for; `light` is L* of the same places.

    The network follows hints only part of the way. What is left is carried to places that are near
    and as light (Gaussian process regression over place and lightness).
    """
    if not points:
        return chroma
    height, width = light.shape
    rows, columns = np.mgrid[:height, :width]
    near, alike = NEAR * max(height, width), ALIKE
    where = np.stack([rows / near, columns / near, light / alike], -1)
    at = tuple(np.transpose([_place(point, width, height) for point in points]))
    asked = np.stack([_asked(point) for point in points])
    own = _kernel(where[at], where[at]) + RIDGE * np.eye(len(points))
    weights = np.linalg.solve(own, asked - chroma[at])
    return np.asarray(chroma + _kernel(where, where[at]) @ weights, np.float32)


def _place(point: Point, width: int, height: int) -> tuple[int, int]:
    return min(height - 1, int(point.y * height)), min(width - 1, int(point.x * width))


def _asked(point: Point) -> Array:
    return to_lab(np.array(point.colour, np.uint8))[1:]


def _kernel(where: Array, others: Array) -> Array:
    """…×3 and n×3 to …×n, 1 where they are the same."""
    return np.asarray(np.exp(-0.5 * np.square(where[..., None, :] - others).sum(-1)))
