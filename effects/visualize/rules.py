"""Networks whose ReLUs let the gradient through by another rule than calculus gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from effects.backbones import Backbone

__all__ = ["deconvolving", "guided", "waking"]

Rectifier = Callable[[Tensor], Tensor]


def guided(net: Backbone) -> Backbone:
    """`net` for guided backpropagation (Springenberg 2015): the gradient passes where it is
    positive and the forward pass was not cut off; for ReLU6, which also cuts above, 0 < x < 6.
    """
    rectify = net.rectifier
    return net.with_rectifier(lambda x: _Positive.apply(rectify(x)))  # type: ignore[no-untyped-call]


def deconvolving(net: Backbone) -> Backbone:
    """`net` as a deconvnet (Zeiler & Fergus 2014): each ReLU rectifies the gradient itself.

    Max-pooling needs no rule: its gradient already goes to the position of the maximum, which
    is what the paper calls switches.
    """
    rectify = net.rectifier
    return net.with_rectifier(lambda x: _Straight.apply(rectify, x))  # type: ignore[no-untyped-call]


def waking(net: Backbone) -> Backbone:
    """`net` whose ReLUs pass the gradient whole where they would pass nothing of a picture's, so
    that a channel to which a picture means nothing yet can be woken (lucid).
    """
    rectify = net.rectifier
    return net.with_rectifier(lambda x: _Waking.apply(rectify, x))  # type: ignore[no-untyped-call]


class _Positive(Function):
    """Nothing forward; backward what is positive."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return grad.clamp_min(0)


class _Straight(Function):
    """A rectifier forward; backward what is positive, wherever the rectifier cut."""

    @staticmethod
    def forward(ctx: Any, rectify: Rectifier, x: Tensor) -> Tensor:
        # The rectifier may work in place, but this input is not its to change.
        return rectify(x.clone())

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
        return None, grad.clamp_min(0)


class _Waking(Function):
    """A rectifier forward; backward its own gradient, or if that is nothing, all that came."""

    @staticmethod
    def forward(ctx: Any, rectify: Rectifier, x: Tensor) -> Tensor:
        rectified = rectify(x.clone())
        ctx.save_for_backward((rectified == x) & (rectified != 0))
        return rectified

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor]:
        (passing,) = ctx.saved_tensors
        own = grad * passing
        asleep = own.flatten(1).abs().amax(1) == 0
        return None, torch.where(asleep.view(-1, *[1] * (grad.dim() - 1)), grad, own)
