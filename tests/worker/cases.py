"""Short words for what the queue's tests say again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from worker.jobs.model import Claim, Done, Job, Receipt
from worker.jobs.queue import Queue

SECOND = 1_000_000


def a_job(name: str, user: str = "web:ann", *, seconds: float = 1, **more: Any) -> Job:
    """A job of `seconds` expected seconds."""
    values: dict[str, Any] = {"effect": "paint", "platform": "web", "chat": "c", **more}
    return Job(id=name, user=user, cost=round(seconds * SECOND), **values)


async def submit(queue: Queue, *jobs: Job) -> None:
    """Submit each under a key of its own."""
    for job in jobs:
        await queue.submit(job, key=job.id)


async def submit_together(queue: Queue, *jobs: Job) -> None:
    """The same at one time, which takes far less for hundreds; in the same order."""
    await asyncio.gather(*(queue.submit(job, key=job.id) for job in jobs))


async def take(
    queue: Queue, worker: str = "w1", effects: Sequence[str] = ("paint",), lease: float = 10
) -> Claim:
    """Claim what must be there."""
    [claim] = await queue.claim(worker, effects, lease=lease)
    return claim


async def serve_all(queue: Queue, effects: Sequence[str] = ("paint",)) -> list[str]:
    """Claim and finish until nothing is left; the jobs in the order served."""
    served = []
    while claims := await queue.claim("w1", effects, lease=10):
        served.append(claims[0].job.id)
        await queue.finish(claims[0], Done(job=claims[0].job.id))
    return served


async def deliver(queue: Queue, platform: str = "web") -> list[Receipt]:
    """Take and acknowledge all that is new in the outbox."""
    receipts = await queue.outbox(platform, "bot", count=1000)
    for receipt in receipts:
        await queue.acknowledge(platform, receipt)
    return receipts
