"""Typed values, read strictly: numbers, lengths of time, windows, accounts."""

from __future__ import annotations

import re
from datetime import time

from bot.core.admin.refusal import Refusal
from bot.core.messages import IDENTITY
from worker.jobs.rules import Night

__all__ = ["NONE", "read_identity", "read_integer", "read_night", "read_number", "read_span"]

NONE = ("none", "нет")
"""What is typed for "no value"."""
_GROUPED = re.compile(r"\d{1,3}(?:[,_\u00a0\u202f]\d{3})+")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "с": 1, "м": 60, "ч": 3600, "д": 86_400}
_SPAN = re.compile(rf"(\d{{1,9}})([{''.join(_UNITS)}])")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?")


def read_integer(word: str, low: int, high: int, what: str) -> int:
    """A whole number in [low, high]; "14,400" and "14_400" are grouped ones."""
    plain = re.sub(r"\D", "", word) if _GROUPED.fullmatch(word) else word
    if re.fullmatch(r"\d{1,18}", plain) and low <= int(plain) <= high:
        return int(plain)
    raise Refusal("admin-bad-integer", what=what, given=word, low=low, high=high)


def read_number(word: str, low: float, high: float, what: str) -> float:
    """A number in [low, high], with a decimal point or comma."""
    plain = word.replace(",", ".")
    if re.fullmatch(r"\d{1,18}(\.\d{1,9})?", plain) and low <= float(plain) <= high:
        return float(plain)
    raise Refusal("admin-bad-number", what=what, given=word, low=f"{low:g}", high=f"{high:g}")


def read_span(words: list[str], low: int, high: int) -> int:
    """Seconds of "90s", "2h", "1h30m", "3d", "3 d"."""
    given = " ".join(words)
    parts = _SPAN.findall(given.replace(" ", "").lower())
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    whole = "".join(f"{number}{unit}" for number, unit in parts)
    if whole != given.replace(" ", "").lower() or not low <= seconds <= high:
        raise Refusal("admin-bad-span", given=given, low=low, high=high // 86_400)
    return seconds


def read_night(word: str) -> Night:
    """A window, "23:00-07:00" or "23-7"."""
    begins, dash, ends = word.replace("–", "-").partition("-")
    edges = [_read_clock(edge) for edge in (begins, ends)]
    if not dash or edges[0] is None or edges[1] is None:
        raise Refusal("admin-bad-window", given=word)
    if edges[0] == edges[1]:
        raise Refusal("admin-empty-window", given=word)
    return Night(begins=edges[0], ends=edges[1])


def _read_clock(word: str) -> time | None:
    found = _CLOCK.fullmatch(word)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return time(int(found[1]), int(found[2] or 0))


def read_identity(word: str) -> str:
    """An account as people write it, "telegram:123"."""
    if not IDENTITY.fullmatch(word):
        raise Refusal("admin-bad-identity", given=word)
    return word
