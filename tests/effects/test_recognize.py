"""Recognition on real photographs."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from skimage import data

from effects.catalogue import Catalogue
from effects.errors import Cancelled
from effects.image import bound
from effects.recognize.runner import Recognize
from effects.spec import Item, Output
from effects.weights import WeightsStore


class Silent:
    """A context that only counts."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    def step(self, done: int, total: int, preview: object = None) -> None:
        """Remember it."""
        self.steps.append((done, total))


@pytest.fixture(scope="module")
def recognize() -> Recognize:
    """The loaded effect."""
    return Recognize("cpu", WeightsStore())


def run(recognize: Recognize, photo: Image.Image) -> tuple[Output, list[dict[str, float | str]]]:
    """The output, and its labels."""
    params = Catalogue.load()["recognize"].parse({})
    output = recognize.run(Item(params, (photo,)), Silent())
    return output, json.loads(output.data["labels.json"])


CATS = {"tabby", "tiger cat", "Egyptian cat"}


@pytest.mark.parametrize(("name", "expected"), [("chelsea", CATS), ("coffee", {"espresso"})])
def test_photographs(recognize: Recognize, name: str, expected: set[str]) -> None:
    """A cat is a cat, espresso is espresso, in words of both languages and as data."""
    output, labels = run(recognize, Image.fromarray(getattr(data, name)()))
    first = labels[0]
    assert first["label"] in expected
    assert 5 == len(labels)
    shares = [float(label["probability"]) for label in labels]
    assert sorted(shares, reverse=True) == shares
    assert sum(shares) <= 1
    for sentence, opening in zip(output.text, ("Most likely", "Скорее всего"), strict=True):
        assert sentence.startswith(f"{opening}: {first['label']} ({shares[0]:.0%}".rstrip("%"))


def test_unsure(recognize: Recognize) -> None:
    """A grey wall is nothing in particular, and that is what is said."""
    output, _ = run(recognize, Image.new("RGB", (300, 200), (128, 128, 128)))
    assert output.text.en.startswith("Not sure")
    assert output.text.ru.startswith("Трудно сказать")


@pytest.mark.parametrize("size", [(600, 400), (400, 600), (24, 16), (2000, 110), (110, 2000)])
def test_picture(recognize: Recognize, size: tuple[int, int]) -> None:
    """The photo, bounded, stands unchanged above its panel, whatever its shape."""
    photo = Image.fromarray(data.coffee()).resize(size)
    output, _ = run(recognize, photo)
    picture = Image.open(io.BytesIO(output.media[0].content))
    shown = bound(photo, 1024)
    left = (picture.width - shown.width) // 2
    top = min(left, 16)
    assert max(shown.width, 360) == picture.width
    assert 120 < picture.height - shown.height < 500
    seen = picture.crop((left, top, left + shown.width, top + shown.height))
    near = sum(
        abs(a - b)
        for a, b in zip(
            shown.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)),
            seen.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)),
            strict=True,
        )
    )
    assert near < 10


def test_steps_and_cancel(recognize: Recognize) -> None:
    """It says when it begins and when it is done, and a cancel gets through."""
    context = Silent()
    params = Catalogue.load()["recognize"].parse({})
    photo = Image.fromarray(data.coffee())
    recognize.run(Item(params, (photo,)), context)
    assert [(0, 1), (1, 1)] == context.steps

    class Cancelling:
        def step(self, done: int, total: int, preview: object = None) -> None:
            raise Cancelled

    with pytest.raises(Cancelled):
        recognize.run(Item(params, (photo,)), Cancelling())
