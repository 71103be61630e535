"""The losses of Gatys, as functions of tensors; pictures are 1×3×H×W, features 1×C×H×W."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from effects.gatys.fused import Covariance, GramLoss, TotalVariation, gram

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


def gram_loss(features: Tensor, wanted: Tensor) -> Tensor:
    """Squared distance of `gram(features)` from `wanted`, in units of its squared norm."""
    loss: Tensor = GramLoss.apply(features, wanted)  # type: ignore[no-untyped-call]
    return loss


def content_loss(given: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared distance of features in units of the wanted ones' mean square."""
    return (given - wanted).square().mean() / wanted.square().mean().clamp_min(1e-8)


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference of neighbours, down plus across."""
    loss: Tensor = TotalVariation.apply(picture)  # type: ignore[no-untyped-call]
    return loss


def overflow(picture: Tensor) -> Tensor:
    """Mean squared distance of values from [0, 1]."""
    return functional.mse_loss(picture, picture.detach().clamp(0, 1))


# Orthonormal: lightness, red–blue, green–purple. Eyes see grain in each at another level.
_OPPONENT = ((3**-0.5,) * 3, (2**-0.5, 0.0, -(2**-0.5)), (6**-0.5, -2 * 6**-0.5, 6**-0.5))
# Value, slopes down and across, curvatures down and across, of a pixel and its neighbours up,
# down, left and right.
_STENCILS = (
    (1, 0, 0, 0, 0),
    (0, -1, 1, 0, 0),
    (0, 0, 0, -1, 1),
    (2, -1, -1, 0, 0),
    (2, 0, 0, -1, -1),
)
# Half a step of an 8-bit picture: finer grain is not seen.
_FLOOR = (0.5 / 255) ** 2


def local_covariances(picture: Tensor, levels: int = 4) -> list[Tensor]:
    """Covariances, 15×15, of colours and their first and second differences, at `levels` scales.

    Channels: 3 opponent colours, then their slopes and curvatures, down and across. Every
    level has half the side of the one before; levels under 8 pixels are left out.
    """
    kernel = torch.kron(picture.new_tensor(_STENCILS), picture.new_tensor(_OPPONENT))
    found = []
    for _ in range(levels):
        found.append(Covariance.apply(picture, kernel))  # type: ignore[no-untyped-call]
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
    ours, theirs = _ascending(directions @ given), _ascending(directions @ wanted)
    if theirs.shape[1] != ours.shape[1]:
        theirs = functional.interpolate(
            theirs[None], ours.shape[1], mode="linear", align_corners=False
        )[0]
    return (ours - theirs).square().mean()


def _ascending(values: Tensor) -> Tensor:
    if values.device.type != "cpu":
        return values.sort(1).values
    # On a CPU numpy sorts several times faster than torch.
    order = np.argsort(values.detach().numpy(), axis=1)
    return values.gather(1, torch.from_numpy(order))


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
