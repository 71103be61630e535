"""A judge of style that no effect is trained on: the lower half of VGG-19."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effects.gatys.losses import gram
from effects.gatys.pictures import to_tensor, working_size

SIDE = 384
CONVOLUTIONS = ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1")


class StyleJudge:
    """Relative distance of Gram matrices at relu1_1, relu2_1 and relu3_1, pictures at 384 px."""

    def __init__(self, weights: Path) -> None:
        arrays = np.load(weights)
        self._weights = {name: torch.from_numpy(arrays[name]).float() for name in arrays.files}

    def distance(self, image: Image.Image, artwork: Image.Image) -> float:
        """Mean over the layers of the distance in units of the artwork's norm."""
        pairs = zip(self._grams(image), self._grams(artwork), strict=True)
        return float(np.mean([float((ours - art).norm() / art.norm()) for ours, art in pairs]))

    @torch.no_grad()
    def _grams(self, image: Image.Image) -> list[Tensor]:
        size = working_size(image.size, SIDE)
        bgr = to_tensor(image.resize(size, Image.Resampling.LANCZOS)).flip(1)
        x = bgr * 255 - torch.tensor([103.94, 116.78, 123.68]).view(1, 3, 1, 1)
        found = []
        for name in CONVOLUTIONS:
            weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
            x = functional.relu(functional.conv2d(x, weight, bias, padding=1))
            if name.endswith("_1"):
                found.append(gram(x))
            else:
                x = functional.max_pool2d(x, 2)
        return found
