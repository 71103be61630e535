"""Gradients of a score with respect to the picture."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Score", "mean_slope", "slope", "strongest"]

Score = Callable[[Tensor], Tensor]
"""A number for each of the pictures N×3×H×W."""

# Pixels by which copies are moved at most.
SHIFT = 4


def slope(score: Score, pictures: Tensor) -> Tensor:
    """The gradient of each picture's own score, N×3×H×W."""
    seen = pictures.detach().clone().requires_grad_()
    (found,) = torch.autograd.grad(score(seen).sum(), seen)
    return found


def mean_slope(
    score: Score,
    picture: Tensor,
    generator: torch.Generator,
    samples: int,
    on_step: Callable[[int], None],
    noise: float = 0.1,
) -> Tensor:
    """The gradient's mean over noisy copies of a picture 1×3×H×W (SmoothGrad, Smilkov 2017).

    What a single gradient owes to chance cancels out, and since the copies are moved by a few
    pixels, so does the grid of the network's strided layers. The first copy is the picture
    itself; `noise` is the others' deviation. `on_step(done)` is called after each.
    """
    total = slope(score, picture)
    on_step(1)
    for done in range(2, samples + 1):
        drawn = torch.randn(picture.shape, generator=generator).to(picture)
        down, right = torch.randint(2 * SHIFT + 1, (2,), generator=generator).tolist()
        total += slope(_of_moved(score, down, right), picture + noise * drawn)
        on_step(done)
    return total / samples


def _of_moved(score: Score, down: int, right: int) -> Score:
    """The score of pictures moved by up to `SHIFT` pixels either way; borders are reflected."""

    def of_moved(pictures: Tensor) -> Tensor:
        height, width = pictures.shape[2:]
        padded = functional.pad(pictures, (SHIFT,) * 4, mode="reflect")
        return score(padded[:, :, down : down + height, right : right + width])

    return of_moved


def strongest(gradient: Tensor) -> Tensor:
    """Of a gradient 1×3×H×W the largest size over the colours, H×W (Simonyan 2014, 3.1)."""
    return gradient[0].abs().amax(0)
