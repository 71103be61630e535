"""What every method is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from effects.backbones import Backbone
from effects.imagenet import CLASSES, find
from effects.layers import ALL_CHANNELS, LAYERS
from effects.pictures import to_image
from effects.spec import Context, Text
from effects.visualize import VisualizeParams
from effects.visualize.colours import coloured, laid_over
from effects.visualize.gradients import Score

__all__ = ["Scene", "Shown", "Subject", "channels_of", "shown_map"]


class Subject(NamedTuple):
    """The class in question and how likely the network thinks it is, 0–1."""

    number: int
    name: Text
    probability: float


@dataclass(frozen=True)
class Scene:
    """One look at one photo."""

    params: VisualizeParams
    net: Backbone
    photo: Tensor
    """What the network sees, 1×3×H×W in [0, 1]; grey where there is no photo."""
    has_photo: bool
    large: Tensor
    """The photo on which maps are shown, 3×H×W in [0, 1]."""
    generator: torch.Generator
    context: Context

    @property
    def layer(self) -> str:
        """The layer that is looked at."""
        return self.params.tap

    @property
    def width(self) -> int:
        """The layer's channels."""
        return LAYERS[self.params.network][self.layer]

    @cached_property
    def subject(self) -> Subject:
        """The class asked for, else the one recognised."""
        with torch.no_grad():
            probabilities = self.net.logits(self.photo)[0].softmax(0)
        named = self.params.of
        number = find(named) if named else int(probabilities.argmax())
        return Subject(number, CLASSES[number], float(probabilities[number]))

    def score(self, net: Backbone) -> Score:
        """The class's score before softmax (Simonyan 2014, section 2), by `net`."""
        return lambda pictures: net.logits(pictures)[:, self.subject.number]

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        """Say how far the work is; raises `Cancelled`."""
        self.context.step(done, total, preview)

    def watch(
        self, finish: Callable[[Tensor], Image.Image] = to_image
    ) -> Callable[[int, Callable[[], Tensor]], None]:
        """What says of an ascent how far it is; `finish` makes a preview of its pictures."""

        def on_step(done: int, pictures: Callable[[], Tensor]) -> None:
            self.step(done, self.params.steps, lambda: finish(pictures()))

        return on_step


class Shown(NamedTuple):
    """What a method found."""

    caption: Text
    panels: tuple[tuple[Image.Image, str], ...]
    """Pictures with a word each; one, or as many as make a sheet."""
    columns: int = 1
    overlay: Image.Image | None = None
    """The photo with the map on it, where there is a map."""


def shown_map(
    scene: Scene, values: Tensor, caption: Text, picture: Image.Image | None = None
) -> Shown:
    """A map H×W in [0, 1], alone and over the photo; `picture` in place of the map in colours."""
    if picture is None:
        picture = to_image(coloured(values)[None])
    overlay = to_image(laid_over(scene.large, values)[None])
    return Shown(caption, ((picture, scene.params.method),), overlay=overlay)


def channels_of(scene: Scene, activation: Tensor, count: int) -> list[int]:
    """The channel asked for, else the `count` with the highest values in `activation`, 1×C×H×W,
    the highest first.
    """
    if scene.params.channel != ALL_CHANNELS:
        return [scene.params.channel]
    tops = activation[0].flatten(1).amax(1)
    return [int(channel) for channel in tops.topk(min(count, len(tops))).indices]
