"""The door that VK posts events to (Callback API)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.fronts.vk.incoming import Shapeless

__all__ = ["callback"]

_BODY = 2**20

Deal = Callable[[dict[str, Any]], Awaitable[None]]


def callback(group: int, secret: str, confirmation: str, deal: Deal) -> web.Application:
    """An app that takes the community's events with the right secret: else 403; 413 for a body
    over 1 MiB, 400 for one that is no event. `confirmation` answers VK's question at set-up.
    """

    async def serve(request: web.Request) -> web.Response:
        try:
            event = json.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        except (ValueError, RecursionError):
            return web.Response(status=400)
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            return web.Response(status=400)
        given = str(event.get("secret", ""))
        if event.get("group_id") != group or not hmac.compare_digest(
            given.encode(errors="surrogatepass"), secret.encode()
        ):
            return web.Response(status=403)
        if event["type"] == "confirmation":
            return web.Response(text=confirmation)
        try:
            await deal(event)
        except Shapeless:
            return web.Response(status=400)
        return web.Response(text="ok")

    app = web.Application(client_max_size=_BODY)
    app.router.add_post("/", serve)
    return app
