"""γ and β of one new style, fitted while the rest of the network stays as it is."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from effects.errors import BrokenEffect
from effects.fast_style.network import StyleNetwork
from effects.fast_style.train.batches import Batch
from effects.fast_style.train.gradients import Gradients, Judge

__all__ = ["Fit"]

RATE = 0.35
STEEPEST = 5.0
RISE = 10


class Fit:
    """A style on its way. The state after a step depends on the one before, and on nothing else
    but the batch and how far the fit is.
    """

    def __init__(
        self, net: StyleNetwork, gamma: Tensor, beta: Tensor, gradients: Gradients
    ) -> None:
        """`gamma` and `beta`, styles×channels, are those of the styles that the network knows."""
        self.step = 0
        self._gradients = gradients
        self._net = net
        self._known = torch.stack([gamma, beta])
        self._origin = self._known[:, :1]
        # Adam moves all numbers at one pace: each is counted in units of its spread over styles.
        spread = self._known.std(1, correction=0, keepdim=True)
        self._unit = spread.clamp_min(0.1 * float(spread.mean()) + 1e-3)
        self._way = nn.Parameter(torch.zeros_like(self._unit))
        self._adam = torch.optim.Adam([self._way], betas=(0.9, 0.99))

    @property
    def vectors(self) -> Tensor:
        """γ and β, 2×1×channels."""
        return self._origin + self._unit * self._way

    def paint(self, photos: Tensor) -> Tensor:
        """Paint N×3×H×W in the style so far."""
        gamma, beta = self.vectors.expand(-1, len(photos), -1)
        painting: Tensor = self._net(photos, gamma, beta)
        return painting

    def begin(self, style: int) -> None:
        """Start from a style that the network knows."""
        self._origin = self._known[:, style : style + 1]

    @torch.no_grad()
    def judge(self, batch: Batch, judge: Judge) -> float:
        """The loss of a batch; the same chance each time."""
        chance = torch.Generator().manual_seed(0)
        painted = self.paint(batch.photos)
        return judge(painted, batch.photos, batch.styles, chance).total.item()

    def advance(self, batch: Batch, judge: Judge, progress: float) -> None:
        """One step; `progress`, 0–1, says how far the fit is."""
        self._adam.param_groups[0]["lr"] = RATE * _pace(self.step, progress)
        self._gradients.leave([self._way], lambda photos, _: self.paint(photos), judge, *batch)
        norm = nn.utils.clip_grad_norm_([self._way], STEEPEST)
        if not math.isfinite(norm):
            raise BrokenEffect(
                f"the gradient of step {self.step + 1} is no number", effect="learn_style"
            )
        self._adam.step()
        self.step += 1

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "step": self.step,
            "origin": self._origin.clone(),
            "way": self._way.detach(),
            "adam": self._adam.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint; raises `KeyError`, `ValueError` or `RuntimeError`."""
        self._adam.load_state_dict(state["adam"])
        with torch.no_grad():
            self._way.copy_(state["way"])
        self._origin = state["origin"].to(self._known)
        self.step = state["step"]


def _pace(step: int, progress: float) -> float:
    """Share of the full rate: a short rise, a level, then a fall to 2 %."""
    rise = min(1.0, (step + 1) / RISE)
    fall = max(0.0, progress - 0.3) / 0.7
    return rise * (0.02 + 0.98 * (1 + math.cos(math.pi * fall)) / 2)
