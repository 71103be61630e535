"""EfficientNet-Lite0 (Tan & Le 2019), bundled by a package."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from effects.backbones.interface import Backbone
from effects.backbones.state import freeze, load_state, read_state

__all__ = ["EfficientNetLite0"]


class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0 (Tan & Le 2019) trained on ImageNet's 1000 classes.

    Layers: `stem`; `block<n>.expand`, `block<n>.depthwise` (after ReLU6) and `block<n>` (the
    block's output, linear) for n from 0 to 15, block 0 without expansion; `head`.
    Batch normalisation is folded into the convolutions.
    """

    def __init__(self, weights_file: str) -> None:
        super().__init__()
        self.rectifier = _relu6
        # Without a fixed picture size the wheel pads by TensorFlow's "same" rule at any size.
        net = EfficientNet.from_name("efficientnet-lite0", image_size=None)
        load_state(net, read_state(weights_file), weights_file)
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
        freeze(self)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """Yield each layer's name and activation."""
        x = x * (255 / 128) - 127 / 128
        x = self.rectifier(self.stem(x))
        yield "stem", x
        for n, block in enumerate(self.blocks):
            before = x
            if block.expand is not None:
                x = self.rectifier(block.expand(x))
                yield f"block{n}.expand", x
            x = self.rectifier(block.depthwise(x))
            yield f"block{n}.depthwise", x
            x = block.project(x)
            x = x + before if block.skip else x
            yield f"block{n}", x
        yield "head", self.rectifier(self.head(x))

    def turned(self) -> EfficientNetLite0:
        """A network that makes of pictures turned by 180° what this one makes of upright ones,
        turned too, in three quarters of the time.

        TensorFlow pads an even side less before than after. Seen from behind that is what a
        convolution's own padding does, and no padded copies need be made.
        """
        twin = copy.deepcopy(self)
        for conv in twin.modules():
            if isinstance(conv, _Same):
                conv.weight = nn.Parameter(conv.weight.flip(2, 3), requires_grad=False)
                conv.is_turned = True
        return twin

    def classify(self, last: Tensor) -> Tensor:
        """Class scores before softmax, N×1000."""
        scores: Tensor = self.classifier(last.mean((2, 3)))
        return scores


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

    is_turned = False
    """Whether pictures come turned by 180°."""

    def forward(self, x: Tensor) -> Tensor:
        # At stride 2 an even side is padded by one less before than after.
        down, right = (self.stride[0] == 2 and int(side) % 2 == 0 for side in x.shape[2:])
        if self.is_turned or not (down or right):
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
