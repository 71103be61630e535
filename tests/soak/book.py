"""What every person asked for, and what came of it."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field

from PIL import Image, ImageStat

from tests.soak.chats import Heard

__all__ = ["Book", "Wish", "is_inverse"]

_JUST = 0.2
"""Seconds."""
_NEAR = 6.0
"""Of 255; messengers squeeze pictures."""


@dataclass
class Wish:
    """One request of one person. Times in Unix seconds."""

    user: str
    kind: str
    sent: float
    photo: bytes = b""
    numbers: list[int] = field(default_factory=list)
    """Of its messages."""
    accepted: float = 0.0
    """When the person heard that it is queued."""
    answered: float = 0.0
    outcome: str = ""
    """ "result"; "words": a sentence; "away": to try again later."""
    text: str = ""
    again: list[float] = field(default_factory=list)
    """When the person said it once more."""
    vanished: int = 0
    """How often the queue did not know its job any more."""
    wrong: str = ""
    """What is wrong with the result."""
    extra: list[str] = field(default_factory=list)
    """Outcomes that came after the first."""

    @property
    def platform(self) -> str:
        """Where."""
        return self.user.partition(":")[0]


class Book:
    """All wishes."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.waiting: dict[int, Wish] = {}
        self.ended: list[float] = []
        """When results and failures of jobs came."""
        self.failovers: list[float] = []

    def open(self, wish: Wish) -> None:
        """It has been sent."""
        self.wishes.append(wish)
        self.waiting[id(wish)] = wish

    def close(self, wish: Wish, outcome: str, text: str) -> None:
        """It was answered."""
        wish.answered, wish.outcome, wish.text = time.time(), outcome, text
        del self.waiting[id(wish)]
        if outcome == "result" or wish.accepted:
            self.ended.append(wish.answered)

    def just_said(self) -> bool:
        """Whether a messenger has brought something that was not answered yet."""
        now = time.time()
        return any(
            wish.platform != "web" and not wish.accepted and now - wish.sent < _JUST
            for wish in self.waiting.values()
        )

    def recovered(self, since: float) -> float | None:
        """When, after this moment, the first job's end was delivered and the last who had asked
        before it was answered; None: not yet.
        """
        if any(wish.sent < since for wish in self.waiting.values()):
            return None
        ended = next((moment for moment in self.ended if moment > since), None)
        last = max((w.answered for w in self.wishes if w.sent < since and w.answered), default=0.0)
        return None if ended is None else max(ended, last, since)


def is_inverse(photo: bytes, result: bytes) -> bool:
    """Whether the result is the photo's negative, as far as its mean colour tells."""
    with Image.open(io.BytesIO(photo)) as before, Image.open(io.BytesIO(result)) as after:
        means = [ImageStat.Stat(each.convert("RGB")).mean for each in (before, after)]
    return all(abs(255 - one - other) < _NEAR for one, other in zip(*means, strict=True))


def outcome_of(heard: Heard) -> str:
    """What a message that ends a wish is. A status with a preview may end in words."""
    if heard.picture is not None and any(one.startswith("delete:") for one in heard.buttons):
        return "result"
    return "away" if _AWAY in heard.text else "words"


_AWAY = "Nothing is lost: please try again"
