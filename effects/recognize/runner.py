"""Recognise what a photo shows and where, and draw it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from torch import Tensor

from effects import image
from effects.errors import WeightsDamaged, WeightsMissing
from effects.imagenet import CLASSES
from effects.recognize import RecognizeParams
from effects.recognize.boxes import draw_boxes
from effects.recognize.detector import Detector
from effects.recognize.objects import Object, find_objects
from effects.recognize.panel import annotate
from effects.recognize.sight import cells, load_turned, probabilities
from effects.recognize.words import Label, caption
from effects.spec import Context, Effect, Item, Media, Output, Weights

__all__ = ["Recognize"]

log = logging.getLogger(__name__)
ROWS = 5
SHOWN = 1280
WORTH = 0.01
"""A guess below this is not shown."""


class Recognize(Effect[RecognizeParams]):
    """Photo -> objects in boxes and the likeliest of ImageNet's classes, in words and as data.

    Objects are a detector's where its weights are, else read from the classifier's maps.
    """

    def __init__(self, device: str, weights: Weights) -> None:
        super().__init__(device, weights)
        self._net = load_turned(weights, device)
        self._detector = _detector(weights, device)

    def run(self, item: Item[RecognizeParams], ctx: Context) -> Output:
        """One step. `data` holds labels.json, the five likeliest classes of the whole photo, and
        objects.json, what was found with its box: left, top, right, bottom as shares, 0–1.
        """
        ctx.step(0, 1)
        photo = image.bound(item.photos[0], SHOWN)
        scores = cells(self._net, photo, self.device)
        whole = probabilities(scores)
        detected = self._detector.find(photo) if self._detector else []
        # A detector knows eighty things; what it does not find the maps may.
        objects = detected or find_objects(scores, whole)
        labels = _likeliest(whole)
        seen = [Label(each.name, each.probability) for each in objects]
        named = {label.name for label in seen}
        guesses = [label for label in labels if label.name not in named]
        others = [label for label in guesses if label.probability >= WORTH][: ROWS - len(seen)]
        picture = annotate(draw_boxes(photo, objects), seen, others)
        content = image.encode(picture, "image/jpeg")
        ctx.step(1, 1)
        data = {"labels.json": _labels(labels), "objects.json": _objects(objects)}
        text = caption(seen, others, apart=bool(detected))
        return Output((Media("image/jpeg", content),), text, data)


def _detector(weights: Weights, device: str) -> Detector | None:
    """The detector, where its weights are, and whole."""
    try:
        return Detector(weights.path("ssdlite"), device)
    except WeightsDamaged as error:
        log.warning("recognition goes on without its detector: %s", error)
    except WeightsMissing:
        pass
    return None


def _likeliest(whole: Tensor) -> list[Label]:
    top = whole.topk(ROWS)
    pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return [Label(CLASSES[n], probability) for n, probability in pairs]


def _labels(labels: Sequence[Label]) -> bytes:
    return json.dumps([_named(label) for label in labels], ensure_ascii=False).encode()


def _objects(objects: Sequence[Object]) -> bytes:
    rows = [_named(each) | {"box": [round(side, 3) for side in each.box]} for each in objects]
    return json.dumps(rows, ensure_ascii=False).encode()


def _named(found: Label | Object) -> dict[str, object]:
    name = found.name
    return {"label": name.en, "label_ru": name.ru, "probability": round(found.probability, 4)}
