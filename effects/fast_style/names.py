"""The shipped styles by name, and "starry=0.7+wave=0.3" read."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from effects.errors import BadParams
from effects.filters import Sample, Text

__all__ = ["ARTWORKS", "StyleNames", "blend"]

_HERE = Path(__file__).parent
_LISTED = json.loads((_HERE / "names.json").read_text(encoding="utf-8"))
ARTWORKS: Mapping[str, str] = {each["artwork"]: each["name"] for each in _LISTED}
"""File of the artwork, without its suffix -> name of the style."""
_MOST = 5


class StyleNames:
    """See `effects.filters.Filters`."""

    field = "style"
    samples = tuple(
        Sample(
            each["name"],
            Text(each["en"], each["ru"]),
            tuple(each["aliases"]),
            _HERE / "thumbnails" / f"{each['name']}.jpg",
        )
        for each in _LISTED
    )

    def find(self, params: Any, own: Collection[str]) -> tuple[str, ...]:
        """See `effects.filters.Filters`."""
        shares = blend(params.style, [*(sample.name for sample in self.samples), *own])
        return tuple(name for name in shares if name in own)


def blend(words: str, names: Collection[str]) -> Mapping[str, float]:
    """The styles named and their shares, which add up to 1; "" is the first of `names`.

    A shipped style may be called by an alias, any by a part of its name that no other has.
    Raises `BadParams`.
    """
    if not words.strip():
        return {next(iter(names)): 1.0}
    shares: dict[str, float] = {}
    for part in words.split("+"):
        word, _, share = part.partition("=")
        name = _find(word, names, words)
        shares[name] = shares.get(name, 0.0) + _share(share, words)
    if len(shares) > _MOST:
        raise _refused(words, f"at most {_MOST} styles can be blended", "many", most=_MOST)
    whole = sum(shares.values())
    return {name: share / whole for name, share in shares.items()}


def _find(word: str, names: Collection[str], words: str) -> str:
    wanted = _plain(word)
    called = {_plain(name): name for name in names}
    called |= {alias: name for alias, name in _CALLED.items() if name in names}
    if wanted in called:
        return called[wanted]
    found = sorted({name for key, name in called.items() if wanted and wanted in key})
    if len(found) == 1:
        return found[0]
    if 1 < len(found) <= _MOST:
        said = f"{word.strip()[:40]!r} may be {' or '.join(found)}"
        raise _refused(words, said, "several", word=word.strip()[:40], names=", ".join(found))
    close = difflib.get_close_matches(wanted, called, n=1)
    nearest = called[close[0]] if close else ""
    hint = f"did you mean {nearest}?" if close else f"there are {', '.join(names)}"
    said = f"there is no style {word.strip()[:40]!r}; {hint}"
    raise _refused(words, said, "unknown", word=word.strip()[:40], nearest=nearest)


def _plain(word: str) -> str:
    """As people write it or don't: small letters, blanks and hyphens alike, no ё."""
    return "-".join(word.casefold().replace("ё", "е").replace("-", " ").split())


_CALLED = {
    _plain(word): sample.name
    for sample in StyleNames.samples
    for word in (*sample.title, *sample.aliases)
}


def _share(word: str, words: str) -> float:
    try:
        share = float(word.strip().replace(",", ".")) if word else 1.0
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        said = "the share of a style should be a number above 0 and up to 1"
        raise _refused(words, said, "share")
    return share


def _refused(words: str, why: str, reason: str, **details: str | int) -> BadParams:
    return BadParams(
        f"style={words[:40]}: {why}",
        effect="style",
        param="style",
        value=words[:40],
        reason=reason,
        **details,
    )
