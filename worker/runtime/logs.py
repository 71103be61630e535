"""One clear line per event, on stderr."""

from __future__ import annotations

import logging


def set_up_logging() -> None:
    """For the worker and its child alike."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname).1s %(name)s: %(message)s"
    )
