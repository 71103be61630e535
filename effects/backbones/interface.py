"""What every backbone offers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

__all__ = ["Backbone", "Tap"]

# Every stride so far divides it, and a run takes milliseconds.
_SMALL = 64


class Tap(NamedTuple):
    """The form of one layer's activation."""

    channels: int
    stride: int
    """How many pixels of the picture lie between two neighbouring positions."""


class Backbone(nn.Module):
    """A frozen network whose activations can be tapped by name.

    It takes RGB pictures in [0, 1], float32, N×3×H×W, and does its own preprocessing.
    """

    layers: tuple[str, ...]
    """Names of all layers, in the order in which they are computed."""
    rectifier: Callable[[Tensor], Tensor]
    """What follows each convolution that has a nonlinearity; it may work in place."""

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation, computing one only when it is asked for."""
        raise NotImplementedError

    def classify(self, last: Tensor) -> Tensor:
        """Scores of ImageNet's 1000 classes before softmax, from the last layer's activation."""
        raise NotImplementedError

    def with_rectifier(self, rectifier: Callable[[Tensor], Tensor]) -> Self:
        """This network with another rectifier, one with another gradient for example.

        It shares all weights; the network itself stays as it is, for whoever uses it meanwhile.
        """
        twin = copy.copy(self)
        twin.rectifier = rectifier
        return twin

    def features(self, x: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
        """The activations of `layers` for pictures `x`; nothing beyond the last is computed."""
        if unknown := set(layers) - set(self.layers):
            raise ValueError(
                f"no layer {sorted(unknown)[0]!r}; layers are {', '.join(self.layers)}"
            )
        found: dict[str, Tensor] = {}
        steps = self.walk(x)
        while len(found) < len(set(layers)):
            name, activation = next(steps)
            if name in layers:
                found[name] = activation
        return found

    def logits(self, x: Tensor) -> Tensor:
        """Class scores before softmax, N×1000; all were trained on squares of 224 pixels."""
        last = self.layers[-1]
        return self.classify(self.features(x, [last])[last])

    @cached_property
    def taps(self) -> Mapping[str, Tap]:
        """Channels and stride of every layer, in order."""
        weight = next(self.parameters())
        with torch.no_grad():
            blank = torch.zeros(1, 3, _SMALL, _SMALL, device=weight.device)
            return {name: Tap(x.shape[1], _SMALL // x.shape[3]) for name, x in self.walk(blank)}
