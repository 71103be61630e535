"""Frozen feature networks behind one interface: named layers, stop-at, class scores.

A backbone takes RGB pictures in [0, 1], float32, N×3×H×W, and does its own preprocessing.
"""

from __future__ import annotations

from collections.abc import Callable

from effects.backbones.inception import GoogLeNet
from effects.backbones.interface import Backbone, Tap
from effects.backbones.lite import EfficientNetLite0
from effects.backbones.vgg import VGG19
from effects.spec import Weights

__all__ = [
    "VGG19",
    "Backbone",
    "Backbones",
    "EfficientNetLite0",
    "GoogLeNet",
    "Tap",
    "efficientnet_lite0",
    "googlenet",
    "load",
    "vgg19",
]


def efficientnet_lite0(weights: Weights, device: str) -> EfficientNetLite0:
    """EfficientNet-Lite0 on `device`; raises `WeightsMissing`."""
    return EfficientNetLite0(weights.path("efficientnet_lite0")).to(device)


def vgg19(weights: Weights, device: str) -> VGG19:
    """VGG-19 on `device`; raises `WeightsMissing`."""
    return VGG19(weights.path("vgg19")).to(device)


def googlenet(weights: Weights, device: str) -> GoogLeNet:
    """GoogLeNet on `device`; raises `WeightsMissing`."""
    return GoogLeNet(weights.path("googlenet")).to(device)


_BY_NAME: dict[str, Callable[[Weights, str], Backbone]] = {
    "lite0": efficientnet_lite0,
    "vgg19": vgg19,
    "googlenet": googlenet,
}


def load(name: str, weights: Weights, device: str) -> Backbone:
    """The backbone `name`, "lite0", "vgg19" or "googlenet", on `device`.

    Raises `WeightsMissing`.
    """
    return _BY_NAME[name](weights, device)


class Backbones:
    """Those of one effect on one device: lite0 at once, the others when first asked for."""

    def __init__(self, weights: Weights, device: str) -> None:
        """Raises `WeightsMissing`."""
        self._weights, self._device = weights, device
        self._loaded = {"lite0": load("lite0", weights, device)}

    def __getitem__(self, name: str) -> Backbone:
        """See `load`."""
        if name not in self._loaded:
            self._loaded[name] = load(name, self._weights, self._device)
        return self._loaded[name]

    def clear(self) -> None:
        """Forget them."""
        self._loaded.clear()
