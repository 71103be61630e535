"""What every request passes: Host, Origin and limits are checked, errors become one sentence."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from bot.core.apology import Apology
from bot.core.messages import Reply
from bot.core.metrics import ANSWERS
from bot.core.texts import Texts
from bot.fronts.web.account import ACCOUNT, Cookies, language
from bot.fronts.web.limits import Limits
from bot.fronts.web.peers import Networks, seen_through
from bot.fronts.web.refusal import Refusal, TooMany
from effects.errors import EffectError
from worker.jobs.errors import QueueError

__all__ = ["Guard", "status_of"]

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' blob:; media-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_AWAY = ("queue_away", "newer_wire", "blob_store_away")
_GONE = ("no_such_job", "not_yours", "blob_missing")


def status_of(reply: Reply) -> HTTPStatus:
    """The HTTP status for a reply."""
    if not reply.error:
        return HTTPStatus.OK
    if reply.error in _AWAY:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if reply.error == "incident":
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return HTTPStatus.NOT_FOUND if reply.error in _GONE else HTTPStatus.UNPROCESSABLE_ENTITY


class Guard:
    """Stands before all handlers of an application."""

    def __init__(
        self,
        allowed_hosts: tuple[str, ...],
        trusted: Networks,
        cookies: Cookies,
        limits: Limits,
        apology: Apology,
        texts: Texts,
    ) -> None:
        self._allowed = {host.lower() for host in allowed_hosts}
        self._trusted = trusted
        self._cookies = cookies
        self._limits = limits
        self._apology = apology
        self._texts = texts

    def allow_port(self, port: int) -> None:
        """Every allowed host may also be named with the port that is listened to."""
        self._allowed |= {f"{host}:{port}" for host in self._allowed}

    def install(self, app: web.Application) -> None:
        """Put the checks before, and the headers on, everything that the application serves."""
        app.middlewares.append(self._serve)
        app.on_response_prepare.append(self._add_headers)

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        request = seen_through(request, self._trusted)
        try:
            self._check(request)
            request[ACCOUNT] = self._cookies.find(request)
            self._limits.count(request)
            return await handler(request)
        except TooMany as refusal:
            time = self._texts.duration(language(request), refusal.seconds)
            refused = self._refuse(request, refusal, time=time)
            refused.headers["Retry-After"] = str(math.ceil(refusal.seconds))
            return refused
        except Refusal as refusal:
            return self._refuse(request, refusal)
        except (EffectError, QueueError) as error:
            reply = self._apology.reply(error, language(request))
            return _error(status_of(reply), reply.error, reply.text)
        except web.HTTPNotFound:
            text = self._texts.say(language(request), "http-not-found")
            return _error(HTTPStatus.NOT_FOUND, "not_found", text)
        except web.HTTPMethodNotAllowed:
            text = self._texts.say(language(request), "http-wrong-method")
            return _error(HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", text)
        except web.HTTPException:
            raise
        except ConnectionResetError:
            # Who broke off in the middle hears no answer.
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        # Whatever it is, the browser gets a sentence and the log the rest.
        except Exception:
            incident = secrets.token_hex(4)
            log.exception("incident %s", incident)
            ANSWERS.labels("web", "incident").inc()
            reply = self._apology.incident(incident, language(request))
            return _error(status_of(reply), reply.error, reply.text)

    def _refuse(self, request: web.Request, refusal: Refusal, **args: str | float) -> web.Response:
        sentence = str(refusal)
        text = self._texts.say(language(request), sentence, **refusal.args_of_sentence, **args)
        return _error(refusal.status, sentence.removeprefix("http-").replace("-", "_"), text)

    def _check(self, request: web.Request) -> None:
        """A foreign Host is a rebound name; a foreign Origin is another site's page."""
        host = request.headers.get("Host", "").lower()
        if host not in self._allowed:
            raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, "http-wrong-host")
        if request.method in ("GET", "HEAD"):
            return
        try:
            origin = urlsplit(request.headers.get("Origin", ""))
        except ValueError:  # "http://[": no address at all
            raise Refusal(HTTPStatus.FORBIDDEN, "http-foreign-origin") from None
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin.scheme not in ("http", "https") or origin.netloc.lower() != host:
            raise Refusal(HTTPStatus.FORBIDDEN, "http-foreign-origin")
        if site != "same-origin":
            raise Refusal(HTTPStatus.FORBIDDEN, "http-foreign-origin")

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        public = request.path.startswith("/static/")
        response.headers.setdefault("Cache-Control", "no-cache" if public else "no-store")


def _error(status: HTTPStatus, code: str, text: str) -> web.Response:
    return web.json_response({"error": code, "text": text}, status=status)
