"""The HTTP side: requests are read, limits on rates kept, faults brought in, webhooks called."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from tests.messengers.faults import Fault, Faults
from tests.messengers.rates import Window
from tests.messengers.telegram.limits import Refused, bad
from tests.messengers.telegram.methods import METHODS, SENDS, Call, Methods, handler
from tests.messengers.telegram.people import Person
from tests.messengers.telegram.world import Chat, World

__all__ = ["TelegramServer"]

_BODY = 64 * 2**20


class TelegramServer:
    """Serves one bot on a free port of this machine; `async with` starts and stops it.

    `enforce`: whoever sends too fast gets a 429, as with the real one; else it is only counted.
    """

    def __init__(
        self, *, token: str = "42:TEST-token", faults: Faults | None = None,
        clock: Callable[[], float] = time.time, enforce: bool = True,
    ) -> None:  # fmt: skip
        self.token = token
        self.world = World(clock)
        self.faults = faults or Faults()
        self.calls: Counter[str] = Counter()
        self.base = ""
        self._enforce = enforce
        self._methods = Methods(self.world)
        self._overall = Window(30, 1.0)
        self._private = Window(20, 20.0)
        self._burst = Window(5, 1.0)
        self._group = Window(20, 60.0)
        self._runner: web.AppRunner | None = None
        self._hooks: asyncio.Task[None] | None = None

    @property
    def broken_limits(self) -> int:
        """How many sends came faster than allowed."""
        windows = (self._overall, self._private, self._burst, self._group)
        return sum(window.broken for window in windows)

    @property
    def polling(self) -> bool:
        """Whether a getUpdates waits."""
        return self._methods.polling is not None

    @property
    def settings(self) -> dict[str, str]:
        """With these a bot is here."""
        return {"ATELIER_TELEGRAM__TOKEN": self.token, "ATELIER_TELEGRAM__API_BASE": self.base}

    def person(self, id: int = 1001, *, chat: int | None = None, lang: str = "en") -> Person:
        """Somebody who talks to the bot, in private or in a group (a negative id)."""
        return Person(self.world, id, chat, lang)

    def chat(self, id: int) -> Chat:
        """A chat."""
        return self.world.chat(id)

    async def migrate(self, group: int) -> int:
        """A group becomes a supergroup with another id, which is returned."""
        new = -(10**12) + group
        self.world.chat(new)
        self.world.chat(group).moved_to = new
        message = self.world.post(group, group, kind="service")
        await self.world.tell("message", self.world.shape(message) | {"migrate_to_chat_id": new})
        return new

    async def __aenter__(self) -> TelegramServer:
        app = web.Application(client_max_size=_BODY)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{kind}/{id}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._hooks = asyncio.create_task(self._post_updates())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        assert self._hooks is not None
        self._hooks.cancel()
        await asyncio.gather(self._hooks, return_exceptions=True)
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _answer(Refused(401, "Unauthorized"))
        if method not in METHODS:
            return _answer(Refused(404, f"Not Found: the test server has no {method}"))
        self.calls[method] += 1
        call = await _read(request)
        fault = self.faults.draw(method)
        if fault == Fault.CUT_BEFORE:
            return _cut(request)
        if fault == Fault.FLOOD:
            return _answer(_flood(1))
        if fault == Fault.BROKEN:
            return web.Response(
                status=502, text="<html>Bad Gateway</html>", content_type="text/html"
            )
        try:
            result = await self._run(method, call)
        except Refused as refused:
            return _answer(refused)
        if fault == Fault.CUT_AFTER:
            return _cut(request)
        if fault == Fault.SLOW:
            await asyncio.sleep(self.faults.slow)
        return web.json_response({"ok": True, "result": result})

    async def _run(self, method: str, call: Call) -> Any:
        if strange := set(call.fields) - METHODS[method]:
            raise bad(f"{method} has no field {', '.join(sorted(strange))}")
        if method in SENDS:
            self._note_rate(call)
        return await handler(self._methods, method)(call)

    def _note_rate(self, call: Call) -> None:
        """About one a second in a chat, with small bursts; 30 a second in all; 20 a minute in a
        group.
        """
        now = self.world.clock()
        chat = call.fields.get("chat_id", "")
        windows = (self._burst, self._private) if not chat.startswith("-") else (self._group,)
        late = max(window.note(chat, now) for window in windows)
        late = max(late, self._overall.note("", now))
        if late > 0 and self._enforce:
            raise _flood(int(late) + 1)

    async def _file(self, request: web.Request) -> web.Response:
        fault = self.faults.draw("file")
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
            return _cut(request)
        if fault is not None:
            return web.Response(status=502)
        kept = self.world.files.get(request.match_info["id"])
        if kept is None or request.match_info["token"] != self.token:
            return web.Response(status=404)
        return web.Response(body=kept.content)

    async def _post_updates(self) -> None:
        """Bring updates to the webhook, in order; again after a pause when it does not take one."""
        updates = self.world.updates
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    await self.world.until(lambda: self._methods.webhook and updates, 3600)
                except TimeoutError:
                    continue
                id, update = next(iter(updates.items()))
                hook = self._methods.webhook
                headers = (
                    {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook["secret"] else {}
                )
                try:
                    async with session.post(hook["url"], json=update, headers=headers) as answer:
                        taken = answer.status // 100 == 2
                        reply = await answer.read()
                except aiohttp.ClientError:
                    taken = False
                if not taken:
                    await asyncio.sleep(0.1)
                    continue
                updates.pop(id, None)
                if reply[:1] == b"{" and (fields := json.loads(reply)).get("method"):
                    call = Call({key: str(value) for key, value in fields.items()}, {})
                    await self._run(call.fields.pop("method"), call)


async def _read(request: web.Request) -> Call:
    """The fields of a query, a form, a multipart form or JSON."""
    fields, files = dict(request.query), {}
    if request.content_type == "application/json":
        body = await request.json()
        fields |= {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in body.items()
        }
        return Call(fields, files)
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            assert isinstance(value, str)
            fields[name] = value
    for name, (_, content) in list(files.items()):
        if name in ("photo", "document", "animation", "video"):
            fields.setdefault(name, f"attach://{name}")
        assert isinstance(content, bytes)
    return Call(fields, files)


def _flood(seconds: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def _answer(refused: Refused) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": refused.code, "description": str(refused)}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
