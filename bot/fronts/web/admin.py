"""The admin page: how the service stands, and a field for the commands of admins.

It needs no script: what admins look at is most needed when something is wrong.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from bot.core.admin import Admin, Role, after_command
from bot.core.apology import Apology
from bot.core.messages import Reply
from bot.core.texts import Texts
from bot.fronts.web.account import language
from bot.fronts.web.admin_session import AdminSession, AdminSessions
from bot.fronts.web.pages import Pages
from bot.fronts.web.peers import subject
from bot.fronts.web.rates import Rate
from bot.fronts.web.refusal import Refusal
from bot.fronts.web.settings import WebSettings
from worker.jobs.errors import QueueError

__all__ = ["AdminPage", "open_admin_page"]

_WHO = "web admin"
"""In the audit trail."""
_PLACE = "/admin"
_FORM_BYTES = 8192
_TRIES, _IN_SECONDS = 10, 600.0
"""Passwords that one address may try."""
_VIEWS = {
    "queue": "admin-page-queue",
    "workers": "admin-page-workers",
    "dead": "admin-page-dead",
    "rules": "admin-page-rules",
    "audit": "admin-page-audit",
}
"""Commands whose answers are shown, and what stands above them."""
_FOLDED = ("rules", "audit")
_TOKENS = 1000


def open_admin_page(
    settings: WebSettings,
    secret: str,
    admin: Admin,
    apology: Apology,
    texts: Texts,
    clock: Callable[[], float] = time.time,
) -> AdminPage | None:
    """The page, if the settings give a password for it."""
    password = settings.admin_password.get_secret_value()
    if not password:
        return None
    sessions = AdminSessions(secret, password, clock)
    return AdminPage(admin, sessions, apology, texts, clock)


class AdminPage:
    """Everything under /admin."""

    def __init__(
        self,
        admin: Admin,
        sessions: AdminSessions,
        apology: Apology,
        texts: Texts,
        clock: Callable[[], float],
    ) -> None:
        self._admin = admin
        self._sessions = sessions
        self._apology = apology
        self._texts = texts
        self._pages = Pages(texts)
        self._tries = Rate(_TRIES, _IN_SECONDS, clock)
        self._used: OrderedDict[str, None] = OrderedDict()

    def routes(self) -> list[web.RouteDef]:
        """The addresses."""
        return [
            web.get(_PLACE, self._show),
            web.post(_PLACE, self._do),
            web.post(f"{_PLACE}/login", self._enter),
            web.post(f"{_PLACE}/logout", self._leave),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        return await self._page(request, self._sessions.find(request))

    async def _enter(self, request: web.Request) -> web.Response:
        session, form = await self._read(request)
        if not form:
            return await self._old(request, session)
        if wait := self._tries.take(subject(request)):
            lang = language(request)
            sentence = self._texts.say(lang, "http-too-many", time=self._texts.duration(lang, wait))
            refused = self._gate(request, session, sentence, HTTPStatus.TOO_MANY_REQUESTS)
            refused.headers["Retry-After"] = str(math.ceil(wait))
            return refused
        if not self._sessions.opens(form.get("password", "")):
            sentence = self._texts.say(language(request), "admin-page-wrong")
            return self._gate(request, session, sentence, HTTPStatus.FORBIDDEN)
        return self._go(request, self._sessions.begin(is_in=True))

    async def _leave(self, request: web.Request) -> web.Response:
        session, form = await self._read(request)
        if not form:
            return await self._old(request, session)
        return self._go(request, self._sessions.begin(is_in=False))

    async def _do(self, request: web.Request) -> web.Response:
        session, form = await self._read(request)
        if not (form and session.is_in):
            return await self._old(request, session)
        typed = form.get("text", "")
        if form["token"] in self._used:
            # A page that is read anew sends its form again.
            twice = Reply(self._texts.say(language(request), "admin-page-twice"), error="twice")
            return await self._desk(request, session, typed, twice)
        self._used[form["token"]] = None
        if len(self._used) > _TOKENS:
            self._used.popitem(last=False)
        command = after_command(typed)
        answer = await self._answer(request, typed if command is None else command)
        return await self._desk(request, session, typed, answer)

    async def _read(self, request: web.Request) -> tuple[AdminSession, dict[str, str]]:
        """The session, and what its form says; nothing if it is not a form of this session.
        Raises `Refusal`.
        """
        if request.content_type != "application/x-www-form-urlencoded":
            raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "http-not-form")
        posted = await request.clone(client_max_size=_FORM_BYTES).post()
        form = {name: value for name, value in posted.items() if isinstance(value, str)}
        session = self._sessions.find(request)
        return session, form if self._sessions.knows(session, form.get("token", "")) else {}

    async def _answer(self, request: web.Request, words: str) -> Reply:
        lang = language(request)
        try:
            return await self._admin.answer(words, who=_WHO, role=Role.ADMIN, lang=lang)
        except QueueError as error:
            return self._apology.reply(error, lang)

    def _go(self, request: web.Request, session: AdminSession) -> web.Response:
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": _PLACE})
        self._sessions.keep(request, response, session)
        return response

    async def _old(self, request: web.Request, session: AdminSession) -> web.Response:
        notice = self._texts.say(language(request), "admin-page-old")
        return await self._page(request, session, notice, HTTPStatus.FORBIDDEN)

    async def _page(
        self,
        request: web.Request,
        session: AdminSession,
        notice: str = "",
        status: HTTPStatus = HTTPStatus.OK,
    ) -> web.Response:
        if not session.is_in:
            return self._gate(request, session, notice, status)
        answer = Reply(notice, error="refused") if notice else None
        return await self._desk(request, session, "", answer, status)

    def _gate(
        self, request: web.Request, session: AdminSession, notice: str, status: HTTPStatus
    ) -> web.Response:
        token = self._sessions.token(session)
        response = self._pages.show(
            request, "admin-gate.html", token=token, notice=notice, status=status
        )
        self._sessions.keep(request, response, session)
        return response

    async def _desk(
        self,
        request: web.Request,
        session: AdminSession,
        typed: str,
        answer: Reply | None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> web.Response:
        return self._pages.show(
            request,
            "admin.html",
            token=self._sessions.token(session),
            typed=typed,
            answer=answer,
            views=[
                (
                    words,
                    self._texts.say(language(request), title),
                    await self._answer(request, words),
                )
                for words, title in _VIEWS.items()
            ],
            folded=_FOLDED,
            help=await self._answer(request, "help"),
            status=status,
        )
