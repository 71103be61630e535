"""The damped way back through a network and the log-odds of a class, by hand-computed cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from effects.backbones import Backbone
from effects.deepdream.objectives import log_odds
from effects.deepdream.transfer import BRANCH, LEAK, last_features, leaking


class Residual(Backbone):
    """The picture itself, and a rectified branch beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.rectifier = lambda x: x.clamp_(0, 6)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        """A block of two layers."""
        branch = self.rectifier(10 * x)
        yield "block0.depthwise", branch
        yield "block0", x + 2 * branch


def test_the_way_back_is_damped_and_the_way_forth_is_not() -> None:
    """Values are the network's own; the gradient leaks below 0, passes above 6, and little of it
    comes from the branch.
    """
    picture = torch.tensor([-0.5, 0.5, 0.9], requires_grad=True)
    features = last_features(leaking(Residual()), picture)
    assert [-0.5, 10.5, pytest.approx(12.9)] == features.tolist()
    (slope,) = torch.autograd.grad(features.sum(), picture)
    torch.testing.assert_close(slope, 1 + 20 * BRANCH * torch.tensor([LEAK, 1, 1]))


def test_log_odds() -> None:
    """They are those of the softmax, and still rise where that has come to 1."""
    scores = torch.tensor([1.0, -2.0, 0.5, 3.0])
    chance = scores.softmax(0)[2]
    torch.testing.assert_close(log_odds(scores, 2), (chance / (1 - chance)).log())
    sure = torch.tensor([0.0, 200.0, 0.0], requires_grad=True)
    assert 1 == sure.softmax(0)[1]
    (slope,) = torch.autograd.grad(log_odds(sure, 1), sure)
    torch.testing.assert_close(slope, torch.tensor([-0.5, 1.0, -0.5]))
