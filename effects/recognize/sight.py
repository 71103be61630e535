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

from effects.backbones import EfficientNetLite0

__all__ = ["TEMPERATURE", "cells", "probabilities"]

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


@torch.inference_mode()
def cells(net: EfficientNetLite0, photo: Image.Image, device: str) -> Tensor:
    """Class scores of each place, 1000×H×W; the places tile the photo."""
    scale = (AREA / (photo.width * photo.height)) ** 0.5
    wide, high = (max(LEAST, round(side * scale)) for side in photo.size)
    # Pictures lie channels last, which the network's depthwise layers like best.
    pixels = torch.from_numpy(np.array(photo))[None].permute(0, 3, 1, 2)
    # Of bytes torch makes in a sixth of the time what Pillow does, to one level.
    view = functional.interpolate(
        pixels, (high * CELL, wide * CELL), mode="bicubic", antialias=True
    )
    head = net.features(view.to(device).float() / 255, ["head"])["head"]
    scores: Tensor = net.classifier(head[0].permute(1, 2, 0)).permute(2, 0, 1)
    return scores.cpu().contiguous()


def probabilities(scores: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Of the 1000 classes, for the photo as a whole, from `cells`."""
    high, wide = scores.shape[1:]
    return (_middle(high) @ scores @ _middle(wide) / temperature).softmax(0)


def _middle(count: int) -> Tensor:
    """Weights of `count` places along a side, a Gaussian; they add up to 1."""
    places = (torch.arange(count) + 0.5) / count - 0.5
    return (-((places / SPREAD) ** 2) / 2).softmax(0)
