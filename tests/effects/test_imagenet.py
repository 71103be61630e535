"""The names of ImageNet's classes, and a class by what people type."""

from __future__ import annotations

import re

import pytest

from effects.errors import BadParams, UnknownClass
from effects.imagenet import CLASSES, find


def test_names() -> None:
    """A thousand classes, each with a name of its own in both languages."""
    assert 1000 == len(CLASSES)
    for names in zip(*CLASSES, strict=True):
        assert 1000 == len({name.casefold() for name in names})
    assert not [name for name in CLASSES if re.search("[а-яё]", name.en, re.IGNORECASE)]
    assert not [name for name in CLASSES if not re.search("[а-яё]", name.ru, re.IGNORECASE)]
    # The order is ImageNet's.
    numbers = {0: "tench", 207: "golden retriever", 281: "tabby", 817: "sports car", 980: "volcano"}
    assert numbers == {n: CLASSES[n].en for n in numbers}


def test_own_names() -> None:
    """Every class is found by either of its names."""
    for number, names in enumerate(CLASSES):
        assert [number, number] == [find(name) for name in names]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("VOLCANO", "volcano"),
        ("вулканы", "volcano"),
        ("  Золотистый   Ретривер ", "golden retriever"),
        ("орел", "bald eagle"),
        ("орлы", "bald eagle"),
        ("замки", "castle"),
        ("собаку", "golden retriever"),
        ("cats", "tabby"),
        ("butterflies", "monarch butterfly"),
        ("акула молот", "hammerhead shark"),
        ("ice-cream", "ice cream"),
        ("beacon", "lighthouse"),
        ("lemurs", "ring-tailed lemur"),
        ("mamba", "green mamba"),
        ("орлан", "bald eagle"),
        ("german shepard", "German shepherd"),
        ("эспресо", "espresso"),
        ("castell", "castle"),
        ("гончарный", "potter's wheel"),
        ("tree", None),
        ("setter", None),
        ("", None),
        ("🙂", None),
        ("x" * 10_000, None),
    ],
)
def test_find(words: str, expected: str | None) -> None:
    """Case, ё, hyphens, plurals and slips are forgiven; a guess is not made where it is none."""
    if expected is not None:
        assert expected == CLASSES[find(words)].en
        return
    with pytest.raises(UnknownClass):
        find(words)


@pytest.mark.parametrize(
    ("words", "offered"),
    [("setter", "Irish setter"), ("машинка", "швейная машина"), ("🙂", "volcano")],
)
def test_nearest(words: str, offered: str) -> None:
    """Five names are offered, in the language of the question."""
    with pytest.raises(BadParams, match=f"no class '{words}'") as caught:
        find(words)
    nearest = str(caught.value.details["nearest"]).split(", ")
    assert 5 == len(nearest)
    assert offered in nearest
