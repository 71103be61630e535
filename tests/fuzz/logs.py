"""The bot's log, watched for what it must not say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.fuzz.report import Report

__all__ = ["Watch"]

_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?P<level>[A-Z]) ")
_CHANGING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+")


class Watch:
    """Reads on where it left off. Errors, and whatever comes with a traceback, are faults; those
    that are alike are told once and counted.
    """

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._read = 0
        self._alike: Counter[str] = Counter()

    def look(self, sent: Iterable[bytes]) -> None:
        """`sent`: what may have been the cause."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            news = file.read()
        # the last line may be half written
        news = news[: news.rfind(b"\n") + 1]
        self._read += len(news)
        entry: list[str] = []
        for line in news.decode(errors="replace").split("\n"):
            if _LINE.match(line):
                self._judge(entry, sent)
                entry = []
            entry.append(line)
        self._judge(entry, sent)

    def _judge(self, entry: list[str], sent: Iterable[bytes]) -> None:
        entry = [line for line in entry if line.strip(" ^~")]
        found = _LINE.match(entry[0]) if entry else None
        if not any("Traceback" in line for line in entry) and not (
            found and found["level"] in "EC"
        ):
            return
        self._report.counts["errors in the log"] += 1
        places = [line.strip() for line in entry if line.startswith('  File "')]
        alike = _CHANGING.sub("#", " ".join([entry[-1][:100], *places[-1:]]))
        self._alike[alike] += 1
        if self._alike[alike] == 1:
            self._report.fault("the log says: " + "\n".join([entry[-1][:200], *entry]), *sent)
