"""A port at which a messenger brings its news."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from worker.jobs.errors import BadSettings

__all__ = ["listening"]


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """Serve the app. Raises `BadSettings` when that can't be done at this address."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise BadSettings(f"can't listen at {host}:{port}: {error.strerror}") from None
        yield
    finally:
        await runner.cleanup()
