"""What a training step sees: grey squares, hints, and the colours that belong there."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from effects.colorize.bins import share
from effects.colorize.lab import Array, grey, lightness, to_lab
from effects.colorize.network import HINT_STRIDE, STRIDE
from effects.training.ahead import ahead
from effects.training.photos import Photos

__all__ = ["THIN", "Batch", "batches", "chroma_of", "is_colourful"]

# A loss at every second position of each axis: neighbours have much the same to say.
THIN = 2
CLOSEST = 1.5
# Of a*, b* in hints.
HINT_SCALE = 100


class Batch(NamedTuple):
    """One step's."""

    grey: Tensor
    """N×1×S×S in [0, 1]."""
    hints: Tensor
    """N×3×S/8×S/8."""
    numbers: Tensor
    """N×P×P×4 bins of the true colours, at every second position from `corner` on."""
    shares: Tensor
    """N×P×P×4, adding up to 1."""
    corner: tuple[int, int]


def batches(
    photos: Photos, size: int, side: int, seed: int, first: int
) -> Generator[Batch, None, None]:
    """Endless, from step `first` on; each hangs on `seed` and the step's number alone."""

    def make(step: int) -> Batch:
        random = np.random.default_rng((seed, step))
        down, right = (int(each) for each in random.integers(THIN, size=2))
        greys, hints, colours = [], [], []
        for _ in range(size):
            crop = photos.draw(side, random, CLOSEST)
            chroma = chroma_of(crop, STRIDE)
            greys.append(old_grey(crop, random))
            hints.append(draw_hints(chroma, random))
            colours.append(chroma[down::THIN, right::THIN])
        numbers, shares = share(np.stack(colours))
        return Batch(
            torch.from_numpy(np.stack(greys))[:, None],
            torch.from_numpy(np.stack(hints)).permute(0, 3, 1, 2),
            torch.from_numpy(numbers),
            torch.from_numpy(shares),
            (down, right),
        )

    return ahead(make, first)


def chroma_of(pixels: npt.NDArray[np.uint8], stride: int) -> Array:
    """a*, b* of H×W×3 at H/stride×W/stride places."""
    photo = Image.fromarray(pixels)
    small = photo.reduce(stride)
    return np.ascontiguousarray(to_lab(np.asarray(small))[..., 1:])


def is_colourful(photo: Image.Image) -> bool:
    """Whether it can teach colour: neither grey nor of one tint."""
    small = photo.resize((32, 32), Image.Resampling.BOX)
    chroma = to_lab(np.asarray(small))[..., 1:].reshape(-1, 2)
    return bool(np.linalg.norm(chroma, axis=1).mean() > 4 and chroma.std(0).max() > 2)


def old_grey(pixels: npt.NDArray[np.uint8], random: np.random.Generator) -> Array:
    """H×W in [0, 1]: half of the time the lightness, else as another film, lens or print has it."""
    plain, spread, contrast, level, noise, blur, soft = random.random(7)
    weights = random.dirichlet((3.0, 5.9, 1.1)).astype(np.float32)
    if plain < 0.5:
        return grey(lightness(pixels))
    seen = pixels @ (weights / 255) if spread < 0.6 else grey(lightness(pixels))
    if blur < 0.3:
        whole = Image.fromarray((seen * 255).astype(np.uint8))
        seen = (
            np.asarray(whole.filter(ImageFilter.GaussianBlur(float(0.4 + soft))), np.float32) / 255
        )
    seen = 0.5 + (0.5 + 0.7 * contrast) * (seen - 0.5) + 0.2 * (level - 0.5)
    if noise < 0.5:
        seen = seen + random.normal(0, 0.12 * noise, seen.shape)
    return np.asarray(seen.clip(0, 1), np.float32)


def draw_hints(chroma: Array, random: np.random.Generator) -> Array:
    """H×W×3 at stride 8: half of the time empty, else some squares of one to three places whose
    colours are told.
    """
    ratio = HINT_STRIDE // STRIDE
    high, wide = chroma.shape[0] // ratio, chroma.shape[1] // ratio
    small = chroma.reshape(high, ratio, wide, ratio, 2).mean((1, 3))
    hints = np.zeros((high, wide, 3), np.float32)
    if random.random() < 0.5:
        return hints
    for _ in range(min(20, random.geometric(1 / 6))):
        size = int(random.integers(1, 4))
        top, left = (int(random.integers(0, side - size + 1)) for side in (high, wide))
        patch = np.s_[top : top + size, left : left + size]
        hints[patch][..., :2] = small[patch].mean((0, 1)) / HINT_SCALE
        hints[patch][..., 2] = 1
    return hints
