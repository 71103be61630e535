"""GoogLeNet (Szegedy et al. 2014), as torchvision publishes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from effects.backbones.interface import Backbone
from effects.backbones.state import freeze, load_state, read_state, unusable

__all__ = ["GoogLeNet"]

_EPS = 1e-3
# Channels in; out of branch 1; reduced and out of branches 2 and 3; out of branch 4
# (Szegedy et al. 2014, table 1).
_INCEPTIONS = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}
# The layers before which the activation is halved, and over how many positions.
_POOLED = {"conv2": 3, "inception3a": 3, "inception4a": 3, "inception5a": 2}


class GoogLeNet(Backbone):
    """GoogLeNet trained on ImageNet's 1000 classes, layers `conv1`-`conv3`, `inception3a`-`5b`.

    Loads the state dict that torchvision publishes as IMAGENET1K_V1; batch normalisation is
    folded into the convolutions. Pictures must be at least 15 pixels on each side.
    """

    def __init__(self, weights_file: str) -> None:
        super().__init__()
        self.rectifier = _relu
        # Without memory until the weights are there: starting values would be thrown away.
        with torch.device("meta"):
            self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3)
            self.conv2 = nn.Conv2d(64, 64, 1)
            self.conv3 = nn.Conv2d(64, 192, 3, padding=1)
            for name, widths in _INCEPTIONS.items():
                self.add_module(name, _Inception(*widths))
            self.classifier = nn.Linear(1024, 1000)
        self.layers = ("conv1", "conv2", "conv3", *_INCEPTIONS)
        state = read_state(weights_file)
        try:
            self._take(state, weights_file)
        except (KeyError, RuntimeError) as error:
            raise unusable(weights_file) from error
        freeze(self)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation."""
        # torchvision's normalisation, then its `transform_input`: together no more than this.
        x = 2 * x - 1
        for name in self.layers:
            part = self.get_submodule(name)
            if name in _POOLED:
                x = functional.max_pool2d(x, _POOLED[name], 2, ceil_mode=True)
            inception = isinstance(part, _Inception)
            x = part(x, self.rectifier) if inception else self.rectifier(part(x))
            yield name, x

    def classify(self, last: Tensor) -> Tensor:
        """Class scores before softmax, N×1000."""
        scores: Tensor = self.classifier(last.mean((2, 3)))
        return scores

    def _take(self, state: dict[str, Tensor], path: str) -> None:
        """Fold and rename the published tensors; the auxiliary classifiers are left out."""
        taken = {f"classifier.{part}": state[f"fc.{part}"] for part in ("weight", "bias")}
        for name, conv in self.named_modules():
            if isinstance(conv, nn.Conv2d):
                weight = state[f"{name}.conv.weight"]
                mean, variance = (state[f"{name}.bn.running_{part}"] for part in ("mean", "var"))
                scale, shift = state[f"{name}.bn.weight"], state[f"{name}.bn.bias"]
                taken[f"{name}.weight"], taken[f"{name}.bias"] = fuse_conv_bn_weights(
                    weight, None, mean, variance, _EPS, scale, shift
                )
        load_state(self, taken, path)


class _Inception(nn.Module):
    """Four branches side by side, their channels in a row. Modules are named as published."""

    def __init__(
        self, width: int, one: int, reduce3: int, three: int, reduce5: int, five: int, pooled: int
    ) -> None:
        super().__init__()
        self.branch1 = nn.Conv2d(width, one, 1)
        self.branch2 = nn.Sequential(
            nn.Conv2d(width, reduce3, 1), nn.Conv2d(reduce3, three, 3, padding=1)
        )
        # The paper's 5×5 convolution is a 3×3 one in the published network.
        self.branch3 = nn.Sequential(
            nn.Conv2d(width, reduce5, 1), nn.Conv2d(reduce5, five, 3, padding=1)
        )
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, padding=1), nn.Conv2d(width, pooled, 1))

    def forward(self, x: Tensor, rectifier: Callable[[Tensor], Tensor]) -> Tensor:
        """Each branch's activation, after ReLU."""
        branches = [self.branch1(x)]
        for reduce, conv in (self.branch2, self.branch3):
            branches.append(conv(rectifier(reduce(x))))
        branches.append(self.branch4(x))
        return rectifier(torch.cat(branches, 1))


def _relu(x: Tensor) -> Tensor:
    return functional.relu(x, inplace=True)
