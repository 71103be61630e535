"""From a subject to the objective that a step climbs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from effects.backbones import Backbone
from effects.deepdream import objectives
from effects.deepdream.subjects import Subject
from effects.deepdream.tiles import STRIDE, Measure
from effects.deepdream.transfer import last_features, leaking
from effects.imagenet import CLASSES
from effects.layers import ALL_CHANNELS

__all__ = ["Aim", "aim_at", "guided_by"]

# What a picture is enlarged by, about, drawn at each step of a dream of a class: what is seen as it
# at any size is seen so by people too.
SWAY = (0.75, 1.3)
# Deviation of the noise that it is shown with: what holds against noise is no noise itself.
GRAIN = 0.05

Aim = Callable[[torch.Generator], Measure]
"""The objective of the next step."""


def aim_at(net: Backbone, subject: Subject) -> Aim:
    """More of what a layer or a channel sees, or of a class; of a random one at each step."""
    if not subject.is_layer:
        return partial(_towards_class, leaking(net), subject)
    if subject.channel == ALL_CHANNELS:
        score = objectives.energy
    else:
        score = partial(objectives.channel_sum, channel=subject.channel)
    measure = _measure(net, subject.layer, score)
    return lambda generator: measure


def guided_by(net: Backbone, layer: str, guide: Tensor) -> Aim:
    """More of what the layer sees in the picture `guide`, 1×3×H×W."""
    with torch.no_grad():
        seen = net.features(guide, [layer])[layer][0].flatten(1)
    measure = _measure(net, layer, lambda features: objectives.likeness(features, seen))
    return lambda generator: measure


def _towards_class(net: Backbone, subject: Subject, generator: torch.Generator) -> Measure:
    label = subject.label
    if label is None:
        label = int(torch.randint(len(CLASSES), (), generator=generator))
    low, high = SWAY
    factor = low + (high - low) * float(torch.rand((), generator=generator))
    seed = int(torch.randint(2**31, (), generator=generator))

    def measure(picture: Tensor) -> tuple[Tensor, int]:
        # Few sizes in all: memory grows with their number.
        size = [1 + STRIDE * max(1, round(factor * side / STRIDE)) for side in picture.shape[2:]]
        swayed = functional.interpolate(picture, size, mode="bilinear", antialias=factor < 1)
        grain = torch.randn(
            swayed.shape, generator=torch.Generator().manual_seed(seed), dtype=picture.dtype
        )
        swayed = swayed + GRAIN * grain.to(picture.device)
        features = last_features(net, swayed.contiguous(memory_format=torch.channels_last))
        positions = features[0, 0].numel()
        odds = objectives.log_odds(net.classify(features)[0], label)
        # Of a larger piece as much as of many small ones.
        return positions * odds, positions

    return measure


def _measure(net: Backbone, layer: str, score: Callable[[Tensor], Tensor]) -> Measure:
    def measure(picture: Tensor) -> tuple[Tensor, int]:
        features = net.features(picture, [layer])[layer]
        return score(features), features[0, 0].numel()

    return measure
