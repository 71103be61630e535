"""The gradient of a dream: right, and the same by pieces."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from effects.backbones import Backbone, efficientnet_lite0
from effects.deepdream.aims import Aim, aim_at, guided_by
from effects.deepdream.gradient import smoothed
from effects.deepdream.subjects import Subject
from effects.deepdream.tiles import HALO, STRIDE, Span, climb, spans
from effects.weights import WeightsStore


@pytest.fixture(scope="module")
def net() -> Backbone:
    """The bundled network."""
    return efficientnet_lite0(WeightsStore(), "cpu")


def astronaut(top: int, left: int, height: int, width: int) -> Tensor:
    """A part of a photograph, 1×3×H×W in [0, 1]."""
    part = data.astronaut()[top : top + height, left : left + width].astype(np.float32) / 255
    return torch.from_numpy(part).permute(2, 0, 1)[None].contiguous()


AIMS: dict[str, Callable[[Backbone], Aim]] = {
    "layer": lambda net: aim_at(net, Subject("block4.expand")),
    "channel": lambda net: aim_at(net, Subject("block8", channel=3)),
    "guide": lambda net: guided_by(
        net, "block8", astronaut(50, 200, 40, 40).to(next(net.parameters()).dtype)
    ),
}


@pytest.mark.parametrize("name", AIMS)
def test_gradients(name: str) -> None:
    """Each objective's gradient is what central differences say, in double precision; not that of
    a class, whose way back is another.
    """
    net = efficientnet_lite0(WeightsStore(), "cpu").double()
    measure = AIMS[name](net)(torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(1, 3, 33, 33, generator=generator, dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(measure(x)[0], x)
    for _ in range(3):
        direction = torch.randn(x.shape, generator=generator, dtype=torch.float64)
        # So short that hardly any of a million ReLU6 has its corner within.
        step = 1e-8 * direction
        with torch.no_grad():
            expected = (measure(x + step)[0] - measure(x - step)[0]) / 2e-8
        found = (gradient * direction).sum()
        assert abs(float(found - expected)) < 1e-3 * float(gradient.norm())


@pytest.mark.parametrize("length", [1, 100, 512, 513, 1300, 4000])
def test_spans(length: int) -> None:
    """Each pixel is in one piece, with enough around it; where pieces meet is drawn."""
    generator = torch.Generator().manual_seed(0)
    drawn = {tuple(spans(length, generator)) for _ in range(20)}
    assert len(drawn) > 10
    for pieces in drawn:
        own = [pixel for piece in pieces for pixel in range(piece.begin, piece.end)]
        assert list(range(length)) == own
        for piece in pieces:
            assert 1 == (piece.last - piece.first) % STRIDE
            assert piece.last - piece.first <= 512 + 2 * HALO + STRIDE
            around = 8 if len(pieces) == 1 else HALO
            assert min(piece.begin - piece.first, piece.last - piece.end) >= around


@pytest.mark.parametrize(("name", "least"), [("layer", 0.95), ("channel", 0.9), ("guide", 0.8)])
def test_pieces_agree_with_the_whole(net: Backbone, name: str, least: float) -> None:
    """On one grid of the strided layers, what is added to a picture of 3×3 pieces correlates with
    what is added to the whole, and along the seams it is no fainter.
    """
    measure = AIMS[name](net)(torch.Generator())
    x = astronaut(0, 100, 256, 256)
    whole = [Span(0, 256, -32, 289)]
    cuts = (0, 96, 192, 256)
    pieces = [Span(begin, end, begin - HALO, end + HALO + 1) for begin, end in pairwise(cuts)]
    one = smoothed(climb(x, measure, whole, whole)[1])
    many = smoothed(climb(x, measure, pieces, pieces)[1])
    assert float(torch.corrcoef(torch.stack([one.flatten(), many.flatten()]))[0, 1]) > least
    seams = [at for cut in cuts[1:-1] for at in (cut - 1, cut)]
    ours, theirs = (each[:, :, seams].square().mean() for each in (many, one))
    assert 0.6 < float(ours / theirs) < 1.6
