"""What a saved filter may be called."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from effects.errors import UserError

__all__ = ["BadFilterName", "FilterNameShipped", "check_name", "normal"]

_LONGEST = 24


class BadFilterName(UserError):
    """Not a name: `value`, at most `limit` letters, digits, "-" and "_"."""

    code = "bad_filter_name"


class FilterNameShipped(UserError):
    """`name` is a word that means something already: a style of ours, or a command."""

    code = "filter_name_shipped"


def normal(word: str) -> str:
    """A name as it is kept and compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())


def check_name(word: str, reserved: Collection[str]) -> str:
    """The name in its normal form. Raises `BadFilterName` and, if it is among the `reserved`
    ones, `FilterNameShipped`.
    """
    name = normal(word)
    if not (1 <= len(name) <= _LONGEST and all(map(_is_good, name))):
        message = f"{word[:40]!r} is no name for a filter"
        raise BadFilterName(message, value=word[:40], limit=_LONGEST)
    if name in reserved:
        raise FilterNameShipped(f"{name!r} means something already", name=name)
    return name


def _is_good(letter: str) -> bool:
    return letter in "-_" or unicodedata.category(letter)[0] in "LM" or letter.isdecimal()
