"""Parameters as fields, help and words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.forms import NoValue, allowed, command, describe, fields, read_values
from bot.core.texts import LANGUAGES, Texts
from effects.catalogue import Catalogue
from effects.colorize import SPEC as COLORIZE
from effects.fast_style import SPEC as STYLE
from effects.spec import Params, Text, param
from effects.visualize import SPEC as VISUALIZE
from tests.bot.conftest import BLEND, SWIRL
from tests.bot.filter_kit import LEARN


def test_fields() -> None:
    """Every kind of parameter becomes its kind of field, with bounds, default and both titles."""
    size, strength, sharp, start, seed = fields(BLEND)
    assert ("integer", 64, 1024, 512) == (size.kind, size.minimum, size.maximum, size.default)
    assert {"en": "Size", "ru": "Размер"} == size.title
    assert ("number", 1.0) == (strength.kind, strength.default)
    assert ("switch", False) == (sharp.kind, sharp.default)
    assert ("choice", ("photo", "noise"), True) == (start.kind, start.choices, start.advanced)
    assert ("integer", None, 0) == (seed.kind, seed.default, seed.minimum)
    assert [] == fields(SWIRL)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("size=384 strength=1.2", {"size": "384", "strength": "1.2"}),
        ("SIZE 384", {"size": "384"}),
        ("strength=0,7", {"strength": "0.7"}),
        ("sharp=да", {"sharp": "true"}),
        ("siz=3", {"siz": "3"}),
        ("size=1 size=2", {"size": "2"}),
        ("size", {"size": ""}),
        ("noise", {"start": "noise"}),
        ("Photo size 99", {"start": "photo", "size": "99"}),
    ],
)
def test_read_values(words: str, expected: dict[str, str]) -> None:
    """What people type becomes values; the spec judges them later."""
    assert expected == read_values(BLEND, words.split(), strict=True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("starry", {"style": "starry"}),
        ("Звёздная ночь size=384", {"style": "Звёздная ночь", "size": "384"}),
        ("style=звёздная ночь", {"style": "звёздная ночь"}),
        ("size 384 starry + wave", {"style": "starry + wave", "size": "384"}),
        ("starry=0.7+wave=0.3", {"style": "starry=0.7+wave=0.3"}),
        ("style starry=0.7+wave=0.3", {"style": "starry=0.7+wave=0.3"}),
        ("strenght=0.5", {"strenght": "0.5"}),
    ],
)
def test_names_of_filters(words: str, expected: dict[str, str]) -> None:
    """Words by themselves name filters; what looks like a parameter is one."""
    assert expected == read_values(STYLE, words.split(), strict=True)


def test_one_word_by_itself() -> None:
    """It is the first text of an effect that has one; a second one is astray."""
    assert {"name": "sea"} == read_values(LEARN, ["sea"], strict=True)
    assert {} == read_values(LEARN, ["sea"], strict=False)
    for words in (["sea", "side"], ["name=sea", "side"]):
        with pytest.raises(NoValue, match="side"):
            read_values(LEARN, words, strict=True)


class SceneParams(Params):
    """A text that may have several words, and a number."""

    of: str = param("", Text("Of", "Что"), Text("What of", "О чём"), phrase=True)
    size: int = param(9, Text("Size", "Размер"), Text("How large", "Насколько велико"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("sports car", {"of": "sports car"}),
        ("of sports car size=7", {"of": "sports car", "size": "7"}),
        ("of=sports size 7 car", {"of": "sports car", "size": "7"}),
    ],
)
def test_phrase(words: str, expected: dict[str, str]) -> None:
    """A text that may be a phrase takes all words that stand by themselves."""
    scene = replace(SWIRL, name="scene", params=SceneParams, strength_field=None)
    assert expected == read_values(scene, words.split(), strict=True)
    told = command(scene, {"of": "sports car", "size": 9}).split()
    assert {"of": "sports car"} == read_values(scene, told[1:], strict=True)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("occlusion", {"method": "occlusion"}),
        (
            "Occlusion золотая рыбка sheet",
            {"method": "occlusion", "of": "золотая рыбка", "view": "sheet"},
        ),
        ("вулкан", {"of": "вулкан"}),
        ("of=вулкан class_model", {"of": "вулкан", "method": "class_model"}),
    ],
)
def test_a_choice_by_itself(words: str, expected: dict[str, str]) -> None:
    """A word that only one parameter has among its choices is meant for that one."""
    assert expected == read_values(VISUALIZE, words.split(), strict=True)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_points(lang: str) -> None:
    """They are a kind of their own, which help explains; a word by itself is none."""
    [places] = [field for field in fields(COLORIZE) if field.kind == "points"]
    assert ("hints", 32, "") == (places.name, places.maximum, places.default)
    assert "0.42,0.31,#c03020" in allowed(places, lang, Texts())
    with pytest.raises(NoValue, match="sea"):
        read_values(COLORIZE, ["sea"], strict=True)
    typed = "hints=0.5,0.5,#c03020;1,0,#3060c0"
    params = COLORIZE.parse(read_values(COLORIZE, [typed], strict=True))
    assert f"/colorize {typed}" == command(COLORIZE, params.model_dump(mode="json"))


def test_stray_word() -> None:
    """After a command a stray word is an error; in plain words it is only a word."""
    with pytest.raises(NoValue, match="beautifully"):
        read_values(BLEND, ["beautifully"], strict=True)
    assert {"size": "99"} == read_values(BLEND, ["beautifully", "size=99"], strict=False)


def test_command_is_read_back() -> None:
    """The command shown for a job asks for the same parameters."""
    params = BLEND.parse({"size": 100, "sharp": "true", "seed": 7})
    words = command(BLEND, params.model_dump(mode="json")).split()
    assert "/blend" == words[0]
    assert params == BLEND.parse(read_values(BLEND, words[1:], strict=True))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_installed_effects_can_be_described(lang: str) -> None:
    """Help is made for every installed effect, and its example is a command that works."""
    for spec in Catalogue.load():
        text = describe(spec, lang, Texts())
        for field in fields(spec):
            assert f"{field.name} — " in text
        example = text.splitlines()[-1].split("/")[1].split()
        spec.parse(read_values(spec, example[1:], strict=True))
