"""What the programs on both sides of the queue share: settings, the end of stdin."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

__all__ = ["at_end_of_stdin", "read_settings"]

log = logging.getLogger(__name__)

S = TypeVar("S", bound=BaseSettings)


def read_settings(read: Callable[[], S]) -> S | None:
    """The settings; or None, after one line for each that is wrong."""
    try:
        return read()
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            said = wrong["msg"].removeprefix("Value error, ")
            log.critical("the setting %s is wrong: %s", _name(wrong["loc"]), said)
    except SettingsError as error:
        log.critical("the settings can't be read: %s", error)
    return None


def _name(place: tuple[int | str, ...]) -> str:
    """The variable that a setting was read from; if there is none, its place."""
    words = [str(part) for part in place]
    for count in range(len(words), 0, -1):
        if (name := f"ATELIER_{'__'.join(words[:count])}".upper()) in os.environ:
            return name
    return ".".join(words)


def at_end_of_stdin(call: Callable[[], object]) -> None:
    """Call from a thread when standard input closes: the parent process has gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):  # closed from the beginning
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            call()

    threading.Thread(target=watch, daemon=True).start()
