"""The two ends of the service, as processes that may be killed at any moment.

    python -m tests.chaos.people submit REDIS FIRST STEP JOBS PACE SEED
    python -m tests.chaos.people deliver REDIS

Each keeps a ledger in the working folder, a line for each thing that it knows to have happened.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import sys
import threading
from pathlib import Path

from tests.chaos.plan import COST, EFFECT, PLATFORM, owner, photo
from worker.jobs.blobs import Blobs
from worker.jobs.model import Job
from worker.jobs.redis_queue import RedisQueue
from worker.runtime.patience import Patience

_ANSWER = 0.05
"""Seconds."""


class Ledger:
    """Lines of words; each is there as a whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, *words: object) -> None:
        """Put down a line."""
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, (" ".join(map(str, words)) + "\n").encode())
        os.close(file)

    def lines(self) -> list[list[str]]:
        """All lines, in words."""
        return (
            [line.split() for line in self._path.read_text().splitlines()]
            if (self._path.exists())
            else []
        )


def accepted(folder: Path) -> Ledger:
    """number job: the queue has said yes."""
    return Ledger(folder / "accepted.txt")


def delivered(folder: Path) -> Ledger:
    """job receipt kind: the ending has reached its owner."""
    return Ledger(folder / "delivered.txt")


async def submit(
    queue: RedisQueue, first: int, step: int, jobs: int, pace: float, seed: int
) -> None:
    """Submit every `step`th job; after a restart, those not known to be accepted once more, under
    new ids as a bot does.
    """
    blobs, patience, dice = Blobs.open("blobs"), Patience(), random.Random(seed)
    ledger = accepted(Path())
    known = {int(number) for number, _ in ledger.lines()}
    for number in range(first, jobs, step):
        params = {"steps": dice.randint(1, 10), "pause": round(dice.uniform(0.01, 0.08), 3)}
        if number in known:
            continue
        id_ = f"{number}-{secrets.token_hex(8)}"
        job = Job(
            id=id_, user=owner(number), platform=PLATFORM, chat="1", effect=EFFECT,
            params=params, photos=(f"{id_}/photo-0",), cost=COST, max_attempts=50,
        )  # fmt: skip
        await blobs.put(job.photos[0], photo(number))
        ticket = await patience(lambda job=job, n=number: queue.submit(job, key=str(n)))
        if ticket.job != job.id:
            await blobs.delete_under(job.id)
        # The answer takes its time; who dies now has submitted and does not know it.
        await asyncio.sleep(_ANSWER)
        ledger.add(number, ticket.job)
        await asyncio.sleep(dice.uniform(0, 2 * pace))
    await asyncio.Event().wait()


async def deliver(queue: RedisQueue) -> None:
    """Deliver each ending, then acknowledge it."""
    ledger, patience = delivered(Path()), Patience()
    while True:
        for receipt in await patience(
            lambda: queue.outbox(PLATFORM, "deliverer", count=16, wait=1)
        ):
            ledger.add(receipt.job.id, receipt.id, receipt.ending.kind)
            # A messenger takes its time; who dies now has delivered and not said so.
            await asyncio.sleep(_ANSWER)
            await patience(lambda receipt=receipt: queue.acknowledge(PLATFORM, receipt))


async def _main(role: str, url: str, *words: str) -> None:
    queue = RedisQueue(url)
    if role == "deliver":
        await deliver(queue)
    else:
        first, step, jobs, pace, seed = words
        await submit(queue, int(first), int(step), int(jobs), float(pace), int(seed))


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(_main(*sys.argv[1:]))
