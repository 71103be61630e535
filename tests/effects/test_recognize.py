"""Recognition on real photographs."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image
from skimage import data

from effects.catalogue import Catalogue
from effects.errors import Cancelled
from effects.fonts import font
from effects.image import bound
from effects.imagenet import CLASSES
from effects.imagenet.kinds import KIND_OF, KINDS
from effects.recognize.boxes import draw_boxes
from effects.recognize.detector import NAMES
from effects.recognize.objects import Box, Object
from effects.recognize.runner import Recognize
from effects.spec import Item, Output, Text
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


def run(recognize: Recognize, photo: Image.Image) -> tuple[Output, Any, Any]:
    """The output, its labels and its objects."""
    params = Catalogue.load()["recognize"].parse({})
    output = recognize.run(Item(params, (photo,)), Silent())
    return output, json.loads(output.data["labels.json"]), json.loads(output.data["objects.json"])


CATS = {"cat", "tabby", "tiger cat", "Egyptian cat"}


@pytest.mark.parametrize(
    ("name", "expected", "middle"),
    [("chelsea", CATS, (0.45, 0.5)), ("coffee", {"espresso"}, (0.52, 0.3))],
)
def test_photographs(
    recognize: Recognize, name: str, expected: set[str], middle: tuple[float, float]
) -> None:
    """A cat is a cat, espresso is espresso: in words of both languages, as data, in its place."""
    output, labels, objects = run(recognize, Image.fromarray(getattr(data, name)()))
    assert labels[0]["label"] in expected
    shares = [float(label["probability"]) for label in labels]
    assert 5 == len(shares)
    assert sorted(shares, reverse=True) == shares
    assert sum(shares) <= 1
    (found,) = objects
    assert found["label"] in expected
    left, top, right, bottom = found["box"]
    assert left < middle[0] < right
    assert top < middle[1] < bottom
    share = "(>99 %)" if found["probability"] >= 0.995 else f"({found['probability']:.0%}"[:-1]
    assert output.text is not None
    assert output.text.en.startswith(f"In the photo: {found['label']} {share}")
    assert output.text.ru.startswith(f"На фото: {found['label_ru']} {share}")


def test_two_objects(recognize: Recognize) -> None:
    """Two things side by side are both found, each in its half."""
    both = Image.new("RGB", (1200, 400))
    for x, name in ((0, "chelsea"), (600, "coffee")):
        both.paste(Image.fromarray(getattr(data, name)()).resize((600, 400)), (x, 0))
    _, _, objects = run(recognize, both)
    sides = {("cup" if each["label"] not in CATS else "cat"): each["box"] for each in objects}
    assert {"cat", "cup"} == set(sides)
    assert sides["cat"][2] <= 0.6
    assert sides["cup"][0] >= 0.4


def test_unsure(recognize: Recognize) -> None:
    """A grey wall is nothing in particular, and that is what is said; no box is drawn."""
    output, _, objects = run(recognize, Image.new("RGB", (300, 200), (128, 128, 128)))
    assert output.text is not None
    assert output.text.en.startswith("Not sure")
    assert output.text.ru.startswith("Трудно сказать")
    assert [] == objects


@pytest.mark.parametrize("size", [(600, 400), (24, 16), (2000, 110), (110, 2000)])
def test_picture(recognize: Recognize, size: tuple[int, int]) -> None:
    """The photo, bounded, stands above its panel, whatever its shape; boxes are within it."""
    photo = Image.fromarray(data.coffee()).resize(size)
    output, _, objects = run(recognize, photo)
    picture = Image.open(io.BytesIO(output.media[0].content))
    shown = bound(photo, 1280)
    left = (picture.width - shown.width) // 2
    top = min(left, 16)
    assert max(shown.width, 360) == picture.width
    assert 30 < picture.height - shown.height < 500
    seen = picture.crop((left, top, left + shown.width, top + shown.height))
    near = sum(
        abs(a - b)
        for a, b in zip(
            shown.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)),
            seen.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)),
            strict=True,
        )
    )
    assert near < 40
    for each in objects:
        left, top, right, bottom = each["box"]
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1


@pytest.mark.parametrize(
    "box",
    [Box(0.3, 0.3, 0.7, 0.7), Box(0, 0, 0.4, 0.5), Box(0.6, 0.5, 1, 1), Box(0, 0.3, 1, 1)],
    ids=str,
)
def test_tag_keeps_off_the_object(box: Box) -> None:
    """Where there is room outside the box its inside is left as it was."""
    photo = Image.new("RGB", (640, 480), "white")
    name = Text("soft-coated wheaten terrier", "мягкошёрстный пшеничный терьер")
    drawn = draw_boxes(photo, [Object(name, 0.9, box)])
    wide, high = photo.size
    left, top, right, bottom = box
    inside = (
        round(left * wide) + 6,
        round(top * high) + 6,
        round(right * wide) - 6,
        round(bottom * high) - 6,
    )
    assert [(480 * 640, (255, 255, 255))] != drawn.getcolors()
    ((_, colour),) = drawn.crop(inside).getcolors()
    assert (255, 255, 255) == colour


def test_every_letter_is_in_the_font() -> None:
    """No name of a class, kind or thing has a letter that would be drawn as an empty frame."""
    names = [*CLASSES, *(kind.name for kind in KINDS), *NAMES.values()]
    letters = {letter for name in names for part in name for letter in part} | set("…%<>")
    missing = bytes(font(40).getmask("\uffff"))
    assert [] == [letter for letter in letters if bytes(font(40).getmask(letter)) == missing]


def test_kinds() -> None:
    """Every class is of one kind, and these are what they are called."""
    assert list(range(1000)) == sorted(n for kind in KINDS for n in kind.classes)
    kinds = {"golden retriever": "dog", "tabby": "cat", "airliner": "aircraft", "volcano": None}
    for number, name in enumerate(CLASSES):
        kind = KINDS[KIND_OF[number]]
        assert number in kind.classes
        if kinds.get(name.en):
            assert kinds[name.en] == kind.name.en
        if len(kind.classes) == 1:
            assert name == kind.name
    assert 118 == len(next(kind for kind in KINDS if kind.name.ru == "собака").classes)


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
