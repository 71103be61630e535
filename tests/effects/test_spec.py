"""The interface of an effect: what it takes, and what it says of what it does not."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field

from effects.errors import BadParams, BadSpec, WrongPhotos
from effects.spec import EffectSpec, Params, Text, param


def word(text: str) -> Text:
    """The same in both languages."""
    return Text(text, text)


class BrushParams(Params):
    """One parameter of every kind."""

    size: int = param(384, word("Size"), word("Longest side"), ge=128, le=1024, multiple_of=16)
    strength: float = param(1.0, word("Strength"), word("How much"), ge=0, le=2)
    seed: int = param(0, word("Seed"), word("Chance"), ge=0)
    keep: bool = param(False, word("Keep"), word("Keep the colours"))
    brush: Literal["round", "flat"] = param("round", word("Brush"), word("Its shape"))


def spec(**changes: Any) -> EffectSpec:
    """A good specification, but for the changes."""
    good: dict[str, Any] = {
        "name": "brush",
        "title": word("Brush"),
        "description": word("Paints."),
        "params": BrushParams,
        "runner": "brush.runner:Brush",
        "cost": lambda params, pixels: 1.0,
        "roles": ("photo", "style"),
        "photos": (2, 2),
    }
    return EffectSpec(**(good | changes))


@pytest.mark.parametrize(
    ("given", "field", "expected"),
    [
        ({}, "size", 384),
        ({"size": "512"}, "size", 512),
        ({"size": 512.0}, "size", 512),
        ({"strength": "0.7"}, "strength", 0.7),
        ({"strength": "0,7"}, "strength", 0.7),
        ({"keep": "yes"}, "keep", True),
        ({"keep": "off"}, "keep", False),
        ({"keep": "Да"}, "keep", True),
        ({"keep": "нет"}, "keep", False),
        ({"brush": "flat"}, "brush", "flat"),
    ],
)
def test_parse_converts(given: dict[str, Any], field: str, expected: object) -> None:
    """Words from a chat or a shell become values of the right kind."""
    assert expected == getattr(spec().parse(given), field)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"strength": "9"}, "strength=9: should be a number from 0 to 2"),
        ({"strength": "nan"}, "strength=nan: should be a number from 0 to 2"),
        ({"strength": "inf"}, "strength=inf: should be a number from 0 to 2"),
        ({"strength": float("nan")}, "strength=nan: should be a number from 0 to 2"),
        ({"strength": None}, "strength=None: should be a number from 0 to 2"),
        ({"strength": "strong"}, "strength=strong: should be a number from 0 to 2"),
        (
            {"size": "385"},
            "size=385: should be a whole number from 128 to 1024, a multiple of 16",
        ),
        (
            {"size": "400.5"},
            "size=400.5: should be a whole number from 128 to 1024, a multiple of 16",
        ),
        ({"seed": "-1"}, "seed=-1: should be a whole number of at least 0"),
        ({"seed": "1" * 9000}, f"seed={'1' * 40}: should be a whole number of at least 0"),
        ({"keep": "maybe"}, "keep=maybe: should be yes or no"),
        ({"brush": "flta\n"}, "brush=flta: should be round or flat"),
        ({"stregth": "1"}, "brush has no parameter 'stregth'; did you mean 'strength'?"),
        ({"SIZE": "1"}, "brush has no parameter 'SIZE'; did you mean 'size'?"),
        (
            {"zzz": "1"},
            "brush has no parameter 'zzz'; it has size, strength, seed, keep, brush",
        ),
    ],
)
def test_parse_refuses(given: dict[str, Any], sentence: str) -> None:
    """What is wrong with a parameter is said in one sentence, with what would be right."""
    with pytest.raises(BadParams) as caught:
        spec().parse(given)
    assert sentence == str(caught.value)
    assert caught.value.details["param"] in given


def test_parse_of_an_effect_without_parameters() -> None:
    """Nothing to set is said as such."""
    with pytest.raises(BadParams, match="it has none"):
        spec(params=Params).parse({"size": "1"})


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (0, "brush needs 2 pictures; please add a photo and a style picture"),
        (1, "brush needs 2 pictures; please add a style picture"),
        (3, "brush takes at most 2 pictures, not 3"),
    ],
)
def test_wrong_photos(count: int, sentence: str) -> None:
    """A missing picture is named by its role."""
    defaults = spec().parse({})
    spec().check_photos(2, defaults)
    with pytest.raises(WrongPhotos) as caught:
        spec().check_photos(count, defaults)
    assert sentence == str(caught.value)


def test_parameters_may_need_fewer_photos() -> None:
    """Where they decide, a picture is missed only with those that need it."""
    changed = spec(photos=(0, 2), least=lambda params: 2 if params.keep else 0)
    changed.check_photos(0, changed.parse({}))
    with pytest.raises(WrongPhotos, match="needs 2 pictures; please add a style picture"):
        changed.check_photos(1, changed.parse({"keep": True}))


class Undeclared(Params):
    """A parameter without words."""

    size: int = Field(1, title="Size", description="Longest side")


class OutOfBounds(Params):
    """A default that is not allowed."""

    size: int = param(5, word("Size"), word("Longest side"), ge=10)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Brush"}, "lower-case"),
        ({"name": "b-rush"}, "a–z"),
        ({"aliases": ("two words",)}, "two words"),
        ({"runner": "brush.runner"}, "module:Class"),
        ({"photos": (2, 1)}, "roles"),
        ({"photos": (1, 3)}, "roles"),
        ({"strength_field": "power"}, "power"),
        ({"size_field": "sise"}, "sise"),
        ({"steps_field": "count"}, "count"),
        ({"params": Undeclared}, r"param\(\)"),
        ({"params": OutOfBounds}, "defaults"),
        ({"example": {"size": 1}}, "example"),
        ({"cost": lambda params, pixels: params.power}, "cost"),
        ({"cost": lambda params, pixels: 0}, "cost"),
        ({"least": lambda params: 3}, "needs 3"),
        ({"max_batch": 0}, "max_batch"),
        ({"step_limit": 0}, "step_limit"),
    ],
)
def test_bad_spec(changes: dict[str, Any], words: str) -> None:
    """A specification that contradicts itself is refused when it is made."""
    with pytest.raises(BadSpec, match=words):
        spec(**changes)
