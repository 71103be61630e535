"""The bins of chroma: points of a grid over a* and b*, among which a colour is shared out.

A colour between four points belongs to each by its nearness (bilinear), so that the mean of its
points is the colour itself, and the mean of what a network expects is what it expects the colour
to be.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from effects.colorize.lab import Array, to_lab

__all__ = ["BINS", "histogram", "share"]

GRID = 10
# Points from -REACH to REACH on each axis.
REACH = 110
_SIDE = 2 * REACH // GRID + 1

Whole = npt.NDArray[np.int64]


def _points() -> tuple[Array, Whole]:
    """Bins×2, and for each point of the grid the bin that is nearest."""
    levels = np.arange(0, 256, 5, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
    cells = np.floor(to_lab(cube)[:, 1:] / GRID).astype(np.int64)
    used = {(a + i, b + j) for a, b in np.unique(cells, axis=0) for i in (0, 1) for j in (0, 1)}
    bins = np.array(sorted(used), dtype=np.float32) * GRID
    axis = np.arange(-REACH, REACH + 1, GRID, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 1, 2)
    return bins, np.square(grid - bins).sum(-1).argmin(1)


BINS, _NEAREST = _points()
"""a* and b* of each bin, bins×2: the grid's points around all colours of sRGB."""


def share(chroma: Array) -> tuple[Whole, Array]:
    """…×2 of a*, b* to …×4 numbers of bins and …×4 shares, which add up to 1."""
    at = (np.clip(chroma, -REACH, REACH - 1e-3) + REACH) / GRID
    low = np.floor(at).astype(np.int64)
    part = (at - low).astype(np.float32)
    a, b = low[..., 0], low[..., 1]
    u, v = part[..., 0], part[..., 1]
    first = a * _SIDE + b
    corners = np.stack([first, first + 1, first + _SIDE, first + _SIDE + 1], -1)
    shares = np.stack([(1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v], -1)
    return _NEAREST[corners], shares


def histogram(chroma: Array, weights: Array | None = None) -> npt.NDArray[np.float64]:
    """How much of N×2 falls to each bin, smoothed (σ = 5, Zhang et al. 2016); adds up to 1."""
    numbers, shares = share(chroma)
    if weights is not None:
        shares = shares * weights[:, None]
    counts = np.bincount(numbers.ravel(), shares.ravel(), len(BINS))
    smooth = _kernel() @ counts
    return np.asarray(smooth / smooth.sum())


@cache
def _kernel() -> npt.NDArray[np.float64]:
    distances = np.square(BINS[:, None] - BINS[None]).sum(-1)
    return np.asarray(np.exp(-distances / (2 * 5.0**2)))
