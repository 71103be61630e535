"""Words that captions share."""

from __future__ import annotations

from effects.spec import Text
from effects.visualize.scene import Subject
from effects.words import percent

__all__ = ["named"]


def named(subject: Subject) -> Text:
    """The class with what the network thinks of it: "otter (78 %)"."""
    share = percent(subject.probability)
    return Text(f"{subject.name.en} ({share})", f"{subject.name.ru} ({share})")
