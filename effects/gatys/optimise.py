"""The descent itself: a picture as a pyramid of parameters, improved step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from effects.gatys.objective import Objective, Shift

__all__ = ["Pyramid", "descend"]

OptimizerName = Literal["adam", "lbfgs"]

# L-BFGS cannot follow a loss that changes; the shift is held for so many steps.
HOLD = 30


class Pyramid:
    """A picture 1×3×H×W as the sum of coarse and fine layers, each of half the side below.

    Adam moves every parameter at the same pace; with coarse layers whole regions change
    colour in a few steps, and the slower finest layer does not fill with grain.
    """

    def __init__(self, picture: Tensor, levels: int = 6) -> None:
        height, width = picture.shape[2:]
        self.layers = [picture.detach().clone()]
        while len(self.layers) < levels and min(height, width) > 2:
            height, width = (height + 1) // 2, (width + 1) // 2
            self.layers.append(picture.new_zeros(1, 3, height, width))
        for layer in self.layers:
            layer.requires_grad_()

    def picture(self) -> Tensor:
        """The sum."""
        *finer, picture = self.layers
        for layer in reversed(finer):
            size = layer.shape[2:]
            enlarged = functional.interpolate(picture, size, mode="bilinear", align_corners=False)
            picture = layer + enlarged
        return picture


def descend(
    start: Tensor,
    objective: Objective,
    steps: int,
    optimizer: OptimizerName,
    generator: torch.Generator,
    on_step: Callable[[int, Callable[[], Tensor]], None],
) -> Tensor:
    """Improve the picture `start` for `steps` steps and return it.

    `on_step(done, picture)` is called after each step; what it raises ends the descent.
    """
    canvas = Pyramid(start)
    advance = _adam if optimizer == "adam" else _lbfgs
    for done, _ in enumerate(advance(canvas, objective, steps, generator), start=1):
        on_step(done, lambda: canvas.picture().detach())
    return canvas.picture().detach()


def _adam(
    canvas: Pyramid, objective: Objective, steps: int, generator: torch.Generator
) -> Iterator[None]:
    fine, *coarse = canvas.layers
    # The fewer the steps, the longer they must be to get anywhere.
    longest = min(0.05, max(0.015, 2 / steps))
    paces = [0.3 * longest, longest]
    adam = torch.optim.Adam(
        [{"params": [fine], "lr": paces[0]}, {"params": coarse, "lr": paces[1]}],
        betas=(0.9, 0.99),
        fused=True,
    )
    for step in range(steps):
        for group, pace in zip(adam.param_groups, paces, strict=True):
            group["lr"] = pace * _pace(step, steps)
        shift = _pick(objective, generator)
        adam.zero_grad()
        torch.autograd.backward(objective(canvas.picture(), shift).total)
        adam.step()
        yield


def _pace(step: int, steps: int) -> float:
    """A short rise, then a long fall: at full pace whole regions change hue back and forth."""
    rise = min(1.0, (step + 1) / 5)
    fall = max(0.0, step / steps - 0.1) / 0.9
    return rise * (0.05 + 0.95 * (1 + math.cos(math.pi * fall)) / 2)


def _lbfgs(
    canvas: Pyramid, objective: Objective, steps: int, generator: torch.Generator
) -> Iterator[None]:
    for begin in range(0, steps, HOLD):
        yield from _hold(canvas, objective, min(HOLD, steps - begin), _pick(objective, generator))


def _hold(canvas: Pyramid, objective: Objective, steps: int, shift: Shift) -> Iterator[None]:
    lbfgs: torch.optim.Optimizer = torch.optim.LBFGS(canvas.layers, max_iter=1, history_size=10)

    def evaluate() -> float:
        lbfgs.zero_grad()
        total = objective(canvas.picture(), shift).total
        torch.autograd.backward(total)
        return total.item()

    for _ in range(steps):
        lbfgs.step(evaluate)
        yield


def _pick(objective: Objective, generator: torch.Generator) -> Shift:
    return objective.shifts[int(torch.randint(len(objective.shifts), (), generator=generator))]
