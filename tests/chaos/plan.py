"""What a run does, and where its pieces meet."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

PLATFORM = "chaos"
EFFECT = "stroll"
LEASE = 2.0
"""Seconds."""
COST = 1000
"""Of a job, in microseconds."""
_SIZE = (16, 12)


@dataclass(frozen=True)
class Plan:
    """How much of everything. Times in seconds."""

    seed: int
    jobs: int = 1000
    workers: int = 4
    submitters: int = 2
    blows: int = 60
    """Workers killed or frozen."""
    restarts: int = 5
    """Of Redis; every other one is `kill -9`."""
    stalls: int = 1
    """Redis frozen for longer than anybody waits for an answer; then it does as it was told."""
    duration: float = 110.0
    """In which all this happens."""
    settle: float = 90.0
    """In which all jobs must have ended thereafter."""
    appendfsync: str = "always"
    """Of Redis. With "everysec" what was accepted in the last second may be lost with the machine,
    so that losses are counted and break no promise.
    """


def owner(number: int) -> str:
    """The account that a job belongs to."""
    return f"chaos:{number % 100}"


def photo(number: int) -> bytes:
    """A job's photo: one colour, unlike any other job's."""
    file = io.BytesIO()
    Image.new("RGB", _SIZE, _colour(number)).save(file, "PNG")
    return file.getvalue()


def is_result(number: int, content: bytes) -> bool:
    """Whether this is what the effect makes of the job's photo."""
    with Image.open(io.BytesIO(content)) as picture:
        expected = tuple(255 - value for value in _colour(number))
        return picture.size == _SIZE and picture.convert("RGB").getcolors() == [(192, expected)]


def _colour(number: int) -> tuple[int, int, int]:
    return number >> 16 & 255, number >> 8 & 255, number & 255
