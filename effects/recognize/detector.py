"""Objects and their boxes, from a network that learned to find the eighty things of COCO."""

from __future__ import annotations

from importlib.resources import files

import torch
from PIL import Image
from torch.nn import functional

from effects.image import bound
from effects.pictures import to_tensor
from effects.recognize.objects import MOST, Box, Object
from effects.recognize.ssdlite import SIDE, load_ssdlite
from effects.spec import Text

__all__ = ["NAMES", "Detector"]

LEAST = 0.5
"""The least score of what is shown."""
SAME = 0.55
"""Of what two boxes cover together: with more in common they are the same object."""
USUAL = 640
"""Pixels of the longer side of COCO's photographs: of larger ones the network has seen none."""

_ROWS = files(__package__).joinpath("coco.txt").read_text("utf-8").splitlines()
NAMES = {int(number): Text(en, ru) for number, en, ru in (row.split(" | ") for row in _ROWS)}
"""COCO's things by their numbers."""


class Detector:
    """SSDlite on one device."""

    def __init__(self, weights_file: str, device: str) -> None:
        """Raises `WeightsDamaged`."""
        self._net = load_ssdlite(weights_file).to(device)
        self._device = device

    @torch.inference_mode()
    def find(self, photo: Image.Image) -> list[Object]:
        """At most four objects, highest score first; of boxes on the same object the first."""
        view = to_tensor(bound(photo, USUAL)).to(self._device)
        view = functional.interpolate(view, (SIDE, SIDE), mode="bilinear", align_corners=False)
        scores, boxes = (said[0].cpu() for said in self._net(view))
        numbers = list(NAMES)
        best, which = scores[:, numbers].max(1)
        found: list[Object] = []
        for place in best.argsort(descending=True).tolist():
            if best[place] < LEAST or len(found) == MOST:
                break
            box = Box(*boxes[place].tolist())
            if all(_overlap(box, other.box) <= SAME for other in found):
                found.append(Object(NAMES[numbers[int(which[place])]], float(best[place]), box))
        return found


def _overlap(box: Box, other: Box) -> float:
    """Intersection over union, 0–1."""
    both = box.common(other).area
    either = box.area + other.area - both
    return both / either if either else 0.0
