"""What the picture is optimised for, at one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from effects.backbones import Backbone
from effects.gatys import losses

__all__ = [
    "LITE0",
    "RECIPES",
    "STRIDE",
    "Losses",
    "Objective",
    "Recipe",
    "Shift",
    "StyleTarget",
    "draw_shifts",
    "evaluate",
    "mean_grams",
    "random_directions",
    "shifted",
    "style_loss",
]

# Each step shows the picture to the network shifted by up to so many pixels: if each part lay
# always on the same spot of the strided layers, they would print their grid on it.
STRIDE = 16
SHIFTS = 12

Shift = tuple[int, int]


@dataclass(frozen=True)
class Recipe:
    """Which layers of a backbone stand for style and content, and what each loss weighs."""

    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    style: float = 10.0
    content: float = 0.3
    tone: float = 0.3
    grain: float = 4.0
    palette: float = 20.0
    variation: float = 1.0
    overflow: float = 10.0


LITE0 = Recipe(
    style_layers=("stem", *(f"block{n}.depthwise" for n in (1, 2, 4, 6))),
    content_layers=("block4.depthwise",),
)
RECIPES = {
    "lite0": LITE0,
    "vgg19": Recipe(
        style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
        content_layers=("relu4_2",),
    ),
    "googlenet": Recipe(
        style_layers=("conv1", "conv3", "inception3a", "inception3b", "inception4b"),
        content_layers=("inception4a",),
    ),
}


class Losses(NamedTuple):
    """What one evaluation found: the sum to minimise, and two of its parts, unweighted."""

    total: Tensor
    style: Tensor
    content: Tensor


class StyleTarget(NamedTuple):
    """What a style asks for."""

    grams: dict[str, Tensor]
    covariances: list[Tensor]
    palette: Tensor

    @classmethod
    def of(
        cls, backbone: Backbone, recipe: Recipe, style: Tensor, shifts: Sequence[Shift]
    ) -> StyleTarget:
        """Measure a style, 1×3×H×W in [0, 1]; its Gram matrices are means over `shifts`."""
        with torch.no_grad():
            return cls(
                mean_grams(backbone, recipe.style_layers, style, shifts),
                losses.local_covariances(style),
                losses.palette(style),
            )


def evaluate(
    recipe: Recipe,
    picture: Tensor,
    features: Mapping[str, Tensor],
    style: StyleTarget,
    content: Mapping[str, Tensor],
    tone: Tensor,
    directions: Tensor,
    strength: float = 1.0,
) -> Losses:
    """The losses of a picture, 1×3×H×W, whose `features` are at hand.

    `content` and `tone` are the photo's; `directions` are those of the palette loss; `strength`
    multiplies all that pulls the picture away from the photo.
    """
    styled = style_loss(features, style.grams)
    kept = torch.stack(
        [losses.content_loss(features[at], content[at]) for at in recipe.content_layers]
    ).mean()
    away = (
        recipe.style * styled
        + recipe.grain * losses.grain_loss(losses.local_covariances(picture), style.covariances)
        + recipe.palette * losses.palette_loss(losses.palette(picture), style.palette, directions)
        + recipe.variation * losses.total_variation(picture)
    )
    total = (
        strength * away
        + recipe.content * kept
        + recipe.tone * losses.tone_loss(losses.tone(picture), tone)
        + recipe.overflow * losses.overflow(picture)
    )
    return Losses(total, styled, kept)


def style_loss(features: Mapping[str, Tensor], grams: Mapping[str, Tensor]) -> Tensor:
    """Mean over the layers of the Gram loss."""
    return torch.stack([losses.gram_loss(features[at], gram) for at, gram in grams.items()]).mean()


def mean_grams(
    backbone: Backbone, layers: Sequence[str], style: Tensor, shifts: Sequence[Shift]
) -> dict[str, Tensor]:
    """Each layer's Gram matrix for `style`, 1×3×H×W, mean over `shifts`."""
    seen = [backbone.features(shifted(style, at), layers) for at in shifts]
    return {
        layer: torch.stack([losses.gram(each[layer]) for each in seen]).mean(0) for layer in layers
    }


def draw_shifts(generator: torch.Generator) -> list[Shift]:
    """A few shifts to take turns with."""
    drawn = torch.randint(STRIDE, (SHIFTS, 2), generator=generator)
    return [(int(down), int(right)) for down, right in drawn]


def random_directions(generator: torch.Generator, device: torch.device) -> Tensor:
    """Six directions in colour space for the palette loss, 6×3."""
    return functional.normalize(torch.randn(6, 3, generator=generator), dim=1).to(device)


class Objective:
    """The losses of pictures of the size of `photo`, against targets taken once.

    `photo` and `style` are 1×3×H×W in [0, 1]; `strength` multiplies all that pulls the
    picture away from the photo by its cube.
    """

    def __init__(
        self,
        backbone: Backbone,
        recipe: Recipe,
        photo: Tensor,
        style: Tensor,
        strength: float,
        generator: torch.Generator,
    ) -> None:
        self.photo = photo
        self.shifts = draw_shifts(generator)
        self._backbone = backbone
        self._recipe = recipe
        self._strength = strength**3
        self._generator = generator
        self._layers = {*recipe.style_layers, *recipe.content_layers}
        self._content: dict[Shift, dict[str, Tensor]] = {}
        self._style = StyleTarget.of(backbone, recipe, style, self.shifts[:4])
        self._tone = losses.tone(photo)

    def __call__(self, picture: Tensor, shift: Shift) -> Losses:
        """Evaluate `picture`, shown to the network shifted by `shift`."""
        return evaluate(
            self._recipe,
            picture,
            self._backbone.features(shifted(picture, shift), self._layers),
            self._style,
            self._content_targets(shift),
            self._tone,
            random_directions(self._generator, picture.device),
            self._strength,
        )

    def measure(self, picture: Tensor) -> tuple[float, float]:
        """Style and content loss of `picture`, without weights, mean over a few shifts."""
        with torch.no_grad():
            found = [self(picture, shift) for shift in self.shifts[:3]]
        return (
            sum(float(each.style) for each in found) / len(found),
            sum(float(each.content) for each in found) / len(found),
        )

    def _content_targets(self, shift: Shift) -> dict[str, Tensor]:
        if shift not in self._content:
            with torch.no_grad():
                self._content[shift] = self._backbone.features(
                    shifted(self.photo, shift), self._recipe.content_layers
                )
        return self._content[shift]


def shifted(picture: Tensor, shift: Shift) -> Tensor:
    """Pictures N×3×H×W with reflected margins, moved down and right by up to `STRIDE` pixels."""
    # A margin all around also keeps the network's zero padding off the picture's border. With
    # sides of 1 + n·STRIDE that padding is the same before and after, and costs no copies.
    down, right = shift
    below, beyond = ((1 - side) % STRIDE + STRIDE for side in picture.shape[2:])
    margins = (right, beyond - right, down, below - down)
    padded = functional.pad(picture, margins, mode="reflect")
    # The faster layout for Lite0's depthwise convolutions.
    return padded.contiguous(memory_format=torch.channels_last)
