"""The HTTP side: methods, long poll, upload servers, files; and the Callback API's caller."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import web

from tests.messengers.faults import Fault, Faults
from tests.messengers.rates import Window
from tests.messengers.vk.limits import AUTH, FLOOD, INTERNAL, TOO_FAST, Refused, bad
from tests.messengers.vk.methods import METHODS, Methods
from tests.messengers.vk.people import Person
from tests.messengers.vk.world import GROUP_ID, VERSION, World

__all__ = ["VkServer"]

_PER_SECOND = 20


class VkServer:
    """Serves one community on a free port of this machine; `async with` starts and stops it.

    Its API is under `base`; long-poll and upload addresses come in its answers. `history`: how
    many events the long poll remembers.
    """

    group = GROUP_ID

    def __init__(
        self, *, token: str = "vk1.test-token", faults: Faults | None = None,
        clock: Callable[[], float] = time.time, enforce: bool = True, history: int = 1000,
    ) -> None:  # fmt: skip
        self.token = token
        self.world = World(clock)
        self.faults = faults or Faults()
        self.calls: Counter[str] = Counter()
        self.base = ""
        self.lost = False
        """The next poll is told that all was lost (`failed` 3)."""
        self.polling = ""
        """The key of the poll that waits now."""
        self._enforce = enforce
        self._history = history
        self._methods = Methods(self.world)
        self._rate = Window(_PER_SECOND, 1.0)
        self._runner: web.AppRunner | None = None

    @property
    def broken_limits(self) -> int:
        """How many calls came faster than twenty a second."""
        return self._rate.broken

    @property
    def settings(self) -> dict[str, str]:
        """With these a bot is here."""
        return {
            "ATELIER_VK__TOKEN": self.token,
            "ATELIER_VK__GROUP_ID": str(self.group),
            "ATELIER_VK__API_BASE": self.base,
        }

    def person(self, id: int = 501, *, peer: int | None = None, lang: str = "en") -> Person:
        """Somebody who talks to the community, alone or in a group chat."""
        return Person(self.world, id, peer, lang)

    def expire_key(self) -> str:
        """The long poll's key is no longer good (`failed` 2); returns the new one."""
        self._methods.key = f"key{self.world.number()}"
        return self._methods.key

    async def call_back(
        self, url: str, event: dict[str, Any], *, secret: str | None = None
    ) -> tuple[int, str]:
        """Post an event to the Callback API's address as VK does; returns status and answer."""
        body = event if secret is None else event | {"secret": secret}
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
            return answer.status, await answer.text()

    async def __aenter__(self) -> VkServer:
        app = web.Application(client_max_size=256 * 2**20)
        app.router.add_post("/method/{method}", self._serve)
        app.router.add_get("/longpoll", self._poll)
        app.router.add_post("/upload/{kind}/{peer}", self._upload)
        app.router.add_get("/files/{token}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = self.world.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        await self.world.changed()
        fields = {key: str(value) for key, value in (await request.post()).items()}
        fault = self.faults.draw(method)
        if fault == Fault.CUT_BEFORE:
            return _cut(request)
        if fault == Fault.BROKEN:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        if fault == Fault.FLOOD:
            return _refusal(Refused(FLOOD, "Flood control"), fields)
        try:
            result = await self._run(method, fields)
        except Refused as refused:
            return _refusal(refused, fields)
        if fault == Fault.CUT_AFTER:
            return _cut(request)
        if fault == Fault.SLOW:
            await asyncio.sleep(self.faults.slow)
        return web.json_response({"response": result})

    async def _run(self, method: str, fields: dict[str, str]) -> Any:
        if fields.pop("access_token", "") != self.token:
            raise Refused(AUTH, "User authorization failed: invalid access_token")
        if fields.pop("v", "") != VERSION:
            raise bad("v")
        fields.pop("lang", None)
        if method not in METHODS:
            raise Refused(3, f"Unknown method passed: the test server has no {method}")
        if strange := set(fields) - METHODS[method]:
            raise bad(f"{method} has no field {', '.join(sorted(strange))}")
        if self._rate.note("", self.world.clock()) and self._enforce:
            raise Refused(TOO_FAST, "Too many requests per second")
        snake = re.sub(r"([A-Z])", r"_\1", method.replace(".", "_")).lower()
        return await getattr(self._methods, snake)(fields)

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.draw("poll")
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
            return _cut(request)
        if fault is not None:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        query, events = request.query, self.world.events
        self.calls["poll"] += 1
        await self.world.changed()
        if query.get("act") != "a_check" or not 1 <= int(query.get("wait", "0")) <= 90:
            return web.json_response({"error": "invalid request"}, status=400)
        if self.lost:
            self.lost = False
            return web.json_response({"failed": 3})
        if query["key"] != self._methods.key:
            return web.json_response({"failed": 2})
        ts = int(query["ts"])
        if not len(events) - self._history <= ts <= len(events):
            return web.json_response({"failed": 1, "ts": len(events)})
        self.polling = self._methods.key
        await self.world.changed()
        with contextlib.suppress(TimeoutError):
            await self.world.until(lambda: len(events) > ts, int(query["wait"]))
        self.polling = ""
        return web.json_response({"ts": str(len(events)), "updates": events[ts:]})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        kind, peer = request.match_info["kind"], int(request.match_info["peer"])
        fault = self.faults.draw("upload")
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
            return _cut(request)
        if fault is not None:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        # the documents name the field, the real server takes any
        fields = (await request.post()).values()
        field = next((one for one in fields if isinstance(one, web.FileField)), None)
        if field is None:
            return web.json_response({"error": "no file"})
        return web.json_response(
            self._methods.upload(kind, peer, field.filename, field.file.read())
        )

    async def _file(self, request: web.Request) -> web.Response:
        kept = self.world.files.get(request.match_info["token"])
        return web.Response(status=404) if kept is None else web.Response(body=kept.content)


def _refusal(refused: Refused, fields: dict[str, str]) -> web.Response:
    params = [{"key": key, "value": value[:50]} for key, value in fields.items()]
    error = {
        "error_code": refused.code,
        "error_msg": str(refused),
        "request_params": params,
    }
    if refused.code == INTERNAL:
        del error["request_params"]
    return web.json_response({"error": error})


def _cut(request: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
