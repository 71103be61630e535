"""How a map is shown: smoothed, coloured, laid over its photo. Maps are H×W, pictures 3×H×W."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["blurred", "coloured", "drawing", "laid_over", "levelled"]

# From black over violet and orange to pale yellow, each a like step lighter to the eye.
_STOPS = (
    (0.00, 0.00, 0.02),
    (0.14, 0.05, 0.33),
    (0.38, 0.08, 0.43),
    (0.61, 0.16, 0.39),
    (0.82, 0.28, 0.26),
    (0.94, 0.46, 0.11),
    (0.98, 0.68, 0.13),
    (0.99, 0.92, 0.60),
)
# The share of pixels that may be brighter than the map's top: a single one tells nothing.
_OUTLIERS = 0.005
# Of the map's colour where it is strongest; some of the photo is always seen.
_COVER = 0.8


def blurred(values: Tensor, share: float) -> Tensor:
    """A map after a Gaussian whose deviation is `share` of the longer side."""
    deviation = max(share * max(values.shape), 0.3)
    for dim in (0, 1):
        reach = min(math.ceil(3 * deviation), values.shape[dim] - 1)
        at = torch.arange(-reach, reach + 1, dtype=values.dtype, device=values.device)
        weights = torch.exp(-((at / deviation) ** 2) / 2)
        lines = values.movedim(dim, 1)[:, None]
        padded = functional.pad(lines, (reach, reach), mode="reflect")
        smooth = functional.conv1d(padded, (weights / weights.sum())[None, None])
        values = smooth[:, 0].movedim(1, dim)
    return values


def levelled(values: Tensor) -> Tensor:
    """A map scaled to [0, 1]: nothing and below is 0, all but a few outliers keep their order."""
    top = values.flatten().quantile(1 - _OUTLIERS)
    if top <= 0:
        top = values.max()
    return (values / top.clamp_min(1e-12)).clamp(0, 1)


def coloured(values: Tensor) -> Tensor:
    """A map in [0, 1] as colours, 3×H×W in [0, 1]: the larger the lighter."""
    stops = values.new_tensor(_STOPS)
    at = values * (len(_STOPS) - 1)
    below = at.floor().clamp_max(len(_STOPS) - 2)
    first = below.long()
    mixed = torch.lerp(stops[first], stops[first + 1], (at - below)[..., None])
    return mixed.movedim(-1, 0)


def laid_over(photo: Tensor, values: Tensor) -> Tensor:
    """A map in [0, 1] over a photo of any size, 3×H×W: bright where it is strong."""
    large = functional.interpolate(
        values[None, None], photo.shape[1:], mode="bicubic", align_corners=False
    )[0, 0].clamp(0, 1)
    grey = photo.mean(0, keepdim=True)
    # A paler photo leaves the colours to the map.
    pale = 0.75 * torch.lerp(grey, photo, 0.45)
    return torch.lerp(pale, coloured(large), _COVER * large**0.8)


def drawing(signed: Tensor) -> Tensor:
    """A gradient, 3×H×W, as a drawing on grey: lighter where more light would help."""
    top = signed.abs().flatten().quantile(1 - _OUTLIERS).clamp_min(1e-12)
    return (0.5 + 0.5 * signed / top).clamp(0, 1)
