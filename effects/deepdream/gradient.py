"""What makes a gradient fit to be added to a picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["smoothed"]

# Deviation of each band, from fine to coarse, each of half the side below, and of the rest. What
# a network's gradient has most of is its finest band, which to eyes is grain.
SHARES = (0.18, 0.45, 1.0, 1.0)
# What is left of colour, beside light: the network is blind to garish.
CHROMA = 0.5
_TINY = 1e-12


def smoothed(gradient: Tensor) -> Tensor:
    """A gradient 1×3×H×W as a sum of bands of fixed deviation, all in all of mean square 1.

    The bands are those of a Laplacian pyramid. `gradient` is used up.
    """
    grey = gradient.mean(1, keepdim=True)
    low = gradient.sub_(grey).mul_(CHROMA).add_(grey)
    bands: list[Tensor] = []
    for share in SHARES[:-1]:
        if min(low.shape[2:]) < 4:
            break
        halved = [(side + 1) // 2 for side in low.shape[2:]]
        coarse = functional.interpolate(low, halved, mode="area")
        low.sub_(_enlarged(coarse, low))
        bands.append(low.mul_(share / _deviation(low)))
        low = coarse
    sum_ = low.mul_(SHARES[-1] / _deviation(low))
    for band in reversed(bands):
        sum_ = band.add_(_enlarged(sum_, band))
    return sum_.mul_(1 / _deviation(sum_))


def _enlarged(coarse: Tensor, like: Tensor) -> Tensor:
    size = like.shape[2:]
    return functional.interpolate(coarse, size, mode="bilinear", align_corners=False)


def _deviation(band: Tensor) -> float:
    deviation = float(torch.linalg.vector_norm(band)) / math.sqrt(band.numel())
    # A gradient that vanishes everywhere stays as it is.
    return max(_TINY, deviation)
