"""Whether a file is the one that the manifest means."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

__all__ = ["hashes_to", "is_intact"]


def hashes_to(path: Path, sha256: str) -> bool:
    """Whether the file's SHA-256 begins with `sha256`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().startswith(sha256)


def is_intact(path: Path, sha256: str) -> bool:
    """`hashes_to`, of a file that has not changed since it was last true without reading it."""
    status = path.stat()
    stamp = f"{sha256} {status.st_size} {status.st_mtime_ns}"
    memo = path.with_name(f".{path.name}.checked")
    # Neither a memo that can't be read nor a folder that can't be written is worth an error.
    with suppress(OSError, UnicodeDecodeError):
        if memo.read_text() == stamp:
            return True
    if not hashes_to(path, sha256):
        return False
    with suppress(OSError):
        memo.write_text(stamp)
    return True
