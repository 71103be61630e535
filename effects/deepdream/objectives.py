"""What a dream makes more of: sums over the positions of features 1×C×H×W."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["channel_sum", "energy", "evidence", "likeness"]


def energy(features: Tensor) -> Tensor:
    """Half the sum of squares: more of whatever is seen (Mordvintsev et al. 2015)."""
    return features.square().sum() / 2


def channel_sum(features: Tensor, channel: int) -> Tensor:
    """The sum of one channel."""
    return features[:, channel].sum()


def evidence(logits: Tensor) -> Tensor:
    """Half the sum of squares of a class's logits at each position, N, where they are positive:
    more of the class where some of it is seen already.
    """
    return functional.softplus(logits).square().sum() / 2


def likeness(features: Tensor, guide: Tensor) -> Tensor:
    """Each position's dot product with the column of `guide`, C×N, that fits it best; their sum
    (Mordvintsev et al. 2015, "guided dreams").
    """
    return (guide.T @ features[0].flatten(1)).amax(0).sum()
