"""The door that Telegram posts updates to."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from aiogram.types import Update
from aiohttp import web
from pydantic import ValidationError

__all__ = ["webhook"]

_BODY = 2**20


def webhook(path: str, secret: str, deal: Callable[[Update], Awaitable[None]]) -> web.Application:
    """An app that takes updates with the right secret: else 403; 413 for a body over 1 MiB, 400
    for one that is no update.
    """

    async def serve(request: web.Request) -> web.Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(errors="surrogatepass"), secret.encode()):
            return web.Response(status=403)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        try:
            update = Update.model_validate_json(body)
        except ValidationError:
            return web.Response(status=400)
        # answered when it is dealt with: else Telegram brings it again
        await deal(update)
        return web.Response()

    app = web.Application(client_max_size=_BODY)
    app.router.add_post(path or "/", serve)
    return app
