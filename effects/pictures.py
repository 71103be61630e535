"""Between pictures and tensors, for effects that compute with torch."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

__all__ = [
    "MIN_SIDE",
    "resize",
    "to_image",
    "to_tensor",
    "working_size",
]

# Below it the coarser layers of the networks see nothing.
MIN_SIDE = 32


def working_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height with the proportions of `size`, the longer being `side`.

    Very long pictures get longer still, so that their short side has `MIN_SIDE` pixels.
    """
    scale = max(side / max(size), MIN_SIDE / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def resize(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale to exactly `size`."""
    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS)


def to_tensor(image: Image.Image) -> Tensor:
    """An RGB picture as 1×3×H×W, float32 in [0, 1]."""
    array = np.asarray(image, dtype=np.float32) / 255
    return torch.from_numpy(array).permute(2, 0, 1)[None].contiguous()


def to_image(picture: Tensor) -> Image.Image:
    """A tensor 1×3×H×W as an RGB picture; values beyond [0, 1] are cut off."""
    pixels = picture.detach()[0].clamp(0, 1).mul(255).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy(), "RGB")
