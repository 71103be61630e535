"""The state of a training: network, its smoothed copy, optimizer; its steps and its checkpoint."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.backbones import efficientnet_lite0
from effects.colorize.bins import BINS
from effects.colorize.lab import Array
from effects.colorize.network import ColorNetwork
from effects.colorize.train.samples import THIN, Batch
from effects.errors import EffectError, UserError
from effects.training.loop import pace
from effects.training.state import damaged, read_state, same_plan, write_state
from effects.weights import WeightsStore

__all__ = ["Plan", "Trained", "Training", "load_trained"]

STEEPEST = 2.0
# The trunk knows much already: it follows at this share of the rate, and only when the decoder
# has come so far; till then a step takes half the time.
SLOW, FOLLOWS = 0.15, 0.6
# Weight of the squared error of the expected colour beside the cross-entropy.
MEAN = 0.002
SMOOTH = 0.998
EPOCH = 50


@dataclass(frozen=True)
class Plan:
    """What must stay the same when a training goes on."""

    crop: int
    """Side of the squares cut from photographs, pixels."""
    batch: int
    rate: float
    seed: int


@dataclass
class Training:
    """A network on its way. The state after a step depends on the one before, and on nothing else
    but the plan, the pictures and how far the training is.
    """

    plan: Plan
    device: str
    prior: Array
    """How often each bin is met."""
    start: Mapping[str, Tensor] = field(default_factory=dict)
    """Weights by name that the network begins with, if any."""
    bf16: bool = False
    """Whether the network computes in bfloat16, which some CPUs and GPUs do much faster."""
    step: int = 0
    seconds: float = 0.0
    """Spent in steps, over all runs."""
    history: list[tuple[int, float, float]] = field(default_factory=list)
    """Step, and means of cross-entropy and squared error of chroma up to there."""
    judged: list[tuple[int, float, float, float]] = field(default_factory=list)
    """Step, minutes, cross-entropy and PSNR less that of grey, of the smoothed network on the
    validation photographs."""

    def __post_init__(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed)
            self.net = ColorNetwork(efficientnet_lite0(WeightsStore(), "cpu"))
        with torch.no_grad():
            self.net.scores.weight.mul_(0.1)
            self.net.scores.bias = nn.Parameter(
                torch.from_numpy(np.log(np.maximum(self.prior, 1e-6)))
            )
        self._take(self.start)
        self.net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch knows it, its types don't
        fast, slow = self.net.rates()
        self.smooth = copy.deepcopy(self.net).requires_grad_(False)
        self.best = self.smooth.state_dict()
        self._slow, self._parameters = slow, [*fast, *slow]
        self._adam = torch.optim.AdamW(
            [{"params": fast}, {"params": slow}], weight_decay=1e-3, fused=True
        )
        self._bins = torch.from_numpy(BINS).to(self.device)
        self._recent: list[Tensor] = []

    def advance(self, batch: Batch, progress: float) -> tuple[float, float]:
        """One step; `progress`, 0–1, says how far the training is. Returns the losses."""
        rate = self.plan.rate * pace(self.step, progress)
        for group, share in zip(self._adam.param_groups, (1.0, SLOW), strict=True):
            group["lr"] = share * rate
        for parameter in self._slow:
            parameter.requires_grad_(progress >= FOLLOWS)
        entropy, error = self._losses(batch)
        self._adam.zero_grad()
        torch.autograd.backward(entropy + MEAN * error)
        norm = nn.utils.clip_grad_norm_(self._parameters, STEEPEST)
        if not math.isfinite(norm):
            raise EffectError(
                f"the gradient of step {self.step + 1} is no number; the last checkpoint is sound:"
                " start again, with a lower --rate under another --out if it comes again"
            )
        self._adam.step()
        self.step += 1
        self._follow()
        self._recent.append(torch.stack([entropy, error]).detach().cpu())
        if self.step % EPOCH == 0:
            self.history.append((self.step, *torch.stack(self._recent).mean(0).tolist()))
            self._recent.clear()
        return entropy.item(), error.item()

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        grey, hints, numbers, shares = (part.to(self.device) for part in batch[:4])
        down, right = batch.corner
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.bf16):
            seen = self.net.decode(grey, hints)[:, :, down::THIN, right::THIN]
            scores = self.net.scores(seen)
        # Bins last, so that a position's scores lie side by side.
        likely = functional.log_softmax(scores.float().permute(0, 2, 3, 1), -1)
        entropy = -(shares * likely.gather(3, numbers)).sum(-1).mean()
        expected = likely.exp() @ self._bins
        truth = (shares[..., None] * self._bins[numbers]).sum(-2)
        return entropy, (expected - truth).square().mean()

    def _take(self, weights: Mapping[str, Tensor]) -> None:
        """Raises `UserError` where they are not those of a network like this."""
        if not weights:
            return
        try:
            missing, others = self.net.load_state_dict(weights, strict=False)
        except RuntimeError as error:
            raise UserError("--start is of another network") from error
        # Classes are not asked for here.
        if others or not all(name.startswith("trunk.classifier") for name in missing):
            raise UserError("--start is of another network")

    @torch.no_grad()
    def _follow(self) -> None:
        share = 1 - min(SMOOTH, (1 + self.step) / (10 + self.step))
        ours: list[Tensor] = [each for each in self.net.parameters() if each.requires_grad]
        theirs: list[Tensor] = [
            smooth
            for smooth, each in zip(self.smooth.parameters(), self.net.parameters(), strict=True)
            if each.requires_grad
        ]
        torch._foreach_lerp_(theirs, ours, share)

    def judge(self, entropy: float, gain: float) -> None:
        """Note what validation says of the smoothed network; the best is kept."""
        if entropy < min((each[2] for each in self.judged), default=math.inf):
            self.best = {name: value.clone() for name, value in self.smooth.state_dict().items()}
        self.judged.append((self.step, self.seconds / 60, entropy, gain))

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all. Raises `UserError`."""
        state = {
            "plan": asdict(self.plan),
            "prior": torch.from_numpy(self.prior),
            "step": self.step,
            "seconds": self.seconds,
            "history": self.history,
            "judged": self.judged,
            "recent": self._recent,
            "net": self.net.state_dict(),
            "smooth": self.smooth.state_dict(),
            "best": self.best,
            "adam": self._adam.state_dict(),
        }
        write_state(state, path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. Raises `UserError` where it is damaged or of another plan."""
        state = read_state(path)
        try:
            same_plan(path, state["plan"], asdict(self.plan))
            self.net.load_state_dict(state["net"])
            self.smooth.load_state_dict(state["smooth"])
            self._adam.load_state_dict(state["adam"])
            self.prior, self.best = state["prior"].numpy(), state["best"]
            self.step, self.seconds = state["step"], state["seconds"]
            self.history, self.judged = state["history"], state["judged"]
            self._recent = state["recent"]
        except (KeyError, TypeError, AttributeError, RuntimeError, ValueError) as error:
            raise damaged(path) from error


@dataclass(frozen=True)
class Trained:
    """What a training came to."""

    net: ColorNetwork
    prior: Array


def load_trained(path: Path) -> Trained:
    """The best network of a checkpoint. Raises `UserError`."""
    state = read_state(path)
    try:
        net = ColorNetwork(efficientnet_lite0(WeightsStore(), "cpu"))
        net.load_state_dict(state["best"])
        return Trained(net.eval().requires_grad_(False), state["prior"].numpy())
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise damaged(path) from error
