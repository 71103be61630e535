"""Buttons within VK's caps (https://dev.vk.com/api/bots/development/keyboard)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.core.messages import Button

__all__ = ["INLINE", "keyboard"]

Rows = Sequence[Sequence[Button]]
_LABEL = 40
_WIDE = 5
INLINE = (6, 10)
"""Rows and keys under a message …"""
_BELOW = (10, 40)
"""… and below the chat, where they go when they are too many."""


def keyboard(rows: Rows) -> str:
    """The JSON; keys that no keyboard has room for are left out. None at all: ""."""
    if not any(rows):
        return ""
    inline = _fit(rows, *INLINE)
    shown = inline or _fit(rows, *_BELOW) or _fit(_cut(rows), *_BELOW) or []
    kind = "callback" if inline else "text"
    keys = [[_key(button, kind) for button in row] for row in shown]
    head = {"inline": True} if inline else {"inline": False, "one_time": True}
    return json.dumps(head | {"buttons": keys}, ensure_ascii=False)


def _fit(rows: Rows, most_rows: int, most: int) -> list[list[Button]] | None:
    """As they are if that fits, else one after the other in full rows."""
    buttons = [button for row in rows for button in row]
    if len(buttons) > most:
        return None
    if len(rows) <= most_rows and all(len(row) <= _WIDE for row in rows):
        return [list(row) for row in rows if row]
    wide = -(-len(buttons) // most_rows)
    return [buttons[begin : begin + wide] for begin in range(0, len(buttons), wide)]


def _cut(rows: Rows) -> list[list[Button]]:
    return [[button] for row in rows for button in row][: _BELOW[1]]


def _key(button: Button, kind: str) -> dict[str, object]:
    label = button.label if len(button.label) <= _LABEL else f"{button.label[: _LABEL - 1]}…"
    payload = json.dumps({"p": button.data}, ensure_ascii=False)
    return {"action": {"type": kind, "label": label, "payload": payload}, "color": "secondary"}
