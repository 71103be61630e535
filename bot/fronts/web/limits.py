"""How much one account and one address may ask of the web front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from bot.fronts.web.account import ACCOUNT
from bot.fronts.web.peers import subject
from bot.fronts.web.rates import Rate, Seats
from bot.fronts.web.refusal import TooMany
from bot.fronts.web.settings import LimitSettings

__all__ = ["Limits"]

_MINUTE, _HOUR = 60.0, 3600.0
_FREE = ("/healthz", "/static/")
"""What costs next to nothing."""
_SEAT_FREE = 30.0
"""Seconds; when somebody closes a page is not known."""


class Limits:
    """Counts requests. What one process counts is not known to the next."""

    def __init__(self, settings: LimitSettings, clock: Callable[[], float]) -> None:
        def per_minute(most: int) -> Rate:
            return Rate(most, _MINUTE, clock)

        posts, reads = settings.address_posts, settings.address_reads
        self._by_address = {True: per_minute(posts), False: per_minute(reads)}
        posts, reads = settings.account_posts, settings.account_reads
        self._by_account = {True: per_minute(posts), False: per_minute(reads)}
        self._accounts = Rate(settings.address_accounts, _HOUR, clock)
        self._address_streams = Seats(settings.address_streams)
        self._account_streams = Seats(settings.account_streams)

    def count(self, request: web.Request) -> None:
        """One more request. Raises `TooMany`."""
        if request.path.startswith(_FREE):
            return
        posted = request.method not in ("GET", "HEAD")
        wait = self._by_address[posted].take(subject(request))
        if not wait and request[ACCOUNT]:
            wait = self._by_account[posted].take(request[ACCOUNT])
        if wait:
            raise TooMany(wait)

    def count_account(self, request: web.Request) -> None:
        """One more account. Raises `TooMany`."""
        if wait := self._accounts.take(subject(request)):
            raise TooMany(wait, "http-too-many-accounts")

    @contextmanager
    def stream(self, request: web.Request) -> Iterator[None]:
        """One more open stream of events, in the block. Raises `TooMany`."""
        with (
            self._address_streams.seat(subject(request)) as by_address,
            self._account_streams.seat(request[ACCOUNT]) as by_account,
        ):
            if not (by_address and by_account):
                raise TooMany(_SEAT_FREE, "http-too-many-pages")
            yield
