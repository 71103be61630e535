"""Which of aiogram's errors pass."""

from __future__ import annotations

import aiohttp
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramEntityTooLarge,
    TelegramNetworkError,
    TelegramServerError,
)

__all__ = ["is_transient"]

# a download lets through what aiohttp and asyncio raise
_TRANSIENT = (
    TelegramNetworkError, TelegramServerError, ClientDecodeError, aiohttp.ClientError, TimeoutError,
)  # fmt: skip


def is_transient(error: Exception) -> bool:
    """Whether a call may go well the next time."""
    return isinstance(error, _TRANSIENT) and not isinstance(error, TelegramEntityTooLarge)
