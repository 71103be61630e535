"""The rules that an admin keeps in a TOML file."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.jobs.errors import BadRules, BadSettings
from worker.jobs.rules import Rules, read_rules

__all__ = ["RulesFile", "read_rules_file"]

_CLOSINGS = ("", "]", "]]")


@dataclass(frozen=True)
class RulesFile:
    """What was read. `digest` tells one content from another."""

    path: Path
    rules: Rules
    digest: str


def read_rules_file(path: Path) -> RulesFile:
    """Raises `BadSettings`, which begins with file and line."""
    try:
        text = path.read_text("utf-8")
        document = tomllib.loads(text)
        rules = read_rules(document)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"ATELIER_RULES: {path} can't be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        line = where[1] if where else str(len(text.splitlines()))
        raise BadSettings(f"{path}:{line}: this is not TOML: {error}.") from None
    except BadRules as error:
        raise BadSettings(f"{path}:{_line(text, error.path)}: {error}") from None
    if "version" in document:
        line = _line(text, ("version",))
        raise BadSettings(f"{path}:{line}: version: versions are counted, not given.")
    return RulesFile(path, rules, hashlib.sha256(text.encode()).hexdigest())


def _line(text: str, path: tuple[int | str, ...]) -> int:
    """The line on which what `path` leads to is first there, or else what would hold it."""
    lines = text.splitlines()
    while path:
        for number in range(1, len(lines) + 1):
            head = "\n".join(lines[:number])
            # an array may be open at the end of a line
            if any(_has(_loads(head + closing), path) for closing in _CLOSINGS):
                return number
        path = path[:-1]
    return 1


def _loads(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def _has(document: Any, path: tuple[int | str, ...]) -> bool:
    for part in path:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True
