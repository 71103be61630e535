"""What the network is trained for: the losses of Gatys, for a batch of photos and styles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from effects.backbones import Backbone
from effects.gatys import losses
from effects.gatys.objective import (
    LITE0,
    STRIDE,
    Losses,
    StyleTarget,
    draw_shifts,
    evaluate,
    mean_grams,
    random_directions,
    shifted,
    style_loss,
)

__all__ = ["RECIPE", "Teacher"]

RECIPE = replace(LITE0, content=0.5)
VGG_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
# The losses are taken of the pictures, and of the pictures at half their size: there the layers
# see strokes of twice the length.
HALVINGS = 2


class Teacher:
    """Judges paintings; `styles` are the artworks, 1×3×H×W in [0, 1], one scale for all.

    With `vgg` its Gram losses are added to those of `lite0`, with the same weight. `strengths`
    multiply what pulls a painting from its photo to the style of that number; 1 if not given.
    """

    def __init__(
        self,
        lite0: Backbone,
        vgg: Backbone | None,
        styles: Sequence[Tensor],
        strengths: Sequence[float] = (),
    ) -> None:
        shifts = draw_shifts(torch.Generator().manual_seed(0))[:4]
        self._lite0, self._vgg = lite0, vgg
        self._strengths = strengths or [1.0] * len(styles)
        self._targets: list[list[StyleTarget]] = []
        self._vgg_grams: list[list[dict[str, Tensor]]] = []
        for halving in range(HALVINGS):
            sized = [_halved(style, halving) for style in styles]
            self._targets.append([StyleTarget.of(lite0, RECIPE, each, shifts) for each in sized])
            if vgg is not None:
                with torch.no_grad():
                    grams = [mean_grams(vgg, VGG_LAYERS, each, shifts) for each in sized]
                self._vgg_grams.append(grams)

    def __call__(
        self, paintings: Tensor, photos: Tensor, styles: Sequence[int], generator: torch.Generator
    ) -> Losses:
        """Means over a batch N×3×H×W; painting n is of photo n in the artwork `styles[n]`."""
        down, right = torch.randint(STRIDE, (2,), generator=generator).tolist()
        directions = random_directions(generator, paintings.device)
        found = [
            each
            for halving in range(HALVINGS)
            for each in self._judge(
                halving,
                _halved(paintings, halving),
                _halved(photos, halving),
                styles,
                (down, right),
                directions,
            )
        ]
        total, style, content = (torch.stack(part).mean() for part in zip(*found, strict=True))
        return Losses(total, style, content)

    def _judge(
        self,
        halving: int,
        paintings: Tensor,
        photos: Tensor,
        styles: Sequence[int],
        shift: tuple[int, int],
        directions: Tensor,
    ) -> list[Losses]:
        layers = {*RECIPE.style_layers, *RECIPE.content_layers}
        seen = _each(self._lite0.features(shifted(paintings, shift), layers))
        with torch.no_grad():
            wanted = _each(self._lite0.features(shifted(photos, shift), RECIPE.content_layers))
        targets = self._targets[halving]
        judged = [
            evaluate(
                RECIPE,
                painting,
                features,
                targets[style],
                content,
                tone,
                directions,
                self._strengths[style],
            )
            for painting, features, style, content, tone in zip(
                paintings.chunk(len(styles)),
                seen,
                styles,
                wanted,
                (losses.tone(photo) for photo in photos.chunk(len(styles))),
                strict=True,
            )
        ]
        if self._vgg is None:
            return judged
        textures = _each(self._vgg.features(shifted(paintings, shift), VGG_LAYERS))
        grams = self._vgg_grams[halving]
        return [
            each._replace(
                total=each.total
                + self._strengths[style] * RECIPE.style * style_loss(features, grams[style])
            )
            for each, features, style in zip(judged, textures, styles, strict=True)
        ]


def _halved(pictures: Tensor, times: int) -> Tensor:
    return functional.avg_pool2d(pictures, 2**times) if times else pictures


def _each(features: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    """The features of each picture of the batch."""
    # Split once for all: the gradient of a slice is a whole batch of zeros.
    count = len(next(iter(features.values())))
    parts = {layer: activation.chunk(count) for layer, activation in features.items()}
    return [{layer: part[n] for layer, part in parts.items()} for n in range(count)]
