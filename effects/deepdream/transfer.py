"""The way back through a network, damped where it leads to what this network alone sees.

A picture that follows the plain gradient of one network's class tells other networks little.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from effects.backbones import Backbone

__all__ = ["last_features", "leaking"]

# What comes through a rectifier where it cut to 0.
LEAK = 0.1
# What comes through the branch of a residual block, beside all that comes through its skip.
BRANCH = 0.3


def leaking(net: Backbone) -> Backbone:
    """`net` whose rectifiers pass the gradient whole wherever they are above 0, also where they
    cut at 6, and `LEAK` of it elsewhere (after Guo, Li & Chen 2020, linear backpropagation).
    """
    rectify = net.rectifier
    return net.with_rectifier(lambda x: _Leaking.apply(rectify, x))  # type: ignore[no-untyped-call]


def last_features(net: Backbone, picture: Tensor) -> Tensor:
    """The last layer's; the gradient of residual branches is damped (Wu et al. 2020, skip gradient
    method). A block without a skip has its gradient scaled, which turns it nowhere.
    """
    for name, features in net.walk(picture):
        if name.endswith(".depthwise"):
            features.register_hook(lambda gradient: BRANCH * gradient)  # type: ignore[no-untyped-call]
    return features


class _Leaking(Function):
    """A rectifier forward."""

    @staticmethod
    def forward(ctx: Any, rectify: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        # The rectifier may work in place, but this input is not its to change.
        rectified = rectify(x.clone())
        ctx.save_for_backward(rectified)
        return rectified

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
        (rectified,) = ctx.saved_tensors
        return None, torch.ops.aten.leaky_relu_backward(grad, rectified, LEAK, True)
