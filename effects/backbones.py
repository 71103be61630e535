"""Frozen feature networks with named layers.

A backbone takes RGB pictures in [0, 1], float32, N×3×H×W of any size, and does its own
preprocessing. `features` runs no further than the last layer asked for.
"""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import Any

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from effects.errors import WeightsMissing
from effects.spec import Weights

__all__ = ["VGG19", "Backbone", "EfficientNetLite0", "efficientnet_lite0", "vgg19"]


class Backbone(nn.Module):
    """A network whose activations can be tapped by name."""

    layers: tuple[str, ...]
    """Names of all layers, in the order in which they are computed."""

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation, computing one only when it is asked for."""
        raise NotImplementedError

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


class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0 (Tan & Le 2019) trained on ImageNet's 1000 classes.

    Layers: `stem`; `block<n>.expand`, `block<n>.depthwise` (after ReLU6) and `block<n>` (the
    block's output, linear) for n from 0 to 15, block 0 without expansion; `head`.
    Batch normalisation is folded into the convolutions.
    """

    def __init__(self, weights_file: str) -> None:
        super().__init__()
        # Without a fixed picture size the wheel pads by TensorFlow's "same" rule at any size.
        net = EfficientNet.from_name("efficientnet-lite0", image_size=None)
        _load_state(net, _read_state(weights_file), weights_file)
        net.eval()
        self.stem = _fold(net._conv_stem, net._bn0)
        self.blocks = [_Block(block) for block in net._blocks]
        self.trunk = nn.ModuleList(self.blocks)
        self.head = _fold(net._conv_head, net._bn1)
        self.classifier: nn.Linear = net._fc
        names = ["stem"]
        for n, block in enumerate(self.blocks):
            taps = (".depthwise", "") if block.expand is None else (".expand", ".depthwise", "")
            names += [f"block{n}{tap}" for tap in taps]
        self.layers = (*names, "head")
        _freeze(self)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation."""
        x = x * (255 / 128) - 127 / 128
        x = _relu6(self.stem(x))
        yield "stem", x
        for n, block in enumerate(self.blocks):
            before = x
            if block.expand is not None:
                x = _relu6(block.expand(x))
                yield f"block{n}.expand", x
            x = _relu6(block.depthwise(x))
            yield f"block{n}.depthwise", x
            x = block.project(x)
            x = x + before if block.skip else x
            yield f"block{n}", x
        yield "head", _relu6(self.head(x))

    def logits(self, x: Tensor) -> Tensor:
        """Class scores before softmax, N×1000; trained on squares of 224 pixels."""
        pooled = self.features(x, ["head"])["head"].mean((2, 3))
        logits: Tensor = self.classifier(pooled)
        return logits


class _ReLU6(Function):
    """ReLU6 in place: torch's own keeps a copy of its input for the gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.mark_dirty(x)
        x.clamp_(0, 6)
        ctx.save_for_backward(x)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        # Where the result is 0 or 6, the input was not between them.
        passed: Tensor = torch.ops.aten.hardtanh_backward(grad, x, 0.0, 6.0)
        return passed


def _relu6(x: Tensor) -> Tensor:
    clipped: Tensor = _ReLU6.apply(x)  # type: ignore[no-untyped-call]
    return clipped


class _Block(nn.Module):
    """The convolutions of one inverted bottleneck, batch normalisation folded in."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        part = dict(block.named_children())
        self.expand = _fold(part["_expand_conv"], part["_bn0"]) if "_bn0" in part else None
        self.depthwise = _fold(part["_depthwise_conv"], part["_bn1"])
        self.project = _fold(part["_project_conv"], part["_bn2"])
        self.skip = (
            self.depthwise.stride == (1, 1)
            and self.project.out_channels == (self.expand or self.depthwise).in_channels
        )


class _Same(nn.Conv2d):
    """A convolution with an odd kernel, padded by TensorFlow's "same" rule at any size."""

    def forward(self, x: Tensor) -> Tensor:
        # At stride 2 an even side is padded by one less before than after.
        down, right = (self.stride[0] == 2 and side % 2 == 0 for side in x.shape[2:])
        if not (down or right):
            return super().forward(x)
        reach = self.kernel_size[0] // 2
        x = functional.pad(x, (reach - right, reach, reach - down, reach))
        return functional.conv2d(x, self.weight, self.bias, self.stride, groups=self.groups)


def _fold(conv: nn.Module, norm: nn.Module) -> nn.Conv2d:
    """One convolution that does the work of `conv` and then `norm`."""
    if not (isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)):
        raise TypeError(f"expected a convolution and its norm, not {conv} and {norm}")
    folded = fuse_conv_bn_eval(conv, norm)
    reach = folded.weight.shape[2] // 2
    same = _Same(
        conv.in_channels,
        conv.out_channels,
        2 * reach + 1,
        conv.stride[0],
        reach,
        groups=conv.groups,
    )
    same.weight, same.bias = folded.weight, folded.bias
    return same


_VGG19_WIDTHS = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4)


class VGG19(Backbone):
    """The convolutions of VGG-19 (Simonyan & Zisserman 2014), layers `relu1_1` to `relu5_4`.

    Loads the state dict that torchvision publishes as IMAGENET1K_V1. Pictures must be at
    least 16 pixels on each side to reach `relu5_1`.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, weights_file: str) -> None:
        super().__init__()
        widths = [3, *(width for stage in _VGG19_WIDTHS for width in stage)]
        # Without memory until the weights are there: starting values would be thrown away.
        with torch.device("meta"):
            self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        state = _read_state(weights_file)
        # torchvision numbers convolutions, ReLUs and poolings in one sequence.
        at, n, renamed = 0, 0, {}
        names = []
        for stage, stage_widths in enumerate(_VGG19_WIDTHS, start=1):
            for index in range(1, len(stage_widths) + 1):
                for part in ("weight", "bias"):
                    if (key := f"features.{at}.{part}") in state:
                        renamed[f"convs.{n}.{part}"] = state[key]
                names.append(f"relu{stage}_{index}")
                at, n = at + 2, n + 1
            at += 1
        self.layers = tuple(names)
        _load_state(self, renamed, weights_file)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))
        _freeze(self)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation."""
        x = (x - self.mean) / self.std
        for name, conv in zip(self.layers, self.convs, strict=True):
            if name.endswith("_1") and name != "relu1_1":
                x = functional.max_pool2d(x, 2)
            x = functional.relu(conv(x), inplace=True)
            yield name, x


def efficientnet_lite0(weights: Weights, device: str) -> EfficientNetLite0:
    """EfficientNet-Lite0 on `device`; raises `WeightsMissing`."""
    return EfficientNetLite0(weights.path("efficientnet_lite0")).to(device)


def vgg19(weights: Weights, device: str) -> VGG19:
    """VGG-19 on `device`; raises `WeightsMissing`."""
    return VGG19(weights.path("vgg19")).to(device)


def _freeze(net: nn.Module) -> None:
    net.eval().requires_grad_(False)


def _read_state(path: str) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        raise _unusable(path) from error
    if not isinstance(state, dict):
        raise _unusable(path)
    return state


def _load_state(net: nn.Module, state: dict[str, Tensor], path: str) -> None:
    try:
        net.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise _unusable(path) from error


def _unusable(path: str) -> WeightsMissing:
    return WeightsMissing(
        f"the weights file {path} is damaged or not the one that is needed; "
        "delete it and fetch it again",
        path=path,
    )
