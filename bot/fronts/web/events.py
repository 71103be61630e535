"""The stream of server-sent events of one page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from bot.core.texts import Texts
from bot.core.watch import Watched
from bot.fronts.web.account import language
from bot.fronts.web.api import account_of
from bot.fronts.web.limits import Limits
from bot.fronts.web.live import Live, News
from bot.fronts.web.shapes import Shape, reply_shape
from bot.fronts.web.works import Works
from worker.jobs.errors import QueueAway
from worker.jobs.model import Estimate

__all__ = ["Events"]

_LOOK = 5.0
_RETRY = 2.0


class Events:
    """GET /api/events: the whole state first, then what happens."""

    def __init__(
        self, works: Works, live: Live, watched: Watched, texts: Texts, limits: Limits
    ) -> None:
        self._works = works
        self._live = live
        self._watched = watched
        self._texts = texts
        self._limits = limits

    async def serve(self, request: web.Request) -> EventSourceResponse:
        """Send events until the page goes or the program stops."""
        account, lang = account_of(request), language(request)
        with self._limits.stream(request):
            # Most readers of server-sent events split lines at "\n" alone.
            async with sse_response(request, sep="\n") as stream:
                with suppress(ConnectionResetError), self._live.listen(account) as news:
                    await _send(stream, "jobs", await self._first(stream, account, lang))
                    await _tell(stream, news, lambda: request.transport is not None)
        if not self._live.is_watched(account):
            self._watched.drop_chat(account)
        return stream

    async def _first(self, stream: EventSourceResponse, account: str, lang: str) -> Shape:
        """All jobs, as soon as the queue can be reached."""
        while True:
            try:
                views = await self._works.recent(f"web:{account}")
                shapes = [await self._works.shape(view, lang) for view in views]
            except QueueAway as error:
                text = self._texts.error(lang, error.code, str(error), {})
                await _send(stream, "away", {"error": error.code, "text": text})
                await asyncio.sleep(_RETRY)
                continue
            for view, shape in zip(views, shapes, strict=True):
                # What a linked account asked for elsewhere is told there.
                if view.ending is None and view.job.chat == account:
                    told = Estimate(place=shape["place"], seconds=shape["seconds"])
                    self._watched.add(view.job, told, shape["text"])
            return {"jobs": shapes}


async def _tell(stream: EventSourceResponse, news: News, is_there: Callable[[], bool]) -> None:
    """Pass the news on while the page is open."""
    while stream.is_connected() and is_there():
        try:
            async with asyncio.timeout(_LOOK):
                reply = await news.get()
        except TimeoutError:
            continue
        if reply is None:
            return
        await _send(stream, "reply", reply_shape(reply))


async def _send(stream: EventSourceResponse, event: str, data: Mapping[str, Any]) -> None:
    await stream.send(json.dumps(data, ensure_ascii=False), event=event)
