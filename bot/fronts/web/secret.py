"""The secret that signs cookies, where the settings give none: a file that survives a restart."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from worker.jobs.errors import BadSettings

__all__ = ["kept_secret"]

log = logging.getLogger(__name__)


def kept_secret(path: Path) -> str:
    """What the file holds; it is made when there is none. Raises `BadSettings`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            _make(path)
        secret = path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise BadSettings(
            f"The web chat's secret can't be kept in {path} ({error}): set ATELIER_WEB__SECRET"
        ) from error
    log.info("the accounts of the web chat hang on %s; ATELIER_WEB__SECRET would replace it", path)
    return secret


def _make(path: Path) -> None:
    """All of it or nothing, whoever else does the same. Raises `FileExistsError`."""
    if path.exists():
        raise FileExistsError(path)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.link(file.name, path)
