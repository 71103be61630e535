"""Where a learning that was killed goes on from."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from effects.cache import cache_folder
from effects.errors import UserError
from effects.training.state import read_state, write_state

__all__ = ["Checkpoint"]

log = logging.getLogger(__name__)

# Seconds; nobody comes back to a checkpoint that is so old.
KEEP = 86400.0


class Checkpoint:
    """The state of one learning, in a folder of its own kind.

    What can't be written is only lost for a restart: the log says so, and the learning goes on.
    """

    def __init__(
        self,
        style: Image.Image,
        *terms: object,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`terms` are all that the result hangs on, beside the picture.

        `folder` defaults to learn_style in ATELIER_CACHE_DIR, else in ~/.cache/atelier.
        """
        self._folder = folder or cache_folder() / "learn_style"
        digest = hashlib.sha256(repr((style.size, *terms)).encode() + style.tobytes())
        self.key = digest.hexdigest()[:32]
        self._path = self._folder / f"{self.key}.pt"
        self._is_lost = False
        self._sweep(clock() - KEEP)

    def read(self) -> dict[str, Any] | None:
        """The state, where a sound one is kept."""
        try:
            return read_state(self._path)
        except UserError:
            return None

    def write(self, state: dict[str, Any]) -> None:
        """Keep a state."""
        if self._is_lost:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_state(state, self._path)
        except (OSError, UserError) as error:
            self._is_lost = True
            log.warning("learning a style can't be gone on with after a restart: %s", error)

    def remove(self) -> None:
        """Forget the state."""
        with suppress(OSError):
            self._path.unlink()

    def _sweep(self, before: float) -> None:
        """Remove what learnings left that were never gone on with."""
        with suppress(OSError):
            for path in self._folder.glob("*.*"):
                if path.stat().st_mtime < before:
                    path.unlink()
