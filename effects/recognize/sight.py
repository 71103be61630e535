"""What the network makes of every part of a photo, and of all of it.

EfficientNet-Lite0 (Tan & Le 2019) ends in a mean over places and a linear layer. Without the
mean the same layer classifies every place (Zhou et al. 2016, "class activation maps"; Long et
al. 2015, "fully convolutional"), at no cost.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effects.backbones import EfficientNetLite0, efficientnet_lite0
from effects.spec import Weights

__all__ = ["TEMPERATURE", "cells", "load_turned", "probabilities"]

CELL = 32
"""Pixels of a place's side: the network's stride."""
AREA = 110
"""Places of a photo, about."""
LEAST = 3
# Fitted on the validation split of labelled photographs by negative log-likelihood, reported
# on those outside it: tests/bench/quality_recognize.py.
TEMPERATURE = 0.6
SPREAD = 0.3
"""Of a side: how far from the middle things stand, as people take photos."""


def load_turned(weights: Weights, device: str) -> EfficientNetLite0:
    """The network that `cells` takes. Raises `WeightsMissing`."""
    net = efficientnet_lite0(weights, device).turned()
    # As the pictures lie: else each convolution turns its weights round, every time.
    # torch's types leave `memory_format` out.
    laid: EfficientNetLite0 = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return laid


@torch.inference_mode()
def cells(turned: EfficientNetLite0, photo: Image.Image, device: str) -> Tensor:
    """Class scores of each place, 1000×H×W; the places tile the photo."""
    scale = (AREA / (photo.width * photo.height)) ** 0.5
    wide, high = (max(LEAST, round(side * scale)) for side in photo.size)
    # Pictures lie channels last, which the network's depthwise layers like best.
    pixels = torch.from_numpy(np.array(photo))[None].permute(0, 3, 1, 2)
    # Of bytes torch makes in a sixth of the time what Pillow does, to one level.
    view = functional.interpolate(
        pixels, (high * CELL, wide * CELL), mode="bicubic", antialias=True
    )
    view = view.flip(2, 3).contiguous(memory_format=torch.channels_last).to(device)
    head = turned.features(view.float() / 255, ["head"])["head"]
    scores: Tensor = turned.classifier(head[0].permute(1, 2, 0)).permute(2, 0, 1)
    return scores.flip(1, 2).cpu().contiguous()


def probabilities(scores: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Of the 1000 classes, for the photo as a whole, from `cells`."""
    high, wide = scores.shape[1:]
    return (_middle(high) @ scores @ _middle(wide) / temperature).softmax(0)


def _middle(count: int) -> Tensor:
    """Weights of `count` places along a side, a Gaussian; they add up to 1."""
    places = (torch.arange(count) + 0.5) / count - 0.5
    return (-((places / SPREAD) ** 2) / 2).softmax(0)
