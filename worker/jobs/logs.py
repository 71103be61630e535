"""The log of both programs: one line per event on stderr, as text, or as JSON for machines.

No secret is in it, and nobody's words, names or chats; jobs are told by their id.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from urllib.parse import quote

__all__ = ["about", "hide_in_logs", "set_up_logging"]

log = logging.getLogger(__name__)

_FORMAT = "%(asctime)s %(levelname).1s %(name)s: %(message)s"
_FIELDS = ("effect", "attempt", "outcome", "code", "seconds", "messenger")
"""What lines in JSON have beside the sentence, where it is given as `extra`."""
_INPUT = re.compile(r"input_value=.*(?=, input_type=)")
"""What somebody sent, in an error of pydantic."""
_JOB: ContextVar[str] = ContextVar("job", default="")


@contextmanager
def about(job: str) -> Iterator[None]:
    """What this task and those it begins say in the block is about the job with this id."""
    token = _JOB.set(job)
    try:
        yield
    finally:
        _JOB.reset(token)


def set_up_logging(program: str) -> None:
    """In the format that ATELIER_LOG asks for: "text", or "json". Settings are read later, and
    what is wrong with them is logged.
    """
    json_wanted = os.environ.get("ATELIER_LOG", "") == "json"
    handler = logging.StreamHandler()
    handler.setFormatter(_Json(program) if json_wanted else _Text(_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def hide_in_logs(secrets: Iterable[str]) -> None:
    """Keep these out of every line from now on, tracebacks too: libraries put addresses with
    tokens into their errors. What nobody catches is logged as well.
    """
    known = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""))}
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Text):
            handler.formatter.secrets = known
    sys.excepthook = lambda *error: log.critical("ended by an error", exc_info=error)


class _Text(logging.Formatter):
    secrets: Iterable[str] = ()

    def format(self, record: logging.LogRecord) -> str:
        return self._discreet(super().format(record))

    def _discreet(self, line: str) -> str:
        for secret in self.secrets:
            line = line.replace(secret, "***")
        return _INPUT.sub("input_value=***", line)


class _Json(_Text):
    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        fields = vars(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "program": self._program,
            "logger": record.name,
            "message": self._discreet(record.getMessage()),
        }
        if job := _JOB.get():
            line["job"] = job
        line |= {name: fields[name] for name in _FIELDS if name in fields}
        if record.exc_info:
            line["error"] = self._discreet(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
