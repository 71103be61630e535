"""A gradient of a picture of any size, piece by piece, so that memory is bounded.

Each piece is shown with so much around it that little of its gradient is lost; beyond the picture
that is its mirror image. Where pieces meet, and where they lie on the grid of the strided layers,
is drawn anew at every step, so that neither prints itself on the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["STRIDE", "Measure", "Span", "climb", "spans"]

Measure = Callable[[Tensor], tuple[Tensor, int]]
"""Of a picture 1×3×H×W: the sum of an objective over its positions, and how many these are."""

# Of the network's deepest layers, pixels.
STRIDE = 32
# The longest side of a piece's own part, and how much more it is shown at least on each side.
TILE, HALO = 512, 32
# What a picture that is one piece is shown beyond its border at least.
MARGIN = 8


class Span(NamedTuple):
    """One side of a piece; pixels of the picture, first and last plus one."""

    begin: int
    end: int
    """Its own part."""
    first: int
    last: int
    """What is shown: 1 + n·`STRIDE` pixels, on which strided layers need no uneven padding."""

    @property
    def own(self) -> slice:
        """Its own part within what is shown."""
        return slice(self.begin - self.first, self.end - self.first)


def spans(length: int, generator: torch.Generator, tile: int = TILE) -> list[Span]:
    """Cut `length` pixels into parts of at most `tile`; where is drawn."""
    if length <= tile:
        drawn = MARGIN + _draw(STRIDE, generator)
        return [Span(0, length, -drawn, _fitting(length + STRIDE + 2 * MARGIN) - drawn)]
    cuts = [0, *range(1 + _draw(tile, generator), length, tile), length]
    return [
        Span(begin, end, begin - HALO, begin - HALO + _fitting(end - begin + 2 * HALO))
        for begin, end in pairwise(cuts)
    ]


def climb(
    picture: Tensor,
    measure: Measure,
    rows: Sequence[Span],
    columns: Sequence[Span],
    on_piece: Callable[[], None] = lambda: None,
) -> tuple[float, Tensor]:
    """The objective's mean over all positions of `picture`, 1×3×H×W, and the gradient of its sum.

    What the gradient has of mirror images is left out. `on_piece` is called between pieces.
    """
    gradient = torch.empty_like(picture)
    total, positions = 0.0, 0
    for down in rows:
        strip = picture[:, :, _mirrored(down, picture.shape[2])]
        for across in columns:
            if positions:
                on_piece()
            piece = strip[:, :, :, _mirrored(across, picture.shape[3])]
            # The faster layout for Lite0's depthwise convolutions.
            piece = piece.contiguous(memory_format=torch.channels_last).requires_grad_()
            score, count = measure(piece)
            (slope,) = torch.autograd.grad(score, piece)
            own = slope[:, :, down.own, across.own]
            gradient[:, :, down.begin : down.end, across.begin : across.end] = own
            total, positions = total + score.item(), positions + count
    return total / positions, gradient


def _fitting(length: int) -> int:
    """The next length of 1 + n·`STRIDE`."""
    return length + (1 - length) % STRIDE


def _mirrored(span: Span, length: int) -> Tensor:
    """The pixels that are shown: beyond the border, those at the same distance within it."""
    at = torch.arange(span.first, span.last) % max(1, 2 * length - 2)
    return torch.where(at < length, at, 2 * length - 2 - at)


def _draw(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))
