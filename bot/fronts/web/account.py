"""Who asks: a random cookie is the account."""

from __future__ import annotations

import hashlib
import re
import secrets

from aiohttp import web

from bot.core.texts import LANGUAGES, choose_language

__all__ = ["ensure_cookie", "find_account", "language", "remember_language"]

_COOKIE, _LANG = "atelier", "lang"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_YEAR = 365 * 24 * 3600


def find_account(request: web.Request) -> str | None:
    """The account of a request; None without a cookie.

    It is a hash, so that whoever reads Redis or a log can't make the cookie from it.
    """
    token = request.cookies.get(_COOKIE, "")
    if not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def ensure_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Give an account to who has none, and a year more to who has one."""
    known = find_account(request) is not None
    token = request.cookies[_COOKIE] if known else secrets.token_urlsafe(32)
    _set(request, response, _COOKIE, token)


def language(request: web.Request) -> str:
    """What was chosen on the page, else what the browser prefers."""
    chosen = request.query.get(_LANG) or request.cookies.get(_LANG, "")
    if chosen in LANGUAGES:
        return chosen
    return choose_language(request.headers.get("Accept-Language", ""))


def remember_language(request: web.Request, response: web.StreamResponse) -> None:
    """Keep the language that the address asks for."""
    if request.query.get(_LANG) in LANGUAGES:
        _set(request, response, _LANG, request.query[_LANG])


def _set(request: web.Request, response: web.StreamResponse, name: str, value: str) -> None:
    # Lax rather than Strict: who comes by a link from elsewhere must not lose the account.
    response.set_cookie(
        name, value, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.secure
    )
