"""The losses of Gatys, as functions of tensors; pictures are 1×3×H×W, features 1×C×H×W."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "content_loss",
    "grain_loss",
    "gram",
    "gram_loss",
    "local_covariances",
    "overflow",
    "palette",
    "palette_loss",
    "tone",
    "tone_loss",
    "total_variation",
]


def gram(features: Tensor) -> Tensor:
    """The Gram matrix, C×C, divided by the number of positions (Gatys et al. 2015, eq. 3)."""
    # Positions first: a view, not a copy, where features lie channels last.
    flat = features[0].permute(1, 2, 0).flatten(0, 1)
    return flat.T @ flat / flat.shape[0]


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
# Value, slopes down and across, curvatures down and across.
_STENCILS = (
    ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    ((0, -1, 0), (0, 0, 0), (0, 1, 0)),
    ((0, 0, 0), (-1, 0, 1), (0, 0, 0)),
    ((0, -1, 0), (0, 2, 0), (0, -1, 0)),
    ((0, 0, 0), (-1, 2, -1), (0, 0, 0)),
)
# Half a step of an 8-bit picture: finer grain is not seen.
_FLOOR = (0.5 / 255) ** 2


def local_covariances(picture: Tensor, levels: int = 4) -> list[Tensor]:
    """Covariances, 15×15, of colours and their first and second differences, at `levels` scales.

    Channels: 3 opponent colours, then their slopes and curvatures, down and across. Every
    level has half the side of the one before; levels under 8 pixels are left out.
    """
    opponent, stencils = picture.new_tensor(_OPPONENT), picture.new_tensor(_STENCILS)
    kernel = torch.einsum("oc,shw->sochw", opponent, stencils).flatten(0, 1)
    found = []
    for _ in range(levels):
        flat = functional.conv2d(picture, kernel)[0].flatten(1)
        mean = flat.mean(1)
        found.append(flat @ flat.T / flat.shape[1] - torch.outer(mean, mean))
        if min(picture.shape[2:]) < 16:
            break
        picture = functional.avg_pool2d(picture, 2)
    return found


def grain_loss(given: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """Mean squared distance of local covariances, each channel in units of its deviations.

    The units are those of both pictures together, so that no loss is above 1. Since each
    channel counts alike, fine grain in colour that the style lacks costs as much as a wrong
    contrast: this is what keeps the network's grain and grid out.
    """
    levels = []
    for ours, theirs in zip(given, wanted, strict=False):
        deviation = ((ours + theirs).diagonal().clamp_min(0) + _FLOOR).sqrt()
        levels.append(((ours - theirs) / torch.outer(deviation, deviation)).square().mean())
    return torch.stack(levels).mean()


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
