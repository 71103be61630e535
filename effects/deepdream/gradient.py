"""What makes a gradient fit to be added to a picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Inertia", "smoothed"]

# Deviation of each band, from fine to coarse, each of half the side below, and of the rest. What
# a network's gradient has most of is its finest band, which to eyes is grain.
SHARES = (0.18, 0.45, 1.0, 1.0)
# What is left of colour, beside light: the network is blind to garish.
CHROMA = 0.5
_TINY = 1e-12
# What is kept of the mean gradient from one step to the next.
KEPT = 0.85
# Such steps are shorter: what they add gathers in few places.
PACE = 0.6
# Where it is strong is told on a map of so many pixels, blurred by so many.
MAP, BLUR = 64, 5


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


class Inertia:
    """The ascent towards a class: a mean of gradients over the steps of an octave, strong where the
    gradient is strong. One gradient of a deep layer is mostly noise, which a mean is not, and an
    object is in one place.
    """

    def __init__(self) -> None:
        self._mean: Tensor | None = None

    def __call__(self, gradient: Tensor) -> Tensor:
        """The step for the newest gradient, of deviation `PACE`."""
        gradient.mul_(1 / _deviation(gradient))
        if self._mean is not None and self._mean.shape == gradient.shape:
            gradient.add_(self._mean, alpha=KEPT)
        self._mean = gradient
        energy = _spread(gradient.square().mean(1, keepdim=True))
        step = smoothed(gradient.clone()).mul_(energy / (energy + 2 * energy.mean()))
        return step.mul_(PACE / _deviation(step))


def _spread(energy: Tensor) -> Tensor:
    height, width = energy.shape[2:]
    scale = min(1.0, MAP / max(height, width))
    size = [max(1, round(side * scale)) for side in (height, width)]
    coarse = functional.interpolate(energy, size, mode="area")
    for _ in range(2):
        coarse = functional.avg_pool2d(coarse, BLUR, 1, BLUR // 2, count_include_pad=False)
    return _enlarged(coarse, energy)


def _enlarged(coarse: Tensor, like: Tensor) -> Tensor:
    size = like.shape[2:]
    return functional.interpolate(coarse, size, mode="bilinear", align_corners=False)


def _deviation(band: Tensor) -> float:
    deviation = float(torch.linalg.vector_norm(band)) / math.sqrt(band.numel())
    # A gradient that vanishes everywhere stays as it is.
    return max(_TINY, deviation)
