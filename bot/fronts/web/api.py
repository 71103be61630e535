"""The handlers behind the addresses of docs/web-api.md."""

from __future__ import annotations

import asyncio
import secrets
from http import HTTPStatus

from aiohttp import web

from bot.core.menu import Menu
from bot.core.messages import Handle, Incoming, Reply
from bot.core.status import file_name
from bot.core.texts import Texts
from bot.fronts.web.account import ACCOUNT, language
from bot.fronts.web.guard import status_of
from bot.fronts.web.inbox import read_message
from bot.fronts.web.refusal import Refusal
from bot.fronts.web.settings import WebSettings
from bot.fronts.web.shapes import effect_shape, reply_shape
from bot.fronts.web.works import Works
from worker.jobs.model import JobView

__all__ = ["Api", "account_of"]

_SHOWN_TYPES = ("image/png", "image/jpeg", "image/gif", "video/mp4")
# A file that is opened by itself can run nothing, whatever it holds.
_FILE_POLICY = "default-src 'none'; sandbox"
# The same for everybody.
_AN_HOUR = "max-age=3600"


def account_of(request: web.Request) -> str:
    """The account of a request. Raises `Refusal` without a cookie."""
    if not request[ACCOUNT]:
        raise Refusal(HTTPStatus.UNAUTHORIZED, "http-no-cookie")
    return request[ACCOUNT]


class Api:
    """Everything under /api/ but the events."""

    def __init__(
        self, handle: Handle, works: Works, menu: Menu, texts: Texts, settings: WebSettings
    ) -> None:
        self._handle = handle
        self._works = works
        self._menu = menu
        self._texts = texts
        self._settings = settings

    def routes(self) -> list[web.RouteDef]:
        """The addresses."""
        job = "/api/jobs/{id:[0-9a-f]{1,64}}"
        return [
            web.get("/healthz", self._health),
            web.get("/api/effects", self._effects),
            web.get("/api/effects/{effect}/samples/{name}", self._sample),
            web.post("/api/messages", self._messages),
            web.get("/api/jobs", self._jobs),
            web.get(job, self._job),
            web.get(job + r"/photos/{n:\d{1,3}}", self._photo),
            web.get(job + r"/media/{n:\d{1,3}}", self._media),
            web.get(job + "/preview", self._preview),
            web.post(job + "/cancel", self._cancel),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _effects(self, request: web.Request) -> web.Response:
        lang = language(request)
        offer = await self._menu.offer()
        return web.json_response(
            {
                "effects": [effect_shape(spec, lang, self._texts) for spec in offer.specs],
                "notice": self._texts.say(lang, offer.notice) if offer.notice else "",
            }
        )

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        offer = await self._menu.offer()
        for spec in offer.specs:
            for sample in spec.filters.samples if spec.filters else ():
                if (spec.name, sample.name) == (
                    request.match_info["effect"],
                    request.match_info["name"],
                ):
                    return web.FileResponse(sample.picture, headers={"Cache-Control": _AN_HOUR})
        raise web.HTTPNotFound

    async def _messages(self, request: web.Request) -> web.Response:
        account, settings = account_of(request), self._settings
        try:
            async with asyncio.timeout(settings.upload_seconds):
                incoming = await read_message(request, account, photo_mb=settings.photo_mb)
        except TimeoutError:
            raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "http-too-slow") from None
        return _answer(await self._handle(incoming))

    async def _cancel(self, request: web.Request) -> web.Response:
        account = account_of(request)
        incoming = Incoming(
            platform="web",
            user=f"web:{account}",
            chat=account,
            message=secrets.token_hex(8),
            press=f"cancel:{request.match_info['id']}",
            lang=language(request),
        )
        return _answer(await self._handle(incoming))

    async def _jobs(self, request: web.Request) -> web.Response:
        views = await self._works.recent(f"web:{account_of(request)}")
        lang = language(request)
        return web.json_response({"jobs": [await self._works.shape(view, lang) for view in views]})

    async def _job(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        return web.json_response(await self._works.shape(view, language(request)))

    async def _photo(self, request: web.Request) -> web.Response:
        view = await self._view(request)
        return _file(await self._works.thumb(view, int(request.match_info["n"])), "image/jpeg")

    async def _preview(self, request: web.Request) -> web.Response:
        return _file(await self._works.preview(await self._view(request)), "image/jpeg")

    async def _media(self, request: web.Request) -> web.Response:
        view, number = await self._view(request), int(request.match_info["n"])
        media, content = await self._works.media(view, number)
        return _file(content, media.type, name=file_name(view.job, number, media.type))

    async def _view(self, request: web.Request) -> JobView:
        return await self._works.view(request.match_info["id"], f"web:{account_of(request)}")


def _answer(replies: list[Reply]) -> web.Response:
    status = max((status_of(reply) for reply in replies), default=HTTPStatus.OK)
    return web.json_response({"replies": [reply_shape(reply) for reply in replies]}, status=status)


def _file(content: bytes, type: str, *, name: str = "") -> web.Response:
    shown = type in _SHOWN_TYPES
    headers = {"Content-Security-Policy": _FILE_POLICY}
    if name:
        headers["Content-Disposition"] = f'{"inline" if shown else "attachment"}; filename="{name}"'
    return web.Response(
        body=content,
        content_type=type if shown else "application/octet-stream",
        headers=headers,
    )
