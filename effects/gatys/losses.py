"""The losses of Gatys, as functions of tensors; pictures are 1×3×H×W, features 1×C×H×W."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "Moments",
    "content_loss",
    "grain_loss",
    "gram",
    "gram_loss",
    "local_moments",
    "overflow",
    "palette",
    "palette_loss",
    "tone",
    "tone_loss",
    "total_variation",
]


class Moments(NamedTuple):
    """Mean (C) and covariance (C×C) over all positions."""

    mean: Tensor
    covariance: Tensor


def gram(features: Tensor) -> Tensor:
    """The Gram matrix, C×C, divided by the number of positions (Gatys et al. 2015, eq. 3)."""
    flat = features[0].flatten(1)
    return flat @ flat.T / flat.shape[1]


def gram_loss(given: Tensor, wanted: Tensor) -> Tensor:
    """Squared distance of two Gram matrices in units of the wanted one's squared norm."""
    return (given - wanted).square().sum() / wanted.square().sum().clamp_min(1e-8)


def content_loss(given: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared distance of features in units of the wanted ones' mean square."""
    return (given - wanted).square().mean() / wanted.square().mean().clamp_min(1e-8)


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference of neighbours, down plus across."""
    down, across = picture.diff(dim=2), picture.diff(dim=3)
    return down.square().mean() + across.square().mean()


def overflow(picture: Tensor) -> Tensor:
    """Mean squared distance of values from [0, 1]."""
    return (picture - picture.clamp(0, 1)).square().mean()


# Orthonormal: lightness, red–blue, green–purple. Eyes see grain in each at another level.
_OPPONENT = ((3**-0.5,) * 3, (2**-0.5, 0.0, -(2**-0.5)), (6**-0.5, -2 * 6**-0.5, 6**-0.5))
# Half a step of an 8-bit picture: below it, style has no grain to be matched.
_FLOOR = (0.5 / 255) ** 2


def local_moments(picture: Tensor, levels: int = 4) -> list[Moments]:
    """Moments of opponent colours and their first and second differences, at `levels` scales.

    Channels: 3 colours, then each one's slope and curvature, down and across (15 in all).
    Every level has half the side of the one before; levels under 8 pixels are left out.
    """
    colours = torch.einsum("oc,nchw->nohw", picture.new_tensor(_OPPONENT), picture)
    found = []
    for _ in range(levels):
        middle = colours[:, :, 1:-1, 1:-1]
        up, down = colours[:, :, :-2, 1:-1], colours[:, :, 2:, 1:-1]
        left, right = colours[:, :, 1:-1, :-2], colours[:, :, 1:-1, 2:]
        curves = (2 * middle - up - down, 2 * middle - left - right)
        flat = torch.cat([middle, down - up, right - left, *curves], 1)[0].flatten(1)
        mean = flat.mean(1)
        flat = flat - mean[:, None]
        found.append(Moments(mean, flat @ flat.T / flat.shape[1]))
        if min(colours.shape[2:]) < 16:
            break
        colours = functional.avg_pool2d(colours, 2)
    return found


def grain_loss(given: list[Moments], wanted: list[Moments]) -> Tensor:
    """Mean squared distance of local moments, each channel in units of the wanted deviation.

    Since each channel counts alike, fine grain in colour that the style lacks costs as much
    as a wrong lightness: this is what keeps the network's grain and grid out.
    """
    total = given[0].mean.new_zeros(())
    levels = list(zip(given, wanted, strict=False))
    for (mean, covariance), (wanted_mean, wanted_covariance) in levels:
        deviation = (wanted_covariance.diagonal() + _FLOOR).sqrt()
        relative = (covariance - wanted_covariance) / (deviation[:, None] * deviation)
        total = total + relative.square().mean()
        total = total + ((mean - wanted_mean) / deviation).square().mean()
    return total / len(levels)


def palette(picture: Tensor) -> Tensor:
    """The colours of a picture as 3×N, averaged over squares of 4 pixels."""
    pooled = functional.avg_pool2d(picture, 4) if min(picture.shape[2:]) >= 16 else picture
    return pooled[0].flatten(1)


def palette_loss(given: Tensor, wanted: Tensor, directions: Tensor) -> Tensor:
    """Sliced Wasserstein-2 distance, squared, of two sets of colours 3×N and 3×M.

    `directions` are K×3 of unit length (Heitz et al. 2021, "A sliced Wasserstein loss for
    neural texture synthesis").
    """
    ours = (directions @ given).sort(1).values
    theirs = (directions @ wanted).sort(1).values
    if theirs.shape[1] != ours.shape[1]:
        theirs = functional.interpolate(
            theirs[None], ours.shape[1], mode="linear", align_corners=False
        )[0]
    return (ours - theirs).square().mean()


def tone(picture: Tensor) -> Tensor:
    """Where a picture is light and where dark: grey, coarse, mean 0 and deviation 1."""
    grey = picture.mean(1, keepdim=True)
    side = max(1, min(grey.shape[2:]) // 32)
    coarse = functional.avg_pool2d(grey, side)
    centred = coarse - coarse.mean()
    return centred / centred.square().mean().add(1e-4).sqrt()


def tone_loss(given: Tensor, wanted: Tensor) -> Tensor:
    """One minus the correlation of two tones: free to change in contrast and in mean."""
    return 1 - (given * wanted).mean()
