"""Numbers in words, alike in all effects."""

from __future__ import annotations

__all__ = ["percent"]


def percent(probability: float) -> str:
    """In words: "79 %", "<1 %", ">99 %"; nothing is certain."""
    if probability >= 0.995:
        return ">99 %"
    return f"{round(probability * 100)} %" if probability >= 0.005 else "<1 %"
