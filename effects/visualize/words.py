"""Words that captions share."""

from __future__ import annotations

from effects.recognize.words import percent
from effects.spec import Text
from effects.visualize.scene import Subject

__all__ = ["named"]


def named(subject: Subject) -> Text:
    """The class with what the network thinks of it: "otter (78 %)"."""
    share = percent(subject.probability)
    return Text(f"{subject.name.en} ({share})", f"{subject.name.ru} ({share})")
