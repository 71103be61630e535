"""What VK refuses, with its codes (https://dev.vk.com/reference/errors)."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["Refused", "check_keyboard", "check_message"]

AUTH, TOO_FAST, FLOOD, INTERNAL, BAD_PARAM = 5, 6, 9, 10, 100
DENIED, BAD_KEYBOARD, TOO_LONG, NO_CHAT, TOO_OLD = 901, 911, 914, 917, 909
PHOTO_BYTES = 50 * 2**20
DOC_BYTES = 200 * 2**20
_COLORS = {"primary", "secondary", "negative", "positive"}


class Refused(Exception):
    """An answer with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def bad(what: str) -> Refused:
    """One of the parameters is wrong."""
    return Refused(BAD_PARAM, f"One of the parameters specified was missing or invalid: {what}")


def check_message(text: str, attachments: int) -> None:
    """Words or something attached; at most 9000 characters, 10 attachments."""
    if not text and not attachments:
        raise bad("message is empty or invalid")
    if len(text) > 9000:
        raise Refused(TOO_LONG, "Message is too long")
    if attachments > 10:
        raise bad("attachments are too many")


def check_keyboard(raw: str) -> dict[str, Any] | None:
    """Rows of at most 5; 10 rows and 40 keys, inline 6 rows and 10 keys; labels of 1–40
    characters, payloads of JSON up to 255.
    """
    if not raw:
        return None
    try:
        keyboard = json.loads(raw)
        fault = _fault(keyboard)
    except (ValueError, KeyError, TypeError) as error:
        fault = repr(error)
    if fault:
        raise Refused(BAD_KEYBOARD, f"Keyboard format is invalid: {fault}")
    assert isinstance(keyboard, dict)
    return keyboard if keyboard["buttons"] else None


def _fault(keyboard: dict[str, Any]) -> str:
    rows, inline = keyboard["buttons"], keyboard.get("inline", False)
    most = (6, 10) if inline else (10, 40)
    if len(rows) > most[0] or sum(map(len, rows)) > most[1]:
        return "too many keys"
    if any(not 1 <= len(row) <= 5 for row in rows):
        return "a row has 1-5 keys"
    if set(keyboard) - {"buttons", "inline", "one_time"}:
        return "strange field"
    faults = (_button_fault(button) for row in rows for button in row)
    return next((fault for fault in faults if fault), "")


def _button_fault(button: dict[str, Any]) -> str:
    action = button["action"]
    payload = action.get("payload", "{}")
    json.loads(payload)
    wrong = {
        "action type": action["type"] not in ("text", "callback"),
        "label length": not 1 <= len(action["label"]) <= 40,
        "payload length": len(payload) > 255,
        "color": button.get("color", "secondary") not in _COLORS,
        "strange field": bool(set(button) - {"action", "color"}),
    }
    return next((fault for fault, holds in wrong.items() if holds), "")
