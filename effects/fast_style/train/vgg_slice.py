"""The lower part of VGG-19 as its authors published it, to train or to judge with."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.backbones import Backbone
from effects.errors import WeightsMissing

__all__ = ["VGG19Slice"]

# BGR, 0–255.
_MEAN = (103.94, 116.78, 123.68)


class VGG19Slice(Backbone):
    """VGG-19 up to relu3_1 (Simonyan & Zisserman 2014), CC BY 4.0.

    Loads an .npz with `conv1_1.weight`, `conv1_1.bias` … `conv3_1.bias`, OIHW, for BGR pictures.
    """

    layers = ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1")
    mean: Tensor

    def __init__(self, weights_file: Path) -> None:
        super().__init__()
        try:
            with np.load(weights_file) as arrays:
                self.convolutions = nn.ModuleList(
                    _convolution(arrays, name.replace("relu", "conv")) for name in self.layers
                )
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise WeightsMissing(
                f"{weights_file} is not the .npz of VGG-19 up to conv3_1", path=str(weights_file)
            ) from error
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.eval().requires_grad_(False)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation."""
        x = x.flip(1) * 255 - self.mean
        for name, convolution in zip(self.layers, self.convolutions, strict=True):
            if name in ("relu2_1", "relu3_1"):
                x = functional.max_pool2d(x, 2)
            x = functional.relu(convolution(x), inplace=True)
            yield name, x


def _convolution(arrays: np.lib.npyio.NpzFile, name: str) -> nn.Conv2d:
    weight, bias = (
        torch.from_numpy(arrays[f"{name}.{part}"]).float() for part in ("weight", "bias")
    )
    convolution = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
    convolution.load_state_dict({"weight": weight, "bias": bias})
    return convolution
