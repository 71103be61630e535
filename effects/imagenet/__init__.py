"""ImageNet's thousand classes in English and Russian, and found by what a person types.

Each line of classes.txt is one class, in ImageNet's order: its English and its Russian name,
then other words for it. The English names follow torchvision's (models/_meta.py,
BSD-3-Clause), where they are plain; where they are not, torchvision's is among the other words.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from importlib.resources import files

from effects.errors import UnknownClass
from effects.filters import Text

__all__ = ["CLASSES", "find"]

_ROWS = [
    [cell.strip() for cell in line.split("|")]
    for line in files(__package__).joinpath("classes.txt").read_text("utf-8").splitlines()
]
CLASSES = tuple(Text(row[0], row[1]) for row in _ROWS)
"""The names, by the number of the class."""

_OFFERED = 5
_NEAR = 0.8
"""Likeness (difflib's ratio, 0–1) above which a name is meant, if no other class's comes close."""
_CLEAR = 0.05
_WORTH = 0.4
"""Likeness above which a name is offered."""
_LONGEST = 40
# Endings of plurals and cases; at least three letters stay before them.
_ENDING = re.compile(
    r"(?<=\w{3})(?:ами|ями|ого|его|ому|ему|ыми|ими|ах|ях|ам|ям|ов|ев|ей|ой|ом|ем|ую|юю|ый|ий"
    r"|ая|яя|ое|ее|ые|ие|ых|их|ии|ия|ию|[аеиоуыэюяйь]|es|(?<!s)s|e)$"
)
# "замок" and "замки", "котёл" and "котлы".
_FLEETING = re.compile(r"(?<=[бвгджзклмнпрстфхцчшщ])[ое](?=[клц]$)")


def find(words: str) -> int:
    """The number of the class that `words` name, in English or Russian, as people type.

    A whole name or another word for it; else the only name with these words where its noun
    stands; else the nearest spelling. Case, ё, hyphens and plurals don't matter.
    Raises `UnknownClass`, whose `nearest` are five names in the language of the question.
    """
    key = _key(words)
    if key in _BY_KEY:
        return _BY_KEY[key]
    having = _having(key)
    if len(having) == 1:
        return having[0]
    near = _near(key)
    if near and not having:
        (first, best), (_, second) = [*near, (0, 0.0)][:2]
        if best >= max(_NEAR, second + _CLEAR):
            return first
    offered = dict.fromkeys((*having, *(n for n, _ in near), *map(find, _EXAMPLES)))
    raise _unknown(words, list(offered)[:_OFFERED])


def _key(words: str) -> str:
    """What names alike have in common: small letters, no ё, no hyphens, stems alone."""
    plain = words[:_LONGEST].casefold().replace("ё", "е").replace("'", "")
    return " ".join(map(_stem, re.findall(r"[^\W_]+", plain)))


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return _FLEETING.sub("", _ENDING.sub("", word))


def _having(key: str) -> list[int]:
    """The classes with a name that begins or ends with `key`'s words, shorter names first.

    English names end with their noun ("tree frog" is no tree), Russian ones may begin with it.
    """
    if not key:
        return []
    having = [
        (len(name), n)
        for name, n in _BY_KEY.items()
        if name.endswith(f" {key}") or (not key.isascii() and name.startswith(f"{key} "))
    ]
    return list(dict.fromkeys(n for _, n in sorted(having)))


def _near(key: str) -> list[tuple[int, float]]:
    """The classes with the likest names, and how like they are, likest first."""
    names = difflib.get_close_matches(key, _BY_KEY, n=4 * _OFFERED, cutoff=_WORTH)
    near: dict[int, float] = {}
    for name in names:
        near.setdefault(_BY_KEY[name], difflib.SequenceMatcher(None, name, key).ratio())
    return list(near.items())


def _names() -> Iterator[tuple[str, int]]:
    # Names come before other words, so that no other word takes a name away.
    for n, row in enumerate(_ROWS):
        yield from ((name, n) for name in row[:2])
    for n, row in enumerate(_ROWS):
        yield from ((name.strip(), n) for name in ",".join(row[2:]).split(",") if name)


_BY_KEY: dict[str, int] = {}
for _name, _n in _names():
    _BY_KEY.setdefault(_key(_name), _n)


# Offered where nothing typed comes near.
_EXAMPLES = ("volcano", "peacock", "castle", "goldfish", "daisy")


def _unknown(words: str, nearest: list[int]) -> UnknownClass:
    said = " ".join(words.split())[:_LONGEST]
    # In the language in which it was asked.
    russian = bool(re.search("[а-яё]", said, re.IGNORECASE))
    names = ", ".join(CLASSES[n].ru if russian else CLASSES[n].en for n in nearest)
    return UnknownClass(
        f"there is no class {said!r}; the nearest are {names}", value=said, nearest=names
    )
