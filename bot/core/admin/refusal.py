"""Why a command of an admin can't be done."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["Refusal", "choose"]

_LISTED = 20


class Refusal(Exception):
    """`id` is the sentence's in the texts, `args` what it takes."""

    def __init__(self, id: str, **args: str | int) -> None:
        super().__init__(id)
        self.id = id
        self.args_said = args


def choose(word: str, known: Iterable[str], kind: str) -> str:
    """The known word that was typed, whatever the case. Raises `Refusal` with the nearest.

    `kind` selects the sentence: "verb", "tier", "effect", "pool", "worker", "job", "field".
    """
    names = sorted(known)
    for name in names:
        if name.casefold() == word.casefold():
            return name
    near = get_close_matches(word.casefold(), names, 1)
    listed = ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
    raise Refusal(
        "admin-unknown",
        kind=kind,
        word=word,
        nearest=near[0] if near else "none",
        known=listed or "none",
    )
