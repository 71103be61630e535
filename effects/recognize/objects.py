"""Objects and their boxes, read from what the network makes of every place of a photo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from effects.imagenet import CLASSES
from effects.imagenet.kinds import KIND_OF, KINDS, Kind
from effects.spec import Text

__all__ = ["Box", "Object", "find_objects"]

MOST = 4
WINDOW, SMALL = 5, 3
"""Places of a side: of what an object is found in, and of what its edge is seen in."""
# At this temperature the best window's probability of its kind is about the share of such that
# are right on labelled photographs: see tests/bench/quality_recognize.py.
TEMPERATURE = 1.1
LEAST = 0.6
SURE = 0.5
"""The least probability for the photo as a whole. Of 1,050 labelled photographs 90 % of guesses
above it were right, 39 % of those below."""
PRIOR = 0.01
"""What nothing else in the photo supports is a slip: the least probability for the whole."""
EDGE = 0.12
"""Of the map's peak: where the object ends."""
SHARED = 0.6
"""Of the smaller box: with more in common two boxes are the same object."""
FINE = 4
"""Steps to a place, for the edges of boxes."""


class Box(NamedTuple):
    """Sides as shares of the photo, 0–1."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Its share of the photo."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def common(self, other: Box) -> Box:
        """What both cover; its area is 0 where that is nothing."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return Box(left, top, min(self.right, other.right), min(self.bottom, other.bottom))


class Object(NamedTuple):
    """Something found: what, how probable (0–1), where."""

    name: Text
    probability: float
    box: Box


def find_objects(scores: Tensor, whole: Tensor) -> list[Object]:
    """At most four, most probable first; of what overlaps in place the most probable alone.

    `scores` are the classes' for every place (1000×H×W), `whole` their probabilities for the
    photo. Where no part of the photo is sure, it may be so as a whole; else nothing is found.
    """
    windows, small = (_around(scores, size) for size in (WINDOW, SMALL))
    kinds = _by_kind(windows)
    best = kinds.amax((1, 2)) * (_by_kind(whole) >= PRIOR)
    found: list[Object] = []
    for kind in best.argsort(descending=True).tolist():
        if best[kind] < LEAST or len(found) == MOST:
            break
        place = divmod(int(kinds[kind].argmax()), kinds.shape[2])
        window = windows[:, place[0], place[1]]
        called = _called(kind, window, LEAST)
        box = _box(_map(scores, small, called.classes, window), place)
        if all(_apart(box, other.box) for other in found):
            found.append(Object(called.name, float(window[[*called.classes]].sum()), box))
    if found:
        return found
    kind = int(_by_kind(whole).argmax())
    called = _called(kind, whole, SURE)
    probability = float(whole[[*called.classes]].sum())
    if probability < SURE:
        return []
    place = divmod(int(windows[[*called.classes]].sum(0).argmax()), kinds.shape[2])
    return [
        Object(called.name, probability, _box(_map(scores, small, called.classes, whole), place))
    ]


def _by_kind(classes: Tensor) -> Tensor:
    """Sums over the classes of each kind, along the first axis."""
    index = torch.tensor(KIND_OF)
    return torch.zeros(len(KINDS), *classes.shape[1:]).index_add_(0, index, classes)


def _called(kind: int, classes: Tensor, least: float) -> Kind:
    """The kind's likeliest class as a kind of its own, if it is probable enough; else the kind."""
    first = max(KINDS[kind].classes, key=lambda n: float(classes[n]))
    return Kind(CLASSES[first], (first,)) if classes[first] >= least else KINDS[kind]


def _around(scores: Tensor, size: int) -> Tensor:
    """Probabilities of the classes in the window of `size` places around each place."""
    high, wide = scores.shape[1:]
    mean = _means(high, size) @ scores @ _means(wide, size).T
    return (mean / TEMPERATURE).softmax(0)


def _means(count: int, size: int) -> Tensor:
    """For each of `count` places in a row what those around it count in its window's mean."""
    at = torch.arange(count)
    near = ((at[:, None] - at).abs() <= size // 2).float()
    return near / near.sum(1, keepdim=True)


def _map(scores: Tensor, small: Tensor, classes: Sequence[int], weights: Tensor) -> Tensor:
    """How much each place speaks for the classes, H×W, at least 0.

    The class activation map less its mean over all classes, weaker where the place's
    surroundings speak for something else. `weights` say how much each class counts.
    """
    ours = list(classes)
    shares = weights[ours] / weights[ours].sum()
    margin = (scores[ours] - scores.mean(0)) * shares[:, None, None]
    return margin.sum(0).relu() * small[ours].sum(0).sqrt()


def _box(strength: Tensor, place: tuple[int, int]) -> Box:
    """Around the part of the map that hangs together with its peak near `place`."""
    high, wide = strength.shape
    fine = np.array(
        Image.fromarray(strength.numpy()).resize(
            (wide * FINE, high * FINE), Image.Resampling.BILINEAR
        )
    )
    reach = WINDOW // 2
    top, left = (max(0, at - reach) * FINE for at in place)
    bottom, right = ((at + reach + 1) * FINE for at in place)
    near = fine[top:bottom, left:right]
    y, x = divmod(int(near.argmax()), near.shape[1])
    # Pillow writes to no picture that shares its memory.
    mask = Image.fromarray((fine >= EDGE * near.max()).astype(np.uint8)).copy()
    ImageDraw.floodfill(mask, (left + x, top + y), 2)
    sides = mask.point([0, 0, 1] + [0] * 253).getbbox()
    if sides is None:
        return Box(0, 0, 1, 1)
    across, down = wide * FINE, high * FINE
    return Box(sides[0] / across, sides[1] / down, sides[2] / across, sides[3] / down)


def _apart(box: Box, other: Box) -> bool:
    return box.common(other).area <= SHARED * min(box.area, other.area)
