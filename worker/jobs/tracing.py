"""Traces for OpenTelemetry: a request's way through all programs, from the message to the answer.

Off, and without cost, unless OTEL_EXPORTER_OTLP_ENDPOINT says where they go; needs the extra
`tracing`. Jobs are told by their ids; no account, chat, picture or word of anybody is in a span.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

__all__ = ["Facts", "begin", "span", "traceparent", "traces_sent"]

log = logging.getLogger(__name__)

_PLACES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Variables of OpenTelemetry's own; its exporter reads them, and its others."""
_LAST = 2.0
"""Seconds for what is left to send at the end."""
_HEADER = "traceparent"
_tracer: Tracer | None = None
Facts = dict[str, str | int]


@contextmanager
def traces_sent(program: str) -> Iterator[None]:
    """Send the spans of the block, if there is a place for them."""
    global _tracer
    if not any(map(os.environ.get, _PLACES)):
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("no traces are sent: pip install 'atelier[tracing]' brings what they need")
        yield
        return
    # a receiver that is away is one line for a batch that is dropped, and none for each try
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    service, exporter = {"service.name": f"atelier-{program}"}, OTLPSpanExporter()
    provider = TracerProvider(resource=Resource.create(service), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("atelier")
    try:
        yield
    finally:
        closing = threading.Thread(target=provider.shutdown, daemon=True)
        closing.start()
        closing.join(_LAST)
        # what is not sent by now is dropped
        exporter.shutdown()  # type: ignore[no-untyped-call]


def traceparent() -> str:
    """The span that this task is in, as W3C's Trace Context writes it; "" when there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(_HEADER, "")


@contextmanager
def span(name: str, parent: str = "", **facts: str | int) -> Iterator[Facts]:
    """What is done in the block, with what is put into `facts` until its end; `parent`: a
    `traceparent`, by default this task's own. An error is told by its class, without its words.
    """
    if _tracer is None:
        yield facts
        return
    from opentelemetry.trace import StatusCode

    with _tracer.start_as_current_span(
        name, _context(parent), record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield facts
        except BaseException as error:
            current.set_status(StatusCode.ERROR)
            current.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            current.set_attributes(_named(facts))


def begin(name: str, parent: str, *, ago: float = 0.0, **facts: str | int) -> Callable[[], None]:
    """What began so many seconds ago, and lasts until the returned is called."""
    if _tracer is None:
        return _nothing
    start = time.time_ns() - round(ago * 1e9)
    current = _tracer.start_span(name, _context(parent), attributes=_named(facts), start_time=start)
    return current.end


def _nothing() -> None:
    pass


def _named(facts: Facts) -> Facts:
    return {f"atelier.{name}": value for name, value in facts.items()}


def _context(parent: str) -> Context | None:
    if not parent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({_HEADER: parent})
