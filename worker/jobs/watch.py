"""What a program tells of itself over HTTP: `/metrics`, `/healthz` and `/readyz`."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, make_wsgi_app
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from redis.exceptions import RedisError

from worker.jobs.errors import BadSettings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["WatchSettings", "ask_loop", "redis_fault", "served"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_PATIENCE = 4.0
"""Seconds for an answer of the program; Prometheus waits 10, a kubelet as long as it is told."""


class WatchSettings(BaseModel):
    """Where a program tells of itself: `/metrics`, `/healthz`, `/readyz`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int | None = Field(None, ge=0, le=65535)
    """None: nowhere; 0: any free port."""


def ask_loop(loop: asyncio.AbstractEventLoop, question: Coroutine[Any, Any, T]) -> T:
    """From another thread. Raises `TimeoutError`, and what the question raises."""
    future = asyncio.run_coroutine_threadsafe(question, loop)
    try:
        return future.result(_PATIENCE)
    finally:
        future.cancel()


async def redis_fault(redis: Redis) -> str:
    """Why Redis can't be asked just now; "" when it can."""
    try:
        await redis.info("server")
    except (RedisError, OSError) as error:
        return f"Redis does not answer: {error}"
    return ""


@asynccontextmanager
async def served(
    settings: WatchSettings,
    ready: Callable[[], Awaitable[str]],
    collectors: Iterable[Collector] = (),
) -> AsyncIterator[None]:
    """Tell while the block runs, if there is a port. `ready` says what is missing, or "". A thread
    answers, so that a program whose loop stands still is found out. Raises `BadSettings`.
    """
    if settings.port is None:
        yield
        return
    app = _App(asyncio.get_running_loop(), ready)
    try:
        server = make_server(settings.host, settings.port, app, _Server, _Handler)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise BadSettings(f"The metrics can't be served at {place}: {error}") from error
    for collector in collectors:
        REGISTRY.register(collector)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    log.info("metrics are at http://%s:%d/metrics", settings.host, server.server_port)
    try:
        yield
    finally:
        for collector in collectors:
            REGISTRY.unregister(collector)
        await asyncio.to_thread(server.shutdown)
        server.server_close()


class _App:
    def __init__(
        self, loop: asyncio.AbstractEventLoop, ready: Callable[[], Awaitable[str]]
    ) -> None:
        self._loop = loop
        self._ready = ready
        self._metrics = make_wsgi_app()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                answer: Iterable[bytes] = self._metrics(environ, start)
                return answer
            case "/healthz":
                missing = self._ask(self._alive())
            case "/readyz":
                missing = self._ask(self._look())
            case _:
                return _say(start, HTTPStatus.NOT_FOUND, "there are /metrics, /healthz, /readyz")
        status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
        return _say(start, status, missing or "ok")

    def _ask(self, question: Coroutine[Any, Any, str]) -> str:
        try:
            return ask_loop(self._loop, question)
        except TimeoutError:
            return f"no answer within {_PATIENCE:g} s"

    async def _alive(self) -> str:
        return ""

    async def _look(self) -> str:
        return await self._ready()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 10.0

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a scrape is no event."""


def _say(start: StartResponse, status: HTTPStatus, text: str) -> Iterable[bytes]:
    start(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{text}\n".encode()]
