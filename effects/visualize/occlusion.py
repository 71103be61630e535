"""Occlusion: where a grey square hurts most (Zeiler & Fergus 2014, section 4.2)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from effects.spec import Text
from effects.visualize.colours import blurred, levelled
from effects.visualize.gradients import Score
from effects.visualize.scene import Scene, Shown, shown_map
from effects.visualize.words import named

__all__ = ["occlusion", "places", "show"]

GREY = 0.5
BATCH = 8
# The square's side as a share of the photo's shorter one; half of it is the stride.
SHARE = 0.22


def places(length: int, side: int, stride: int) -> list[int]:
    """Where squares begin along `length` pixels, the last at the very end."""
    last = max(0, length - side)
    return [*range(0, last, stride), last]


@torch.no_grad()
def occlusion(
    score: Score, photo: Tensor, side: int, stride: int, on_step: Callable[[int, int], None]
) -> Tensor:
    """How much covering each pixel of `photo`, 1×3×H×W, lowers its score; H×W.

    A pixel's value is the mean over the squares, `side` pixels wide, that covered it.
    `on_step(done, total)` counts squares.
    """
    height, width = photo.shape[2:]
    corners = [
        (top, left) for top in places(height, side, stride) for left in places(width, side, stride)
    ]
    whole = score(photo)
    fall, covered = torch.zeros_like(photo[0, :2])
    for first in range(0, len(corners), BATCH):
        part = corners[first : first + BATCH]
        pictures = photo.repeat(len(part), 1, 1, 1)
        for picture, (top, left) in zip(pictures, part, strict=True):
            picture[:, top : top + side, left : left + side] = GREY
        for lost, (top, left) in zip(whole - score(pictures), part, strict=True):
            square = slice(top, top + side), slice(left, left + side)
            fall[square] += lost
            covered[square] += 1
        on_step(first + len(part), len(corners))
    return torch.div(fall, covered)


def show(scene: Scene) -> Shown:
    """A map of how much the class loses when a square of the photo is covered."""
    side = max(2, round(SHARE * min(scene.photo.shape[2:])))
    score = scene.score(scene.net)
    fall = occlusion(score, scene.photo, side, side // 2, scene.step)
    values = levelled(blurred(fall, 0.03))
    name = named(scene.subject)
    caption = Text(
        f"Bright: cover it with a grey square, and the network believes less in “{name.en}”.",
        f"Ярко — закройте это серым квадратом, и сеть меньше поверит в ответ «{name.ru}».",
    )
    return shown_map(scene, values, caption)
