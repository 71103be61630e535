"""Traces: one request through the real bot and a real worker, as a receiver of OpenTelemetry's
gets it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.conftest import RedisServer
from tests.deploy.watched import account_in, fetch, samples_in, service, value
from tests.worker.runtime_kit import until
from worker.jobs import tracing


class Receiver:
    """An OTLP receiver over HTTP that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def take(self, request: web.Request) -> web.Response:
        """What an exporter posts."""
        self.bodies.append(await request.read())
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    def spans(self) -> list[tuple[str, Span]]:
        """(service, span), of all that came."""
        return [
            (_said(group.resource)["service.name"], span)
            for body in self.bodies
            for group in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]


def _said(whatever: Span | Resource) -> dict[str, str]:
    return {one.key: one.value.string_value for one in whatever.attributes}


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """It, and its address."""
    it, app = Receiver(), web.Application()
    app.router.add_post("/v1/traces", it.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0]
        yield it, f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def test_a_whole_trace(tmp_path: Path, own_redis: RedisServer) -> None:
    """Message, queue, worker, child and delivery are one tree, in order, with the job's id; nobody
    is named in it, and no words of anybody are.
    """
    async with receiver() as (it, place):
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": place, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        environment["ATELIER_WORKER__MEMORY_MB"] = "15"  # for one effect: the other is loaded anew
        async with service(tmp_path, own_redis.url, environment) as running:
            job = (await running.door.say("/odd how=raise"))["slot"]
            assert (await running.door.say("/odd unspeakable=words"))["error"]
            done = (await running.door.say("/noop"))["slot"]

            def complete() -> bool:
                names = [span.name for _, span in it.spans()]
                return [2, 2] == [names.count(name) for name in ("attempt", "deliver")]

            await until(complete)
        account = account_in(own_redis)
        spans = it.spans()
    by_job = {_said(span).get("atelier.job"): span.trace_id for _, span in spans}
    trace = [(program, span) for program, span in spans if span.trace_id == by_job[done]]
    names = {span.span_id: span.name for _, span in trace}
    assert {
        ("atelier-bot", "handle", ""),
        ("atelier-bot", "submit", "handle"),
        ("atelier-worker", "wait", "submit"),
        ("atelier-worker", "attempt", "submit"),
        ("atelier-worker", "fetch", "attempt"),
        ("atelier-worker", "load", "attempt"),
        ("atelier-worker", "effect", "attempt"),
        ("atelier-worker", "upload", "attempt"),
        ("atelier-worker", "finish", "attempt"),
        ("atelier-bot", "deliver", "submit"),
    } == {(program, span.name, names.get(span.parent_span_id, "")) for program, span in trace}
    begins = {span.name: span.start_time_unix_nano for _, span in trace}
    order = [*("handle", "submit", "attempt", "fetch"), *("load", "effect", "upload", "finish")]
    assert [*order, "deliver"] == sorted([*order, "deliver"], key=begins.__getitem__)
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for _, span in trace)

    failed = {span.name: _said(span) for _, span in spans if span.trace_id == by_job[job]}
    assert ("failed", "broken_effect") == tuple(
        failed["attempt"][f"atelier.{name}"] for name in ("outcome", "code")
    )
    assert "upload" not in failed
    assert ["bad_params"] == [
        code for _, span in spans if (code := _said(span).get("atelier.code")) == "bad_params"
    ]
    sent = b"".join(it.bodies)
    for word in (account, "unspeakable", "words"):
        assert word.encode() not in sent


async def test_nobody_receives(tmp_path: Path, redis_url: str) -> None:
    """Jobs are done all the same, and the bot leaves when told, without waiting for a receiver."""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    async with service(tmp_path, redis_url, environment) as running:
        await running.door.say("/noop")

        async def delivered() -> bool:
            found = samples_in((await fetch(f"{running.bot_place}/metrics"))[1])
            return value(found, "atelier_delivery_seconds_count", messenger="web") == 1

        await until(delivered)
        begun = time.monotonic()
        assert 0 == await asyncio.to_thread(running.bot.stop)
        assert time.monotonic() - begun < 5  # of the 7 that the exporter goes on trying


def test_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place nothing of OpenTelemetry is imported, and nothing is told; with one but
    without the extra it is said how to get it.
    """
    program = "\n".join(
        [
            "import sys",
            "from worker.jobs.tracing import begin, span, traceparent, traces_sent",
            "with traces_sent('bot'), span('handle', messenger='web') as facts:",
            "    assert traceparent() == ''",
            "    facts['code'] = ''",
            "begin('wait', '00-' + '1' * 32 + '-' + '2' * 16 + '-01', ago=3.0)()",
            "print([name for name in sys.modules if name.startswith('opentelemetry')])",
        ]
    )
    for name in tracing._PLACES:
        monkeypatch.delenv(name, raising=False)
    ran = [sys.executable, "-c", program]
    assert "[]\n" == subprocess.run(ran, capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    hidden = [sys.executable, "-c", "import sys; sys.modules['opentelemetry'] = None\n" + program]
    said = subprocess.run(hidden, capture_output=True, text=True, check=True)
    assert "pip install 'atelier[tracing]'" in said.stderr
