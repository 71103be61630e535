"""Effects are found through the packages that are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from effects.catalogue import Catalogue
from effects.errors import BadSpec, BrokenEffect, UnknownEffect
from effects.spec import Effect
from tests.effects.test_spec import spec


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """What is installed here."""
    return Catalogue.load()


def test_own_effects_in_their_order(catalogue: Catalogue) -> None:
    """Ours are there, each once: what most people come for first, then by name."""
    names = [spec.name for spec in catalogue]
    assert ["style", "gatys"] == names[:2]
    assert {"dream", "recognize"} <= set(names)
    assert sorted(set(names[2:])) == names[2:]
    assert len(catalogue) == len(names)


def test_order_of_others() -> None:
    """A package's effect stands where it says, else among the rest by name."""
    specs = [spec(name=name, aliases=()) for name in ("tint", "brush")]
    first = spec(name="wash", aliases=(), order=1)
    listed = Catalogue([("theirs", each) for each in (*specs, first)])
    assert ["wash", "brush", "tint"] == [each.name for each in listed]


def test_by_name_and_alias(catalogue: Catalogue) -> None:
    """Any word for an effect finds it, in any case."""
    assert "recognize" == catalogue["Распознай"].name == catalogue["RECOGNIZE"].name
    assert "gatys" in catalogue
    assert "gatsy" not in catalogue
    assert 7 not in catalogue


@pytest.mark.parametrize(("word", "nearest"), [("gatis", "gatys"), ("распазнай", "recognize")])
def test_unknown_effect(catalogue: Catalogue, word: str, nearest: str) -> None:
    """A misspelt effect is answered with the nearest."""
    with pytest.raises(UnknownEffect, match=f"did you mean '{nearest}'") as caught:
        catalogue[word]
    assert nearest == caught.value.details["nearest"]


def test_unlike_any_effect(catalogue: Catalogue) -> None:
    """A word that is near to nothing is answered with the list."""
    with pytest.raises(UnknownEffect, match=r"there are (.*, )?gatys, ") as caught:
        catalogue["zzzzz"]
    assert caught.value.details["nearest"] == ""


def test_clash_names_both_packages() -> None:
    """Two effects that answer to one word stop the start; the sentence says whose they are."""
    pairs = [("ours", spec()), ("theirs", spec(name="comb", aliases=("brush",)))]
    with pytest.raises(BadSpec, match=r"package theirs.*package ours.*'brush'"):
        Catalogue(pairs)


def test_runners(catalogue: Catalogue) -> None:
    """Every effect's class is where its specification says."""
    for each in catalogue:
        assert issubclass(catalogue.load_runner(each), Effect)


@pytest.mark.parametrize(
    ("runner", "words"),
    [
        ("nowhere.runner:Brush", "'nowhere', which is not installed"),
        ("effects.spec:Brush", "can't be loaded"),
        ("effects.spec:Params", "not an Effect"),
        ("this_fails:Brush", "can't be loaded: RuntimeError: on purpose"),
    ],
)
def test_bad_runner(
    runner: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class that is not there, or fails at import, is one sentence."""
    (tmp_path / "this_fails.py").write_text("raise RuntimeError('on purpose')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BrokenEffect, match=words):
        Catalogue.load_runner(spec(runner=runner))
