"""What people may call a style, in the words of the parameter."""

from __future__ import annotations

import pytest

from effects.errors import BadParams
from effects.fast_style import SPEC
from effects.fast_style.names import ARTWORKS, blend

NAMES = ("night", "sea", "sea-at-night")


@pytest.mark.parametrize(
    ("words", "shares"),
    [
        ("", {"night": 1.0}),
        ("At-Night", {"sea-at-night": 1.0}),
        ("sea at night", {"sea-at-night": 1.0}),
        ("night + sea", {"night": 0.5, "sea": 0.5}),
        ("night=0,9+sea=0.3", {"night": 0.75, "sea": 0.25}),
    ],
)
def test_shares(words: str, shares: dict[str, float]) -> None:
    """Names in any case, parts of names that are clear, shares that are made to add up to 1."""
    assert shares == blend(words, NAMES)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("STARRY", "starry"),
        ("Звёздная ночь", "starry"),
        ("звездная-ночь", "starry"),
        ("мозаика", "mosaic"),
        ("monet", "lilies"),
        ("пуантилизм", "seurat"),
        ("мондриан, композиция vii", "cubism"),
    ],
)
def test_shipped_styles_in_both_languages(words: str, name: str) -> None:
    """Short names, titles, artists; ё or е; a hyphen or a blank."""
    assert {name: 1.0} == blend(words, [sample.name for sample in SPEC.filters.samples])


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("nihgt", "did you mean night"),
        ("quartz", "there are night, sea, sea-at-night"),
        ("se", "sea or sea-at-night"),
        ("night+", "no style ''"),
        ("night=2", "above 0 and up to 1"),
        ("night=0", "above 0 and up to 1"),
        ("night=nan", "above 0 and up to 1"),
        ("night=much", "above 0 and up to 1"),
    ],
)
def test_bad_styles(style: str, words: str) -> None:
    """A style that is not there, and a share that is none, are refused in one sentence."""
    with pytest.raises(BadParams, match=words):
        blend(style, NAMES)


def test_too_many_styles() -> None:
    """A blend of six is no style."""
    names = [sample.name for sample in SPEC.filters.samples]
    with pytest.raises(BadParams, match="at most 5"):
        blend("+".join(names[:6]), names)


def test_saved_filters_are_found() -> None:
    """Which of one's own filters a request needs, beside the shipped ones."""
    params = SPEC.parse({"style": "starry=0.5+Дача=0.5"})
    assert ("дача",) == SPEC.filters.find(params, ("дача", "утро"))
    with pytest.raises(BadParams, match="did you mean дача"):
        SPEC.filters.find(SPEC.parse({"style": "дачи"}), ("дача",))


def test_no_two_styles_answer_to_one_word() -> None:
    """Names, titles and aliases of the shipped styles are all different."""
    words = [
        word.casefold()
        for sample in SPEC.filters.samples
        for word in {sample.name, *sample.title, *sample.aliases}
    ]
    assert len(words) == len(set(words))
    assert 16 <= len(SPEC.filters.samples) == len(ARTWORKS)
