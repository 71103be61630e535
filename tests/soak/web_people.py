"""People at the page: each says a thing until it is taken, with the same key, and looks at it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.bot.conftest import WebDoor
from tests.soak.book import Book, Wish, is_inverse
from tests.soak.people import INVERTED, Errand
from tests.soak.plan import WISHES, Day, Plan

__all__ = ["WebPerson"]

_AWAY = (aiohttp.ClientError, TimeoutError, OSError, KeyError)
_LOOK = 1.0
_KINDS = {kind: often for kind, often in WISHES.items() if kind != "buttons"}


class WebPerson:
    """One, with a browser of its own."""

    def __init__(
        self, door: WebDoor, name: str, plan: Plan, book: Book, dice: random.Random
    ) -> None:
        self._door = door
        self._name = name
        self._plan = plan
        self._book = book
        self._dice = dice
        self._said = 0

    async def live(self, day: Day) -> None:
        """Until it is over."""
        await asyncio.sleep(self._dice.uniform(0, self._plan.think))
        while not day.is_over:
            kind = day.wish(self._dice, _KINDS)
            await self._ask(Errand(kind, self._dice))
            await asyncio.sleep(self._dice.expovariate(1 / self._plan.think))

    async def _ask(self, errand: Errand) -> None:
        wish = Wish(self._name, errand.kind, time.time(), (errand.photos or [b""])[0])
        self._said += 1
        wish.numbers = [self._said]
        self._book.open(wish)
        key = f"{self._name.replace(':', '-')}-{self._said}"

        async def say() -> dict[str, Any]:
            return await self._door.say(errand.text, errand.photos, message=key)

        reply = await self._patiently(say)
        if not reply["slot"] or reply["error"]:
            self._book.close(wish, "words", reply["text"])
            return
        wish.accepted = time.time()
        if errand.kind == "cancel":
            await asyncio.sleep(self._dice.uniform(0, 3))
            await self._patiently(lambda: self._cancel(reply["slot"]))
        while True:
            status, job = await self._patiently(lambda slot=reply["slot"]: self._look(slot))
            if status == 404:
                # a failover has dropped it: the same key makes the same job, or a new one
                wish.vanished += 1
                wish.again.append(time.time())
                reply = await self._patiently(say)
                continue
            if job["state"] not in ("waiting", "running"):
                break
            await asyncio.sleep(_LOOK)
        await self._judge(wish, job)

    async def _judge(self, wish: Wish, job: dict[str, Any]) -> None:
        if job["media"]:
            _, content = await self._patiently(lambda: self._get(job["media"][0]["url"]))
            if wish.kind in INVERTED and not is_inverse(wish.photo, content):
                wish.wrong = "it is not of this photo"
        self._book.close(wish, "result" if job["media"] else "words", job["text"])

    async def _look(self, slot: str) -> tuple[int, Any]:
        status, job = await self._door.get(f"/api/jobs/{slot}")
        if status not in (200, 404):
            raise aiohttp.ClientError(str(job))
        return status, job

    async def _get(self, url: str) -> tuple[int, Any]:
        status, content = await self._door.get(url)
        if status != 200:
            raise aiohttp.ClientError(str(content))
        return status, content

    async def _cancel(self, slot: str) -> None:
        async with self._door.http.post(f"/api/jobs/{slot}/cancel") as answer:
            if answer.status == 503:
                raise aiohttp.ClientError(answer.reason)

    async def _patiently(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Again while the page, the queue or the store is away."""
        while True:
            try:
                reply = await call()
            except _AWAY:
                await asyncio.sleep(_LOOK)
                continue
            if isinstance(reply, dict) and reply["error"] in ("queue_away", "blob_store_away"):
                await asyncio.sleep(_LOOK)
                continue
            return reply
