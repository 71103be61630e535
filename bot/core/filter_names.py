"""What a saved filter may be called."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from effects.catalogue import Catalogue
from effects.errors import UserError

__all__ = [
    "VERBS",
    "BadFilterName",
    "FilterNameShipped",
    "check_name",
    "loose",
    "normal",
    "taken_words",
]

VERBS = {
    "add": "add",
    "добавь": "add",
    "добавить": "add",
    "rename": "rename",
    "переименуй": "rename",
    "переименовать": "rename",
    "delete": "delete",
    "удали": "delete",
    "удалить": "delete",
    "share": "share",
    "поделись": "share",
    "поделиться": "share",
}
"""What can be done with a filter: "/style share sea"."""
_LONGEST = 24


class BadFilterName(UserError):
    """Not a name: `value`, at most `limit` letters, digits, "-" and "_"."""

    code = "bad_filter_name"


class FilterNameShipped(UserError):
    """`name` is a word that means something already: a style of ours, or a command."""

    code = "filter_name_shipped"


def normal(word: str) -> str:
    """A name as it is kept and compared: no two that effects take for the same, so е for ё, and
    hyphens one by one between letters.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    return "-".join(filter(None, folded.replace("ё", "е").split("-")))


def taken_words(catalogue: Catalogue) -> frozenset[str]:
    """What no filter can be called, as `loose` makes it: the names of shipped filters, in all
    languages, and verbs.
    """
    samples = [each for spec in catalogue if spec.filters for each in spec.filters.samples]
    words = {word for each in samples for word in (each.name, *each.aliases, *each.title)}
    return frozenset(map(loose, words | VERBS.keys()))


def loose(word: str) -> str:
    """A name as people may write it who mean the same: hyphens as blanks."""
    return normal(word).replace("-", " ")


def check_name(word: str, reserved: Collection[str]) -> str:
    """The name in its normal form. Raises `BadFilterName` and, if `reserved` has it as `loose`
    makes it, `FilterNameShipped`.
    """
    name = normal(word)
    if not (1 <= len(name) <= _LONGEST and all(map(_is_good, name))):
        message = f"{word[:40]!r} is no name for a filter"
        raise BadFilterName(message, value=word[:40], limit=_LONGEST)
    if loose(name) in reserved:
        raise FilterNameShipped(f"{name!r} means something already", name=name)
    return name


def _is_good(letter: str) -> bool:
    return letter in "-_" or unicodedata.category(letter)[0] in "LM" or letter.isdecimal()
