"""What the programs on both sides of the queue share: logs, settings, the end of stdin."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import quote

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

__all__ = ["at_end_of_stdin", "hide_in_logs", "read_settings", "set_up_logging"]

log = logging.getLogger(__name__)

S = TypeVar("S", bound=BaseSettings)
_FORMAT = "%(asctime)s %(levelname).1s %(name)s: %(message)s"


def set_up_logging() -> None:
    """One clear line per event, on stderr."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT)


class _Discreet(logging.Formatter):
    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(_FORMAT)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


def hide_in_logs(secrets: Iterable[str]) -> None:
    """Keep these out of every line from now on, tracebacks too: libraries put addresses with
    tokens into their errors. What nobody catches is logged as well.
    """
    known = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Discreet(known))
    sys.excepthook = lambda *error: log.critical("ended by an error", exc_info=error)


def read_settings(read: Callable[[], S]) -> S | None:
    """The settings; or None, after one line for each that is wrong."""
    try:
        return read()
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            where = ".".join(str(part) for part in wrong["loc"])
            log.critical("the setting %s is wrong: %s", where, wrong["msg"])
    except SettingsError as error:
        log.critical("the settings can't be read: %s", error)
    return None


def at_end_of_stdin(call: Callable[[], object]) -> None:
    """Call from a thread when standard input closes: the parent process has gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):  # closed from the beginning
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            call()

    threading.Thread(target=watch, daemon=True).start()
