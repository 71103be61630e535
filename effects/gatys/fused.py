"""Losses with gradients written out, where autograd's own would copy large tensors about."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

__all__ = ["Covariance", "GramLoss", "TotalVariation", "gram"]


def gram(features: Tensor) -> Tensor:
    """The Gram matrix, C×C, divided by the number of positions (Gatys et al. 2015, eq. 3)."""
    flat = _positions(features)
    return flat.T @ flat / flat.shape[0]


def _positions(features: Tensor) -> Tensor:
    # Positions first: a view, not a copy, where features lie channels last.
    return features[0].permute(1, 2, 0).flatten(0, 1)


class GramLoss(Function):
    """Squared distance of `gram(features)` from a target, in units of its squared norm."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, wanted: Tensor) -> Tensor:
        """Features are 1×C×H×W, the target C×C."""
        missing = gram(features) - wanted
        norm = wanted.square().sum().clamp_min(1e-8)
        ctx.save_for_backward(features, missing * (4 / norm))
        return missing.square().sum() / norm

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """One product, since the Gram matrix is symmetric; the layout stays channels last."""
        features, missing = ctx.saved_tensors
        _, channels, height, width = features.shape
        flat = _positions(features) @ (missing * (grad / (height * width)))
        return flat.view(1, height, width, channels).permute(0, 3, 1, 2), None


class Covariance(Function):
    """Covariance, K×K, of linear functions of a pixel and its neighbours up, down, left, right."""

    @staticmethod
    def forward(ctx: Any, picture: Tensor, kernel: Tensor) -> Tensor:
        """The picture is 1×C×H×W; `kernel` is K×5C, for pixel, up, down, left, right."""
        around = torch.stack([picture[0][at] for at in _AROUND])
        height, width = around.shape[2:]
        found = kernel @ around.flatten(0, 1).flatten(1)
        found -= found.mean(1, keepdim=True)
        ctx.save_for_backward(found, kernel)
        ctx.shape = picture.shape
        # Row by row: many small products are shared out better than one long and thin.
        rows = found.view(-1, height, width).transpose(0, 1)
        return torch.bmm(rows, rows.transpose(1, 2)).sum(0) / (height * width)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Back through the product, then each neighbour to its place."""
        found, kernel = ctx.saved_tensors
        result = grad.new_zeros(ctx.shape)
        _, channels, height, width = ctx.shape
        around = (kernel.T @ (grad + grad.T) / found.shape[1]) @ found
        for at, part in zip(_AROUND, around.view(5, channels, height - 2, width - 2), strict=True):
            result[0][at] += part
        return result, None


_INNER, _BEFORE, _AFTER = slice(1, -1), slice(None, -2), slice(2, None)
_AROUND = (
    (slice(None), _INNER, _INNER),
    (slice(None), _BEFORE, _INNER),
    (slice(None), _AFTER, _INNER),
    (slice(None), _INNER, _BEFORE),
    (slice(None), _INNER, _AFTER),
)


class TotalVariation(Function):
    """Mean squared difference of neighbours, down plus across."""

    @staticmethod
    def forward(ctx: Any, picture: Tensor) -> Tensor:
        """The picture is 1×C×H×W."""
        down, across = picture.diff(dim=2), picture.diff(dim=3)
        ctx.save_for_backward(down, across)
        loss: Tensor = down.square().mean() + across.square().mean()
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Each difference pulls at its two pixels."""
        down, across = ctx.saved_tensors
        result: Tensor = down.new_zeros(*across.shape[:3], down.shape[3])
        down = down * (grad * 2 / down.numel())
        across = across * (grad * 2 / across.numel())
        result[:, :, 1:] += down
        result[:, :, :-1] -= down
        result[..., 1:] += across
        result[..., :-1] -= across
        return result
