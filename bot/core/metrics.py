"""What a bot counts: messages as they are answered, endings as they are delivered."""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge, Histogram

from worker.jobs.model import Failed, Receipt

__all__ = ["ANSWERS", "FAILED_DELIVERIES", "UNDELIVERED", "note_delivery"]

ANSWERS = Counter(
    "atelier_answers", "Messages of people, by the error they were told.", ["messenger", "code"]
)
UNDELIVERED = Gauge(
    "atelier_undelivered_endings", "Endings that this bot has to send.", ["messenger"]
)
FAILED_DELIVERIES = Counter(
    "atelier_failed_deliveries", "Attempts at sending an ending that failed.", ["messenger"]
)
_ENDINGS = Counter(
    "atelier_endings", "Delivered endings of jobs.", ["messenger", "effect", "outcome", "code"]
)
_SECONDS = Histogram(
    "atelier_delivery_seconds", "From a job's end to its delivery.", ["messenger"],
    buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 7200),
)  # fmt: skip


def note_delivery(messenger: str, receipt: Receipt) -> None:
    """An ending was sent."""
    ending = receipt.ending
    code = ending.code if isinstance(ending, Failed) else ""
    _ENDINGS.labels(messenger, receipt.job.effect, ending.kind, code).inc()
    _SECONDS.labels(messenger).observe(max(0.0, time.time() - receipt.since))
