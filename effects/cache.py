"""Where effects keep what a killed run goes on from."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """ATELIER_CACHE_DIR, else ~/.cache/atelier. All in it is of people's pictures, and worth
    nothing when it is old: a worker drops it as it drops pictures.
    """
    return Path(os.environ.get("ATELIER_CACHE_DIR") or "~/.cache/atelier").expanduser()
