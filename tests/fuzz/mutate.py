"""Mutations, by a seeded chance: of the bytes of a file, and of the shape of a JSON value."""

from __future__ import annotations

import copy
import struct
import zlib
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

__all__ = ["bytes_of", "paths", "shape_of"]

_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBERS = (0, 1, 2, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31)
_NUMBERS += (2**32 - 1, 300_000_000, 20_000)
_HEAD = 64


def bytes_of(chance: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the files, changed in a few places."""
    content = bytearray(chance.choice(seeds))
    if content.startswith(_PNG) and chance.random() < 0.5:
        content = _chunks_of(chance, bytes(content))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        if not content:
            break
        _change(chance, content, seeds)
    return bytes(content)


def _change(chance: Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    # Headers decide most, and are short.
    size = len(content)
    at = chance.randrange(min(size, _HEAD) if chance.random() < 0.5 else size)
    some = chance.randint(1, 1 + size // 4)
    match chance.randrange(8):
        case 0 | 1:
            content[at] ^= 1 << chance.randrange(8)
        case 2:
            content[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        case 3:
            kind = chance.choice(("<H", ">H", "<I", ">I"))
            number = chance.choice(_NUMBERS) % 2 ** (8 * struct.calcsize(kind))
            content[at : at + struct.calcsize(kind)] = struct.pack(kind, number)
        case 4:
            if chance.random() < 0.3:
                del content[at:]
            else:
                del content[at : at + min(some, 16)]
        case 5:
            content[at:at] = content[at : at + some]
        case 6:
            other = chance.choice(seeds)
            start = chance.randrange(len(other))
            content[at:at] = other[start : start + some]
        case 7:
            content[at : at + 8] = chance.randbytes(chance.randint(1, 8))


def _chunks_of(chance: Random, content: bytes) -> bytearray:
    """A PNG whose chunks are changed, doubled, dropped or mixed up, with check sums that fit."""
    chunks, at = [], len(_PNG)
    while at + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, at)
        chunks.append((content[at + 4 : at + 8], bytearray(content[at + 8 : at + 8 + size])))
        at += 12 + size
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(chunks))
        kind, data = chunks[place]
        match chance.randrange(4):
            case 0 if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
            case 1:
                chunks.insert(place, (kind, bytearray(data)))
            case 2 if len(chunks) > 1:
                del chunks[place]
            case _:
                chance.shuffle(chunks)
    whole = bytearray(_PNG)
    for kind, data in chunks:
        whole += struct.pack(">I", len(data)) + kind + data
        whole += struct.pack(">I", zlib.crc32(kind + bytes(data)))
    return whole


def _deep(chance: Random) -> Any:
    value: Any = 0
    for _ in range(chance.choice((3, 50, 400))):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def _odd(chance: Random) -> Any:
    """A value that is hardly ever meant."""
    values: tuple[Any, ...] = (
        None, True, False, 0, -1, 1, 2**31, -(2**31), 2**63, 2**64, -(2**63) - 1, 10**40,
        0.5, 1e308, float("nan"), float("inf"), "", " ", "\x00", "0", "-1", "null", "\ud800",
        "\udfff\ud800", "\u202e\u0000\ufeff", "\u0435\u0301" * 50, "\U0001f469\u200d" * 9,
        "{}", "[]", "/", "//", "%s%n{0}", "a" * 5000, "/" * 300, "x" * 100_000, "\n" * 50,
        "a\r\nb: c", [], {}, [[]], [None], {"": None},
    )  # fmt: skip
    return _deep(chance) if chance.random() < 0.05 else chance.choice(values)


def paths(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys, outermost first."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, dict | list):
            yield from paths(inner)


def shape_of(chance: Random, value: dict[str, Any]) -> dict[str, Any]:
    """The value with a few of its parts dropped, doubled, swapped or of another type."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        places = list(paths(value))
        if not places:
            break
        place, key = chance.choice(places)
        inner = place[key]
        match chance.randrange(8):
            case 0:
                del place[key]
            case 1:
                place[key] = [inner] if chance.random() < 0.5 else {str(key): inner}
            case 2:
                other, name = chance.choice(places)
                if name in other if isinstance(other, dict) else name < len(other):
                    place[key] = copy.deepcopy(other[name])
            case 3 if isinstance(inner, list):
                inner += copy.deepcopy(inner) * chance.choice((1, 1, 30))
            case 3 | 4 if isinstance(inner, str):
                place[key] = _text_of(chance, inner)
            case 3 | 4 if type(inner) in (int, float):
                place[key] = chance.choice(
                    (-inner, inner + 1, inner * 2**32, str(inner), inner / 2)
                )
            case 5 if isinstance(place, dict):
                place[chance.choice((str(key).upper(), f"{key}s", "id", "type"))] = place.pop(key)
            case _:
                place[key] = _odd(chance)
    return value


def _text_of(chance: Random, text: str) -> str:
    at = chance.randint(0, len(text))
    odd = chance.choice(("\x00", "\ud800", "\u202e", "=", "+", ":", " ", "\n", "9" * 40, "ё", "💥"))
    match chance.randrange(3):
        case 0:
            return text[:at] + odd + text[at:]
        case 1:
            return text[:at] * chance.choice((2, 100))
        case _:
            return text[at:] + odd
