"""The ascent: from octave to octave, where only what was added to the photo is carried on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effects.deepdream.aims import Aim
from effects.deepdream.gradient import Inertia, smoothed
from effects.deepdream.schedule import Octave
from effects.deepdream.tiles import climb, spans
from effects.pictures import resize, to_tensor, working_size

__all__ = ["Climb", "Watch", "ascend", "laid_on"]

# Of a step at strength 1, in units of the range of values; and how far a value gets from the
# photo's at most.
RATE, FARTHEST = 0.02, 0.26


@dataclass(frozen=True)
class Climb:
    """What became of the objective at one octave: its mean over positions at first and last."""

    side: int
    first: float
    last: float


class Watch(Protocol):
    """Who follows an ascent."""

    def on_step(self, picture: Callable[[], Tensor]) -> None:
        """After each step; `picture` shows what there is."""

    def on_piece(self) -> None:
        """Between the pieces of a large picture."""


def ascend(
    photo: Image.Image,
    side: int,
    octaves: Sequence[Octave],
    aim: Aim,
    strength: float,
    generator: torch.Generator,
    device: str,
    watch: Watch,
    *,
    inert: bool = False,
) -> tuple[Tensor, list[Climb]]:
    """The photo, dreamt: 1×3×H×W in [0, 1], the longer side being `side`; and the way there.

    `inert`: steps follow a mean of gradients. What `watch` raises ends the ascent.
    """
    step = Inertia() if inert else smoothed
    farthest = FARTHEST * strength**0.5
    detail = torch.zeros(1, 3, 1, 1, device=device)
    climbs = []

    def picture() -> Tensor:
        return laid_on(base, detail, farthest)

    for octave in octaves:
        base = _sized(photo, octave.side).to(device)
        detail = _enlarge(detail, base)
        seen = []
        for _ in range(octave.steps):
            rows, columns = (spans(length, generator) for length in base.shape[2:])
            value, gradient = climb(picture(), aim(generator), rows, columns, watch.on_piece)
            seen.append(value)
            detail.add_(step(gradient), alpha=RATE * strength)
            # What is beyond is not seen, and would only have to be taken back.
            detail.clamp_(-2 * farthest, 2 * farthest)
            watch.on_step(picture)
        climbs.append(Climb(octave.side, seen[0], seen[-1]))
    base = _sized(photo, side).to(device)
    detail = _enlarge(detail, base)
    return picture(), climbs


def laid_on(base: Tensor, detail: Tensor, farthest: float) -> Tensor:
    """`base` + `detail`, bent so that nothing leaves [0, 1] nor gets farther than `farthest`."""
    bent = torch.empty_like(base)
    # One colour at a time, for large pictures.
    for colour in range(base.shape[1]):
        value, change = base[:, colour], detail[:, colour]
        room = torch.where(change > 0, 1 - value, value).clamp_(1e-4, farthest)
        torch.tanh(change / room, out=bent[:, colour]).mul_(room).add_(value)
    return bent


def _sized(photo: Image.Image, side: int) -> Tensor:
    return to_tensor(resize(photo, working_size(photo.size, side)))


def _enlarge(detail: Tensor, like: Tensor) -> Tensor:
    size = like.shape[2:]
    if detail.shape[2:] == size:
        return detail
    return functional.interpolate(detail, size, mode="bicubic", align_corners=False)
