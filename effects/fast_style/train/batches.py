"""Batches by number, made ahead of their time."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from effects.training.ahead import ahead
from effects.training.photos import Photos

__all__ = ["Batch", "batches"]


class Batch(NamedTuple):
    """What one step works on."""

    photos: Tensor
    """N×3×H×W in [0, 1]."""
    styles: list[int]
    """One for each photo; all different while there are enough."""
    generator: torch.Generator
    """For all that is random in the step."""


def batches(
    photos: Photos, styles: int, size: int, side: int, seed: int, first: int
) -> Generator[Batch, None, None]:
    """Endless, from step `first` on; each hangs on `seed` and the step's number alone."""

    def make(step: int) -> Batch:
        random = np.random.default_rng((seed, step))
        order = random.permutation(styles).tolist()
        picked = [order[n % styles] for n in range(size)]
        crops = np.stack([photos.draw(side, random) for _ in range(size)])
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        return Batch(torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255, picked, generator)

    return ahead(make, first)
