"""vk_api in threads: it blocks. One thread sends, another one listens."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from vk_api import ApiError, ApiHttpError, VkApiGroup, VkUpload
from vk_api.bot_longpoll import VkBotLongPoll

__all__ = ["AUTH", "Client", "is_transient"]

T = TypeVar("T")

VERSION = "5.199"
AUTH = {5, 15, 27}
"""Errors of a token that is wrong or may not do this."""
# an answer that is no JSON is a ValueError
_TRANSIENT = (requests.RequestException, ApiHttpError, ValueError)
_TRANSIENT_CODES = {1, 6, 9, 10}
_TIMEOUT = 30.0
_DELAY = 1 / 18
"""Seconds between calls; VK allows twenty a second."""


def is_transient(error: Exception) -> bool:
    """Whether a call may go well the next time."""
    if isinstance(error, ApiError):
        return error.code in _TRANSIENT_CODES
    return isinstance(error, _TRANSIENT)


class _Api(VkApiGroup):  # type: ignore[misc]
    """Keeps its pace whatever the clock does: vk_api asks the time of day, and would sleep for an
    hour when that goes back by one.
    """

    @property
    def last_request(self) -> float:
        """When, by the clock as it is now."""
        return time.time() - (time.monotonic() - self._since)

    @last_request.setter
    def last_request(self, _: float) -> None:
        self._since = time.monotonic()


class _Adapter(HTTPAdapter):
    """Gives every request a time limit, and another host if there is one in place of VK's."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def send(  # type: ignore[no-untyped-def]
        self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None
    ):
        """As the parent's."""
        parts = urlsplit(request.url)
        if self._base.netloc and parts.hostname in ("api.vk.com", "api.vk.ru"):
            parts = parts._replace(scheme=self._base.scheme, netloc=self._base.netloc)
            request.url = urlunsplit(parts)
        return super().send(request, stream, timeout or _TIMEOUT, verify, cert, proxies)


class Client:
    """The community's calls."""

    def __init__(self, token: str, group: int, base: str) -> None:
        self._group = group
        self._sending = ThreadPoolExecutor(1, "vk-send")
        self._api = _connect(token, base)
        self._upload = VkUpload(self._api)
        self._listening = _Listening()
        self._listener = _connect(token, base)
        self._poll: VkBotLongPoll

    async def call(self, method: str, **values: Any) -> Any:
        """One method. Raises `ApiError`, and what `is_transient` knows."""
        return await self._send(lambda: self._api.method(method, values))

    async def upload_photo(self, peer: int, content: bytes) -> str:
        """Upload a photo; returns what attachments call it."""
        [photo] = await self._send(
            lambda: self._upload.photo_messages(io.BytesIO(content), peer_id=peer)
        )
        return _attachment("photo", photo)

    async def upload_file(self, peer: int, name: str, content: bytes) -> str:
        """Upload a document; returns what attachments call it."""
        file = io.BytesIO(content)
        file.name = name
        saved = await self._send(
            lambda: self._upload.document_message(file, title=name, peer_id=peer)
        )
        return _attachment("doc", saved["doc"])

    async def connect(self, since: str | None, wait: int) -> str:
        """Begin to listen for what comes after `since` (None: from now on), which is returned."""

        def connect() -> str:
            self._poll = VkBotLongPoll(self._listener, self._group, wait)
            self._poll.ts = since or self._poll.ts
            return str(self._poll.ts)

        return await self._listening.run(connect)

    async def poll(self) -> tuple[list[dict[str, Any]], str]:
        """The events since the last time, and what comes after them."""

        def check() -> tuple[list[dict[str, Any]], str]:
            events = [event.raw for event in self._poll.check()]
            return events, str(self._poll.ts)

        return await self._listening.run(check)

    def close(self) -> None:
        """Let go of the sending thread."""
        self._sending.shutdown(wait=False, cancel_futures=True)

    async def _send(self, do: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._sending, do)


class _Listening:
    """A thread that holds up no end of the program: a poll waits long."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        threading.Thread(target=self._work, name="vk-listen", daemon=True).start()

    async def run(self, do: Callable[[], T]) -> T:
        """What it returns. Raises what it raises; when cancelled it goes on unheard."""
        done: Future[T] = Future()
        self._calls.put((do, done))
        return await asyncio.wrap_future(done)

    def _work(self) -> None:
        while True:
            do, done = self._calls.get()
            if not done.set_running_or_notify_cancel():
                continue
            try:
                done.set_result(do())
            # Whatever it is, it is for whoever waits.
            except Exception as error:
                done.set_exception(error)


def _connect(token: str, base: str) -> _Api:
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(base))
    api = _Api(token=token, session=session, api_version=VERSION)
    api.RPS_DELAY = _DELAY
    return api


def _attachment(kind: str, saved: dict[str, Any]) -> str:
    key = f"_{saved['access_key']}" if saved.get("access_key") else ""
    return f"{kind}{saved['owner_id']}_{saved['id']}{key}"
