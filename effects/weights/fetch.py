"""One file, over HTTP or from a folder; what a broken line has brought is kept and gone on from.

The file is written to `part`. Beside it the server's ETag is kept, so that the rest is asked of
the same version (RFC 9110, section 13.1.5).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

__all__ = ["Patience", "Refused", "discard", "fetch"]

_CHUNK = 1 << 18
Step = Callable[[int, int], None]


class Patience(NamedTuple):
    """How long to wait for a server."""

    timeout: float = 30.0
    """Seconds without an answer, or without a byte."""
    tries: int = 5
    """How many times in a row the line may break with next to nothing gained."""
    pause: float = 1.0
    """Seconds between them."""


class Refused(Exception):
    """The source does not give the file; the message says why."""


class _Broken(Refused):
    """The line broke; the rest may yet be had."""


def fetch(source: str, part: Path, most: int, step: Step, patience: Patience) -> None:
    """Bring all of `source`, a URL or a path, into `part`, but no more than `most` bytes.

    `step(done, total)` hears of every piece, in bytes. Raises `Refused`, and `OSError` when
    `part` can't be written.
    """
    if not source.startswith(("http://", "https://")):
        _copy(Path(source).expanduser(), part, most, step)
        return
    left = patience.tries
    while True:
        had = _size(part)
        try:
            return _download(source, part, most, step, patience.timeout)
        except _Broken:
            left = patience.tries if _size(part) - had >= _CHUNK else left - 1
            if not left:
                raise
        time.sleep(patience.pause)


def discard(part: Path) -> None:
    """Forget what has been fetched."""
    part.unlink(missing_ok=True)
    _etag(part).unlink(missing_ok=True)


def _download(url: str, part: Path, most: int, step: Step, timeout: float) -> None:
    have = _size(part)
    try:
        response = _open(url, part, have, timeout)
    except HTTPError as error:
        error.close()
        if error.code == 416 and have:
            # There is no more of it than is here. Whether that is good, its SHA-256 will tell.
            return
        if error.code < 400:
            raise Refused("its redirects lead nowhere") from error
        raise Refused(f"answered {error.code} {error.reason}") from error
    except (HTTPException, OSError, ValueError) as error:
        raise Refused(_said(error, timeout)) from error
    with response:
        start = _start(response, part, have)
        total = None if response.length is None else start + response.length
        _drain(_Reader(response, timeout), part, start, total, most, step)


def _open(url: str, part: Path, have: int, timeout: float) -> Any:
    request = Request(url, headers={"User-Agent": "atelier"})  # noqa: S310 - `fetch` has looked
    if have:
        request.add_header("Range", f"bytes={have}-")
        if _etag(part).exists():
            request.add_header("If-Range", _etag(part).read_text())
    return urlopen(request, timeout=timeout)  # noqa: S310 - as above


def _start(response: Any, part: Path, have: int) -> int:
    """The place in the file at which the response begins."""
    if response.status == 206:
        if re.match(rf"bytes {have}-", response.headers.get("Content-Range", "")):
            return have
        discard(part)
        raise _Broken("sent another piece of the file than was asked for")
    discard(part)
    etag = response.headers.get("ETag", "")
    # A weak one says nothing about bytes.
    if etag.startswith('"'):
        _etag(part).write_text(etag)
    return 0


class _Reader:
    """A response whose troubles are all `_Broken`."""

    def __init__(self, response: Any, timeout: float) -> None:
        self._response = response
        self._timeout = timeout

    def read(self, size: int) -> bytes:
        try:
            content: bytes = self._response.read1(size)
        except (HTTPException, OSError) as error:
            raise _Broken(_said(error, self._timeout)) from error
        return content


def _copy(path: Path, part: Path, most: int, step: Step) -> None:
    discard(part)
    try:
        source = path.open("rb")
    except OSError as error:
        raise Refused((error.strerror or str(error)).lower()) from error
    with source:
        _drain(source, part, 0, path.stat().st_size, most, step)


def _drain(
    source: _Reader | BinaryIO, part: Path, start: int, total: int | None, most: int, step: Step
) -> None:
    done = start
    with part.open("ab") as file:
        while content := source.read(_CHUNK):
            file.write(content)
            done += len(content)
            if done > most:
                discard(part)
                raise Refused(f"sends more than the {most >> 20} MB that the file has")
            step(done, total or most)
    if total is not None and done < total:
        raise _Broken(f"the line broke after {done} of {total} bytes")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _etag(part: Path) -> Path:
    return part.with_suffix(".etag")


def _said(error: Exception, timeout: float) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, TimeoutError):
        return f"nothing came for {timeout:g} s"
    words = reason.strerror if isinstance(reason, OSError) else None
    return " ".join((words or str(reason) or type(reason).__name__).split()).lower()
