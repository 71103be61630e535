"""What the Bot API refuses, with its own words."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["Refused", "check_caption", "check_markup", "check_photo", "check_text"]

PHOTO_BYTES = 10 * 2**20
FILE_BYTES = 50 * 2**20
DOWNLOAD_BYTES = 20 * 2**20
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")


class Refused(Exception):
    """An answer with `ok` false."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters


def bad(what: str) -> Refused:
    """The usual refusal."""
    return Refused(400, f"Bad Request: {what}")


def units(text: str) -> int:
    """The length as Telegram counts it: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str) -> None:
    """1–4096 characters."""
    if not text.strip():
        raise bad("message text is empty")
    if units(text) > 4096:
        raise bad("message is too long")


def check_caption(text: str) -> None:
    """At most 1024 characters."""
    if units(text) > 1024:
        raise bad("message caption is too long")


def check_photo(content: bytes, size: tuple[int, int] | None) -> None:
    """At most 10 MB, width and height together 10,000, twenty times as long as wide."""
    if len(content) > PHOTO_BYTES:
        raise Refused(413, "Request Entity Too Large")
    if size is None:
        raise bad("IMAGE_PROCESS_FAILED")
    if sum(size) > 10_000 or max(size) > 20 * min(size):
        raise bad("PHOTO_INVALID_DIMENSIONS")


def check_markup(raw: str | None) -> dict[str, Any] | None:
    """An inline keyboard: rows of at most 8 buttons, 100 in all, data of 1–64 bytes."""
    if not raw:
        return None
    markup = json.loads(raw)
    if set(markup) != {"inline_keyboard"}:
        raise bad("can't parse reply keyboard markup JSON object")
    rows = markup["inline_keyboard"]
    if sum(map(len, rows)) > 100 or any(len(row) > 8 for row in rows):
        raise bad("reply markup is too long")
    for button in (button for row in rows for button in row):
        if not str(button.get("text", "")).strip():
            raise bad("inline keyboard button text must be non-empty")
        if len(set(button) & {"callback_data", "url"}) != 1 or len(button) != 2:
            raise bad("Text buttons are unallowed in the inline keyboard")
        if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
            raise bad("BUTTON_DATA_INVALID")
    return {"inline_keyboard": rows} if rows else None


def check_commands(commands: list[dict[str, str]]) -> None:
    """At most 100 commands of 1–32 lower-case letters, digits and _, described in 1–256."""
    if len(commands) > 100:
        raise bad("too many commands specified")
    for each in commands:
        if set(each) != {"command", "description"} or not _COMMAND.fullmatch(each["command"]):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(each["description"]) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
