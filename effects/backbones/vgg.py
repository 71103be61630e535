"""VGG-19 (Simonyan & Zisserman 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.backbones.interface import Backbone
from effects.backbones.state import freeze, load_state, read_state

__all__ = ["VGG19"]

_WIDTHS = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4)


class VGG19(Backbone):
    """VGG-19 trained on ImageNet's 1000 classes, layers `relu1_1` to `relu5_4`.

    Loads the state dict that torchvision publishes as IMAGENET1K_V1. Pictures must be at
    least 16 pixels on each side to reach `relu5_1`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, weights_file: str) -> None:
        super().__init__()
        self._file = weights_file
        self.rectifier = _relu
        widths = [3, *(width for stage in _WIDTHS for width in stage)]
        # Without memory until the weights are there: starting values would be thrown away.
        with torch.device("meta"):
            self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        state = read_state(weights_file)
        # torchvision numbers convolutions, ReLUs and poolings in one sequence.
        at, n, renamed = 0, 0, {}
        names = []
        for stage, stage_widths in enumerate(_WIDTHS, start=1):
            for index in range(1, len(stage_widths) + 1):
                for part in ("weight", "bias"):
                    if (key := f"features.{at}.{part}") in state:
                        renamed[f"convs.{n}.{part}"] = state[key]
                names.append(f"relu{stage}_{index}")
                at, n = at + 2, n + 1
            at += 1
        self.layers = tuple(names)
        load_state(self, renamed, weights_file)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        freeze(self)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation."""
        x = (x - self.mean) / self.std
        for name, conv in zip(self.layers, self.convs, strict=True):
            if name.endswith("_1") and name != "relu1_1":
                x = functional.max_pool2d(x, 2)
            x = self.rectifier(conv(x))
            yield name, x

    def classify(self, last: Tensor) -> Tensor:
        """Class scores before softmax, N×1000."""
        x = functional.adaptive_avg_pool2d(functional.max_pool2d(last, 2), 7).flatten(1)
        first, second, third = self.classifier
        scores: Tensor = third(self.rectifier(second(self.rectifier(first(x)))))
        return scores

    @cached_property
    def classifier(self) -> nn.ModuleList:
        """The three linear layers, read when first asked for: six sevenths of the file."""
        with torch.device("meta"):
            layers = [nn.Linear(25088, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)]
        # torchvision's sequence has a ReLU and a dropout after each of the first two.
        net = nn.ModuleDict({str(3 * n): layer for n, layer in enumerate(layers)})
        prefix = "classifier."
        state = {
            key.removeprefix(prefix): value
            for key, value in read_state(self._file).items()
            if key.startswith(prefix)
        }
        load_state(net, state, self._file)
        freeze(net)
        return nn.ModuleList(net.to(self.mean.device).values())


def _relu(x: Tensor) -> Tensor:
    return functional.relu(x, inplace=True)
