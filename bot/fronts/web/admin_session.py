"""Who is logged in to the admin page: a signed cookie, and the tokens of its forms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from itsdangerous import BadSignature, Signer, TimestampSigner

from bot.fronts.web.account import named, set_cookie

__all__ = ["AdminSession", "AdminSessions"]

_COOKIE = "admin"
_LASTS = 12 * 3600
_IN, _OUT = "in", "out"
_SHA256: Any = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


@dataclass(frozen=True)
class AdminSession:
    """A browser that has opened the admin page."""

    cookie: str
    is_in: bool
    """Whether it has logged in."""


class AdminSessions:
    """Sessions that end by themselves, and when password or secret are changed."""

    def __init__(self, secret: str, password: str, clock: Callable[[], float]) -> None:
        self._password = password
        self._key = f"{secret} {password}"
        self._signer = _Clocked(clock, self._key, "atelier admin 1", **_SHA256)

    def opens(self, password: str) -> bool:
        """Whether it is the password; it takes as long whatever was given."""
        given, right = (
            hashlib.sha256(each.encode(errors="replace")).digest()
            for each in (password, self._password)
        )
        return hmac.compare_digest(given, right)

    def begin(self, *, is_in: bool) -> AdminSession:
        """A new session."""
        word = f"{_IN if is_in else _OUT}-{secrets.token_urlsafe(16)}"
        return AdminSession(self._signer.sign(word).decode(), is_in)

    def find(self, request: web.Request) -> AdminSession:
        """The session of a request; a new one, not logged in, if it brings none that counts."""
        cookie = request.cookies.get(named(request, _COOKIE), "")
        try:
            word = self._signer.unsign(cookie, max_age=_LASTS).decode()
        except (BadSignature, UnicodeEncodeError):  # one that is too old, too
            return self.begin(is_in=False)
        return AdminSession(cookie, word.startswith(f"{_IN}-"))

    def keep(
        self, request: web.Request, response: web.StreamResponse, session: AdminSession
    ) -> None:
        """Have the browser keep the session."""
        set_cookie(request, response, _COOKIE, session.cookie, max_age=_LASTS, strict=True)

    def token(self, session: AdminSession) -> str:
        """For one form; another site's page can't have it."""
        return self._forms(session).sign(secrets.token_urlsafe(8)).decode()

    def knows(self, session: AdminSession, token: str) -> bool:
        """Whether the token was made for a form of this session."""
        return self._forms(session).validate(token)

    def _forms(self, session: AdminSession) -> Signer:
        return Signer(self._key, f"atelier admin form {session.cookie}", **_SHA256)


class _Clocked(TimestampSigner):
    def __init__(self, clock: Callable[[], float], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())
