"""A port at which a messenger brings its news."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from worker.jobs.errors import BadSettings

__all__ = ["HTTP_LOG", "listening"]


class _StrangersFaults(logging.Filter):
    """What is no HTTP is the sender's fault: a line without the bytes, and without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, (HttpProcessingError, web.RequestPayloadError)):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args, record.exc_info = "a request is no HTTP", (), None
        return True


HTTP_LOG = logging.getLogger("bot.http")
"""For all that serves HTTP."""
HTTP_LOG.addFilter(_StrangersFaults())


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve the app. Raises `BadSettings` when that can't be done at this address."""
    runner = web.AppRunner(app, access_log=None, logger=HTTP_LOG)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise BadSettings(f"can't listen at {host}:{port}: {error.strerror}") from None
        yield
    finally:
        await runner.cleanup()
