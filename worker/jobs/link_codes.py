"""Codes by which one identity joins another's account."""

from __future__ import annotations

import secrets

__all__ = ["CODE_SECONDS", "new_code", "plain"]

CODE_SECONDS = 600
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Neither 0 nor O, neither 1 nor I nor L."""


def new_code() -> str:
    """One of 8 × 10¹¹."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def plain(code: str) -> str:
    """A code as it was told, however it was typed."""
    return "".join(letter for letter in code.upper() if letter.isalnum())
