"""The state of a training: network, vectors, optimizer; its steps and its checkpoint."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from effects import image
from effects.errors import EffectError
from effects.fast_style.modes import FEWEST, STEP
from effects.fast_style.network import StyleNetwork
from effects.fast_style.train.gradients import Gradients, Judge
from effects.pictures import to_image, to_tensor
from effects.training.loop import pace
from effects.training.state import damaged, read_state, same_plan, write_state

__all__ = ["Plan", "Training", "load_trained"]

STEEPEST = 5.0
# A style's γ and β see few of the batches: at the network's rate the styles stay alike for long.
VECTORS = 5.0
# Longer side of sample pictures.
SAMPLE = 320
# Means of so many steps are written down.
EPOCH = 10


@dataclass(frozen=True)
class Plan:
    """What must stay the same when a training goes on."""

    styles: tuple[str, ...]
    crop: int
    """Side of the squares cut from photographs, pixels."""
    batch: int
    style_size: int
    """Longer side of the artworks, pixels."""
    vgg19: bool
    """Whether VGG-19 judges beside Lite0."""
    rate: float
    seed: int


@dataclass
class Training:
    """A network on its way. The state after a step depends on the one before, and on nothing else
    but the plan, the pictures and how far the training is.
    """

    plan: Plan
    device: str
    bf16: bool = False
    """Whether the network computes in bfloat16, which some CPUs and GPUs do much faster."""
    step: int = 0
    seconds: float = 0.0
    """Spent in steps, over all runs."""
    history: list[tuple[int, float, float, float]] = field(default_factory=list)
    """Step, and means of total, style and content loss up to there."""

    def __post_init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed)
            self.net = StyleNetwork().to(self.device)
        shape = (len(self.plan.styles), self.net.channels)
        self.gamma = nn.Parameter(torch.ones(shape, device=self.device))
        self.beta = nn.Parameter(torch.zeros(shape, device=self.device))
        self._parameters = [*self.net.parameters(), self.gamma, self.beta]
        self._adam = torch.optim.Adam(
            [{"params": [*self.net.parameters()]}, {"params": [self.gamma, self.beta]}]
        )
        self._recent: list[Tensor] = []

    @cached_property
    def _gradients(self) -> Gradients:
        return Gradients(self.device, self.plan.batch)

    def paint(self, photos: Tensor, styles: Sequence[int]) -> Tensor:
        """Paint N×3×H×W, picture n in style `styles[n]`."""
        picked = torch.tensor(styles, device=self.device)
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.bf16):
            painting: Tensor = self.net(photos, self.gamma[picked], self.beta[picked])
        return painting.float()

    @torch.no_grad()
    def sample(self, photo: Image.Image, style: str) -> Image.Image:
        """Paint one photo of any size, bounded to 320 pixels and cut to sides that fit."""
        small = image.bound(photo, SAMPLE)
        width, height = (max(FEWEST, side // STEP * STEP) for side in small.size)
        fitting = ImageOps.fit(small, (width, height))
        at = self.plan.styles.index(style)
        return to_image(self.paint(to_tensor(fitting).to(self.device), [at]))

    def advance(
        self,
        photos: Tensor,
        styles: Sequence[int],
        judge: Judge,
        generator: torch.Generator,
        progress: float,
    ) -> tuple[float, float, float]:
        """One step; `progress`, 0–1, says how far the training is. Returns the losses."""
        rate = self.plan.rate * pace(self.step, progress)
        for group, share in zip(self._adam.param_groups, (1.0, VECTORS), strict=True):
            group["lr"] = share * rate
        found = self._gradients.leave(
            self._parameters, self.paint, judge, photos, styles, generator
        )
        norm = nn.utils.clip_grad_norm_(self._parameters, STEEPEST)
        if not math.isfinite(norm):
            raise EffectError(
                f"the gradient of step {self.step + 1} is no number; the last checkpoint is sound:"
                " start again, with a lower --rate under another --out if it comes again"
            )
        self._adam.step()
        self.step += 1
        self._note(found)
        total, style, content = found.tolist()
        return total, style, content

    def _note(self, losses: Tensor) -> None:
        self._recent.append(losses)
        if self.step % EPOCH == 0:
            total, style, content = torch.stack(self._recent).mean(0).tolist()
            self.history.append((self.step, total, style, content))
            self._recent.clear()

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all. Raises `UserError`."""
        state = {
            "plan": asdict(self.plan),
            "step": self.step,
            "seconds": self.seconds,
            "history": self.history,
            "recent": self._recent,
            "net": self.net.state_dict(),
            "gamma": self.gamma.detach(),
            "beta": self.beta.detach(),
            "adam": self._adam.state_dict(),
        }
        write_state(state, path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Raises `UserError` where it is damaged or of another plan."""
        state = read_state(path)
        try:
            same_plan(path, state["plan"], asdict(self.plan))
            self.net.load_state_dict(state["net"])
            self._adam.load_state_dict(state["adam"])
            with torch.no_grad():
                self.gamma.copy_(state["gamma"])
                self.beta.copy_(state["beta"])
            self.step, self.seconds = state["step"], state["seconds"]
            self.history, self._recent = state["history"], state["recent"]
        except (KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            raise damaged(path) from error


def load_trained(path: Path) -> tuple[StyleNetwork, tuple[str, ...], Tensor, Tensor]:
    """Network, names of styles, γ and β (styles×channels) of a checkpoint. Raises `UserError`."""
    state = read_state(path)
    try:
        training = Training(Plan(**state["plan"]), "cpu")
    except (KeyError, TypeError) as error:
        raise damaged(path) from error
    training.load(path)
    return (
        training.net.eval(),
        training.plan.styles,
        training.gamma.detach(),
        training.beta.detach(),
    )
