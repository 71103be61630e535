"""The web chat as one of the bot's fronts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from aiohttp import web

from bot.core.apology import Apology
from bot.core.menu import Menu
from bot.core.messages import Handle, Reply
from bot.core.texts import Texts
from bot.core.watch import Watched
from bot.fronts.door import HTTP_LOG
from bot.fronts.web.account import ACCOUNT, Cookies, language
from bot.fronts.web.admin import AdminPage
from bot.fronts.web.api import Api
from bot.fronts.web.events import Events
from bot.fronts.web.guard import Guard
from bot.fronts.web.inbox import MOST_PHOTOS
from bot.fronts.web.limits import Limits
from bot.fronts.web.live import Live
from bot.fronts.web.pages import HERE, Pages
from bot.fronts.web.settings import WebSettings
from bot.fronts.web.works import Works
from worker.jobs.errors import BadSettings

__all__ = ["WebFront"]

log = logging.getLogger(__name__)

# The sentences that the page itself says, with the names of what it fills in.
_WORDS: dict[str, tuple[str, ...]] = {
    "page-choose": (),
    "page-download": (),
    "page-drop": (),
    "page-missing": ("roles",),
    "page-not-picture": (),
    "page-offline": (),
    "page-open": (),
    "page-optional": (),
    "page-point": ("n",),
    "page-point-add": (),
    "page-point-help": (),
    "page-point-photo": (),
    "page-point-remove": (),
    "page-preview": (),
    "page-remove": ("role",),
    "page-result": (),
    "page-send": (),
    "page-sending": (),
    "page-too-large": ("limit",),
    "page-unset": (),
}


class WebFront:
    """Serves the page and its door; what nobody asked for goes out as server-sent events."""

    platform = "web"

    def __init__(
        self,
        settings: WebSettings,
        cookies: Cookies,
        works: Works,
        menu: Menu,
        watched: Watched,
        apology: Apology,
        texts: Texts,
        announce: Callable[[str], None],
        admin: AdminPage | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`announce` is called with the address once it is listened to."""
        self._admin = admin
        self._settings = settings
        self._cookies = cookies
        self._works = works
        self._menu = menu
        self._watched = watched
        self._texts = texts
        self._announce = announce
        self._live = Live()
        self._limits = Limits(settings.limits, clock)
        self._guard = Guard(
            settings.allowed_hosts, settings.trusted_proxies, cookies, self._limits, apology, texts
        )
        self._pages = Pages(texts)

    async def run(self, handle: Handle) -> None:
        """Listen until cancelled."""
        runner = web.AppRunner(
            self._app(handle), access_log=None, logger=HTTP_LOG, shutdown_timeout=3.0
        )
        await runner.setup()
        try:
            await self._listen(runner)
            port = runner.addresses[0][1]
            self._guard.allow_port(port)
            self._announce(f"http://{self._settings.host}:{port}")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        host, port = self._settings.host, self._settings.port
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise BadSettings(f"The web chat can't listen at {host}:{port}: {error}") from error

    async def standing(self) -> list[tuple[str, str]]:
        """None: a page asks when it opens."""
        return []

    async def send(self, chat: str, reply: Reply) -> None:
        """Show a reply on the open pages of an account; one that opens later finds it anyway."""
        self._live.tell(chat, reply)

    def _app(self, handle: Handle) -> web.Application:
        settings = self._settings
        app = web.Application(client_max_size=MOST_PHOTOS * settings.photo_mb * 2**20 + 2**16)
        self._guard.install(app)
        api = Api(handle, self._works, self._menu, self._texts, settings)
        events = Events(self._works, self._live, self._watched, self._texts, self._limits)
        app.add_routes(api.routes())
        app.router.add_get("/api/events", events.serve)
        if self._admin is not None:
            app.add_routes(self._admin.routes())
        app.router.add_get("/", self._show)
        app.router.add_static("/static", HERE / "static")
        app.on_shutdown.append(self._close_streams)
        return app

    async def _close_streams(self, _: web.Application) -> None:
        self._live.close()

    async def _show(self, request: web.Request) -> web.Response:
        if not request[ACCOUNT]:
            self._limits.count_account(request)
        lang = language(request)
        words = {
            id.removeprefix("page-"): self._texts.say(
                lang, id, **{name: f"{{{name}}}" for name in names}
            )
            for id, names in _WORDS.items()
        }
        response = self._pages.show(
            request, "page.html", words=words, photo_mb=self._settings.photo_mb
        )
        self._cookies.give(request, response)
        return response
