"""The network of colours: grey and hints in, a distribution over chroma out.

A classifier's trunk sees the grey picture; a slim decoder goes back up from stride 32 to 4 and
takes the trunk's features in at each stride (Dahl 2016; Lin et al. 2017), and what the classifier
makes of the whole picture everywhere (Iizuka et al. 2016). What comes out is a score for each bin
of a* and b* (Zhang et al. 2016).
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn
from torch.nn import functional

from effects.backbones import EfficientNetLite0
from effects.colorize.bins import BINS

__all__ = ["HINT_STRIDE", "STEP", "STRIDE", "ColorNetwork"]

STEP = 32
"""Sides of pictures are multiples of it."""
STRIDE = 4
"""Pixels between two neighbouring positions of what comes out."""
HINT_STRIDE = 8

# The last layer of each stride, from coarse to fine; channels of the trunk and of the decoder.
LEVELS = (("block15", 320, 128), ("block10", 112, 128), ("block4", 40, 96), ("block2", 24, 64))
# Up to here the trunk stays as it is: edges are the same in grey, and a step takes half the time.
FIXED = 11
CONTEXT = 1280


class ColorNetwork(nn.Module):
    """Scores N×bins×H/4×W/4 of grey N×1×H×W in [0, 1] and hints N×3×H/8×W/8.

    Hints are a* / 100, b* / 100 and 1 where the colour is known, else zeros.
    """

    def __init__(self, trunk: EfficientNetLite0) -> None:
        super().__init__()
        self.trunk = trunk
        self.steps = nn.ModuleList(_Step(*pair) for pair in _pairs(LEVELS))
        self.lateral = nn.ModuleList(nn.Conv2d(seen, width, 1) for _, seen, width in LEVELS)
        widths = [width for _, _, width in LEVELS]
        self.context = nn.ModuleList(nn.Linear(CONTEXT, width) for width in widths)
        # Hints go down from stride 8 to 32, and in at each stride.
        self.hints = nn.ModuleList(
            [nn.Conv2d(3, 32, 3, padding=1), _Halving(32, 64), _Halving(64, 128)]
        )
        self.hinted = nn.ModuleList(
            nn.Conv2d(seen, width, 1, bias=False)
            for seen, width in zip((128, 64, 32), widths, strict=False)
        )
        self.scores = nn.Conv2d(widths[-1], len(BINS), 1)
        # What is added to a classifier's features starts from nothing.
        for layer in (*self.context[1:], *self.hinted):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, grey: Tensor, hints: Tensor) -> Tensor:
        """Scores before softmax."""
        scores: Tensor = self.scores(self.decode(grey, hints))
        return scores

    def decode(self, grey: Tensor, hints: Tensor) -> Tensor:
        """What the scores are made of, N×64×H/4×W/4."""
        names = [name for name, _, _ in LEVELS]
        seen = self.trunk.features(grey.expand(-1, 3, -1, -1), [*names, "head"])
        context = seen["head"].mean((2, 3))
        told = []
        for layer in self.hints:
            hints = functional.relu(layer(hints))
            told.append(hints)
        x = seen[names[0]]
        for n, name in enumerate(names):
            y = self.lateral[n](seen[name]) + self.context[n](context)[:, :, None, None]
            if n < len(told):
                y = y + self.hinted[n](told[-1 - n])
            x = self.steps[n](x, y)
        return x

    def rates(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """Parameters that are trained from nothing, and those of the trunk that follow slowly."""
        self.trunk.requires_grad_(False)
        slow = [*self.trunk.trunk[FIXED:].parameters(), *self.trunk.head.parameters()]
        trunk = {id(parameter) for parameter in self.trunk.parameters()}
        return [each for each in self.parameters() if id(each) not in trunk], slow


class _Step(nn.Module):
    """What came from the coarser stride joins the features of this one."""

    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(before, width, 1) if before else None
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, coarse: Tensor, features: Tensor) -> Tensor:
        x = features
        if self.narrow is not None:
            up = functional.interpolate(
                self.narrow(coarse), scale_factor=2, mode="bilinear", align_corners=False
            )
            x = x + up
        y = functional.relu(self.first(functional.relu(x)))
        return functional.relu(x + self.second(y))


class _Halving(nn.Conv2d):
    """A 3×3 convolution of stride 2."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__(channels, filters, 3, stride=2, padding=1)


def _pairs(levels: Iterable[tuple[str, int, int]]) -> Iterable[tuple[int, int]]:
    """The widths of the level before (0: none) and of each level."""
    before = 0
    for _, _, width in levels:
        yield before, width
        before = width
