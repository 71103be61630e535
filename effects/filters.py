"""What an effect can be asked to look like: filters that come with it, and those people save."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

__all__ = ["Filters", "Sample", "Text"]


class Text(NamedTuple):
    """A sentence for people, in English and Russian."""

    en: str
    ru: str


class Sample(NamedTuple):
    """A filter that comes with an effect."""

    name: str
    title: Text
    aliases: tuple[str, ...]
    """Other words, in any language, that mean it."""
    picture: Path
    """What it does to a photo, a small JPEG."""


class Filters(Protocol):
    """The filters of an effect, chosen by their names in one of its parameters."""

    @property
    def field(self) -> str:
        """The parameter."""

    @property
    def samples(self) -> Sequence[Sample]:
        """Those that come with it; the first is the default."""

    def find(self, params: Any, own: Collection[str]) -> tuple[str, ...]:
        """Which saved filters, of those called `own`, the parameters name.

        Raises `BadParams` for a name that is neither `own` nor a sample's.
        """
