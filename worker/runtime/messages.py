"""What goes through the pipe between a worker and its child, and how it is framed."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO

HEADER = struct.Struct("!Q")


@dataclass(frozen=True)
class Start:
    """Parent to child, once: what to be. `device` empty: the first GPU if there is one."""

    device: str
    effects: tuple[str, ...]
    """Offer these alone; empty: all that are installed."""
    down: dict[str, str]
    """Effects not to be touched, and why."""
    memory_mb: int
    """Bound of the shelf; 0: half of what the device has."""
    batch: int
    """Jobs in one order, at most."""


@dataclass(frozen=True)
class Part:
    """One job of an order. `number` is never used again on this worker."""

    number: int
    cost: int
    """Expected service time; the batch's is shared out by it."""
    params: dict[str, Any]
    photos: tuple[bytes, ...]
    """Files as they came from the person."""
    attachments: dict[str, bytes] = field(default_factory=dict)
    job: str = ""
    """Its id, for the log."""


@dataclass(frozen=True)
class Order:
    """Run an effect once, for all of these together. Every part has its own verdict."""

    effect: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Stop:
    """Let go of a part at its next step."""

    number: int


@dataclass(frozen=True)
class Knock:
    """Are you there? Asked before an order, so that no job pays for a child that is gone."""


@dataclass(frozen=True)
class Look:
    """Try to load these effects, which are down."""

    effects: tuple[str, ...]


@dataclass(frozen=True)
class Stock:
    """What the child has to offer now."""

    warm: tuple[str, ...]
    """Effects that are loaded."""
    most: dict[str, int]
    """Jobs that an effect takes in one order, where that is more than one."""
    took: dict[str, float] = field(default_factory=dict)
    """Seconds that loading an effect took the last time, its weights too."""


@dataclass(frozen=True)
class Looked:
    """Child to parent: those of them that are still down, and why."""

    down: dict[str, str]
    stock: Stock


@dataclass(frozen=True)
class Here:
    """Child to parent: the answer to a knock."""


@dataclass(frozen=True)
class Warming:
    """This effect is being loaded."""

    effect: str


@dataclass(frozen=True)
class Ready:
    """The child takes orders now."""

    device: str
    effects: tuple[str, ...]
    down: dict[str, str]
    stock: Stock


@dataclass(frozen=True)
class Refused:
    """The child can't serve with these settings or this installation; one sentence."""

    reason: str


@dataclass(frozen=True)
class Running:
    """The effect is loaded and begins with these parts; a step comes at least every `limit`
    seconds.
    """

    numbers: tuple[int, ...]
    limit: float


@dataclass(frozen=True)
class Step:
    """How far a part is; `preview` is a small JPEG."""

    number: int
    done: int
    total: int
    preview: bytes | None


@dataclass(frozen=True)
class Result:
    """What the effect gave for a part."""

    number: int
    media: tuple[tuple[str, bytes], ...]
    """(MIME type, content without metadata)"""
    text: dict[str, str]
    seconds: float
    """The part's share of the time that the effect took."""
    data: dict[str, bytes] = field(default_factory=dict)
    """What is for programs, by name."""


@dataclass(frozen=True)
class Failure:
    """The part has no result."""

    number: int
    code: str
    message: str
    details: dict[str, str | int | float] = field(default_factory=dict)
    down: bool = False
    """The effect could not be loaded: this worker can't run it."""
    retry: bool = False
    """The next attempt may do."""


@dataclass(frozen=True)
class Stopped:
    """The part was let go of."""

    number: int


@dataclass(frozen=True)
class Over:
    """Every part of the order has had its verdict."""

    stock: Stock


Verdict = Result | Failure | Stopped


def pack(message: object) -> bytes:
    """One frame: the length, then the pickled message."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> Any:
    """The message in a frame's body."""
    # Both ends are the same program, and the pipe has no other.
    return pickle.loads(body)  # noqa: S301


def read(file: BinaryIO) -> Any:
    """The next message of a blocking file; None at its end."""
    head = file.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    (length,) = HEADER.unpack(head)
    body = file.read(length)
    return unpack(body) if len(body) == length else None
