"""What a dream makes more of: sums over the positions of features 1×C×H×W, or the log-odds of a
class."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["channel_sum", "energy", "likeness", "log_odds"]


def energy(features: Tensor) -> Tensor:
    """Half the sum of squares: more of whatever is seen (Mordvintsev et al. 2015)."""
    return features.square().sum() / 2


def channel_sum(features: Tensor, channel: int) -> Tensor:
    """The sum of one channel."""
    return features[:, channel].sum()


def log_odds(scores: Tensor, label: int) -> Tensor:
    """Of a class against all others, by the scores of each before softmax. Unlike its probability,
    which comes to rest at 1, they rise without end.
    """
    others = torch.cat([scores[:label], scores[label + 1 :]])
    return scores[label] - others.logsumexp(0)


def likeness(features: Tensor, guide: Tensor) -> Tensor:
    """Each position's dot product with the column of `guide`, C×N, that fits it best; their sum
    (Mordvintsev et al. 2015, "guided dreams").
    """
    return (guide.T @ features[0].flatten(1)).amax(0).sum()
