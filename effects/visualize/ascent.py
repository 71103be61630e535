"""Climbing: pictures are changed step by step until they please an objective."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from effects.visualize.canvas import Canvas

__all__ = ["ascend"]

PACE = 0.05


def ascend(
    canvas: Canvas,
    objective: Callable[[Tensor], Tensor],
    steps: int,
    on_step: Callable[[int, Callable[[], Tensor]], None],
) -> Tensor:
    """Raise `objective` of the canvas's pictures for `steps` steps; returns them, N×3×H×W.

    `on_step(done, pictures)` is called after each step; what it raises ends the ascent.
    """
    adam = torch.optim.Adam([canvas.spectrum], lr=PACE)

    def pictures() -> Tensor:
        return canvas.pictures().detach()

    for done in range(1, steps + 1):
        adam.zero_grad()
        torch.autograd.backward(-objective(canvas.pictures()))
        adam.step()
        on_step(done, pictures)
    return pictures()
