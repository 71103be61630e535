"""Who asks: a random cookie that this service signed is the account."""

from __future__ import annotations

import hashlib
import secrets

from aiohttp import web
from itsdangerous import BadSignature, Signer

from bot.core.texts import LANGUAGES, choose_language

__all__ = ["ACCOUNT", "Cookies", "language", "named", "remember_language", "set_cookie"]

ACCOUNT = web.RequestKey("account", str)
"""Of a request that passed the guard: "" without an account."""

_COOKIE, _LANG = "atelier", "lang"
_YEAR = 365 * 24 * 3600


class Cookies:
    """The cookies that are accounts. One that was made up is known without asking Redis."""

    def __init__(self, secret: str) -> None:
        # The number is the cookies' version: with another one all are made anew.
        salt = "atelier account 1"
        self._signer = Signer(secret, salt, key_derivation="hmac", digest_method=hashlib.sha256)

    def make(self) -> str:
        """A new account's."""
        return self._signer.sign(secrets.token_urlsafe(32)).decode()

    def account(self, cookie: str) -> str:
        """The account; "" if the cookie is none of ours. It is a hash, so that whoever reads Redis
        or a log can't make the cookie from it.
        """
        try:
            token = self._signer.unsign(cookie)
        # a header may hold bytes that are no letters
        except (BadSignature, UnicodeEncodeError):
            return ""
        return hashlib.sha256(token).hexdigest()[:32]

    def find(self, request: web.Request) -> str:
        """The account of a request; "" when it brings none."""
        return self.account(request.cookies.get(named(request, _COOKIE), ""))

    def give(self, request: web.Request, response: web.StreamResponse) -> None:
        """An account to who has none, and a year more to who has one."""
        name = named(request, _COOKIE)
        cookie = request.cookies[name] if request[ACCOUNT] else self.make()
        set_cookie(request, response, _COOKIE, cookie, max_age=_YEAR)


def language(request: web.Request) -> str:
    """What was chosen on the page, else what the browser prefers."""
    chosen = request.query.get(_LANG) or request.cookies.get(named(request, _LANG), "")
    if chosen in LANGUAGES:
        return chosen
    return choose_language(request.headers.get("Accept-Language", ""))


def remember_language(request: web.Request, response: web.StreamResponse) -> None:
    """Keep the language that the address asks for."""
    if request.query.get(_LANG) in LANGUAGES:
        set_cookie(request, response, _LANG, request.query[_LANG], max_age=_YEAR)


def set_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    *,
    max_age: int,
    strict: bool = False,
) -> None:
    """Out of reach of scripts, other sites and, by https, of other names of the same domain.

    Lax rather than `strict` where who comes by a link from elsewhere must not lose the account.
    """
    response.set_cookie(
        named(request, name),
        value,
        max_age=max_age,
        httponly=True,
        samesite="Strict" if strict else "Lax",
        secure=request.secure,
    )


def named(request: web.Request, name: str) -> str:
    """What a cookie is called; by https browsers hold the prefix to its promises."""
    return f"__Host-{name}" if request.secure else name
