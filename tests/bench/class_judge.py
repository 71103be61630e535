"""A judge of classes that no effect dreams with: SqueezeNet 1.0 (Iandola et al. 2016)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effects.pictures import to_tensor

SIDE = 227
# BGR, 0–255.
MEAN = (104.0, 117.0, 123.0)


class ClassJudge:
    """ImageNet's 1000 probabilities, 53 % of them right at once; weights from an .npz, OIHW."""

    def __init__(self, weights: Path) -> None:
        with np.load(weights) as arrays:
            self._arrays = {name: torch.from_numpy(arrays[name]).float() for name in arrays}

    @torch.no_grad()
    def probabilities(self, image: Image.Image) -> Tensor:
        """Of the whole picture, squeezed into a square."""
        square = image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        x = to_tensor(square).flip(1) * 255 - torch.tensor(MEAN).view(1, 3, 1, 1)
        x = _halved(self._conv(x, "conv1", stride=2))
        for n in range(2, 10):
            x = self._conv(x, f"fire{n}.conv1x1_1")
            wide = self._conv(x, f"fire{n}.conv3x3_2", padding=1)
            x = torch.cat([self._conv(x, f"fire{n}.conv1x1_2"), wide], 1)
            if n in (4, 8):
                x = _halved(x)
        return self._conv(x, "conv_final", padding=1).mean((2, 3)).softmax(1)[0]

    def _conv(self, x: Tensor, name: str, **how: int) -> Tensor:
        weight, bias = (self._arrays[f"{name}.{part}"] for part in ("weight", "bias"))
        return functional.conv2d(x, weight, bias, **how).relu()


def _halved(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, 2, ceil_mode=True)
