"""Claims and leases on Redis."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

from worker.jobs import endings
from worker.jobs.connection import Connection
from worker.jobs.errors import LeaseLost, QueueAway
from worker.jobs.keys import KEYS, PREFIX
from worker.jobs.model import (
    ENDING,
    WIRE,
    Cancelled,
    Claim,
    Done,
    Ending,
    Failed,
    Job,
    Progress,
    newer_wire,
    read_job,
)
from worker.jobs.outbox import Outbox
from worker.jobs.policy import MICRO
from worker.jobs.rulebook import Rulebook
from worker.jobs.speeds import micro_measured, price_field
from worker.jobs.wakeups import POLL, Wakeups, set_within

__all__ = ["RedisLeases", "micro", "progress_channel"]


def micro(seconds: float) -> int:
    """Microseconds, as scripts take them."""
    return round(seconds * MICRO)


def progress_channel(platform: str) -> str:
    """Where the progress of the platform's jobs is published."""
    return f"{KEYS['progress']}:{platform}"


class RedisLeases:
    """The part of `worker.jobs.queue.Queue` that serves those who hold jobs."""

    def __init__(self, url: str, clock: Callable[[], float] | None, redelivery: float) -> None:
        self._connection = Connection(url, KEYS)
        self._clock = clock
        self._wakeups = Wakeups(self._connection, KEYS["idle"])
        self._outbox = Outbox(self._connection, PREFIX, redelivery)
        self._rulebook = Rulebook(self._connection, KEYS)

    async def claim(
        self,
        worker: str,
        effects: Sequence[str],
        *,
        lease: float,
        pool: str = "cpu",
        wait: float = 0.0,
        most: Mapping[str, int] = {},
        warm: Collection[str] = (),
    ) -> list[Claim]:
        """Take the next job that this worker can run, or a batch. A claim whose reply is lost is
        given back when its lease runs out.
        """
        wanted = [(name, most.get(name, 1), "1" if name in warm else "") for name in effects]
        if wait <= 0:
            return await self._claim(worker, pool, wanted, lease, "", sleep=False)
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        await self._wakeups.listening(min(wait, POLL))
        with self._wakeups.waiter() as (name, woken):
            try:
                while True:
                    left = end - loop.time()
                    woken.clear()
                    open_ = self._rulebook.rules.open_to(pool, effects)
                    waiter = f"{name}|{worker}|{' '.join(open_)}"
                    claims = await self._claim(worker, pool, wanted, lease, waiter, sleep=left > 0)
                    if claims or left <= 0:
                        return claims
                    await set_within(woken, min(left, POLL))
            except asyncio.CancelledError:
                # else the next job's wake-up would be spent on nobody
                with suppress(QueueAway), self._connection.errors():
                    members = [f"{effect}|{waiter}" for effect in open_]
                    if members:
                        await self._connection.client.zrem(KEYS["idle"], *members)
                raise

    async def _claim(
        self,
        worker: str,
        pool: str,
        wanted: Sequence[tuple[str, int, str]],
        lease: float,
        waiter: str,
        *,
        sleep: bool,
    ) -> list[Claim]:
        weights = self._rulebook.calendar.weights(self._seconds())
        rules = self._rulebook.rules
        open_ = rules.open_to(pool, [name for name, *_ in wanted])
        rows = itertools.chain(weights.items(), (row for row in wanted if row[0] in open_))
        reply = await self._connection.run(
            "claim", self._now(), worker, micro(lease), waiter, "1" if sleep else "",
            rules.version, rules.slack * MICRO, WIRE, len(weights),
            *itertools.chain(*rows),
        )  # fmt: skip
        if reply == "stale":
            await self._rulebook.load()
            return await self._claim(worker, pool, wanted, lease, waiter, sleep=sleep)
        if reply and reply[0] == "newer":
            raise newer_wire(int(reply[1]))
        return [
            Claim(
                job=read_job(job),
                token=token,
                attempt=int(attempt),
                deadline=int(deadline) / MICRO,
                waited=int(waited) / MICRO,
                tier=tier,
            )
            for job, token, attempt, deadline, waited, tier in reply or ()
        ]

    async def renew(self, claim: Claim, *, lease: float) -> None:
        """Push the deadline out."""
        _held(
            await self._connection.run(
                "renew", self._now(), claim.job.id, claim.token, micro(lease)
            )
        )

    async def progress(self, claim: Claim, progress: Progress) -> None:
        """Publish how far it is."""
        _held(
            await self._connection.run(
                "progress", claim.job.id, claim.token, progress.model_dump_json(),
                progress_channel(claim.job.platform),
            )
        )  # fmt: skip

    async def finish(self, claim: Claim, done: Done) -> None:
        """End with a result. A job that was cancelled meanwhile ends as cancelled. Said again by
        the same claim, because the reply was lost, it changes nothing.
        """
        await self._settle(claim.job, claim.token, "end", done)

    async def fail(
        self, claim: Claim, code: str, message: str, *, retry: bool, **details: str | int | float
    ) -> Ending | None:
        """End without a result, or go back for another attempt."""
        failed = Failed(job=claim.job.id, code=code, message=message, details=details)
        reply = await self._settle(claim.job, claim.token, "retry" if retry else "end", failed)
        return ENDING.validate_json(reply) if reply else None

    async def release(self, claim: Claim) -> None:
        """Give a job back unharmed."""
        await self._settle(claim.job, claim.token, "release", Cancelled(job=claim.job.id))

    async def acknowledge_cancel(self, claim: Claim) -> None:
        """The effect has stopped after a cancel."""
        await self._settle(claim.job, claim.token, "end", Cancelled(job=claim.job.id))

    async def _settle(
        self, job: Job, token: str, how: str, ending: Done | Failed | Cancelled
    ) -> str:
        """The ending, JSON; "" when the job went back."""
        measured = micro_measured(ending.seconds) if isinstance(ending, Done) else 0
        reply: str | None = await self._connection.run(
            "settle", self._now(), job.id, token, how, ending.kind, ending.model_dump_json(),
            measured, self._rulebook.rules.reference or "", price_field(job.effect, job.pixels),
            job.guess, more=[self._outbox.key(job.platform)],
        )  # fmt: skip
        if reply is None:
            raise LeaseLost(endings.LOST)
        return reply

    def _now(self) -> str:
        """What scripts take as `now`."""
        return str(micro(self._clock())) if self._clock else ""

    def _seconds(self) -> float:
        """Now in Unix seconds, for the calendar."""
        return self._clock() if self._clock else time.time()

    async def _time(self) -> int:
        """Now in microseconds, for reads."""
        if self._clock:
            return micro(self._clock())
        seconds, micros = await self._connection.read(lambda client: client.time())
        return int(seconds) * MICRO + int(micros)


def _held(reply: object) -> None:
    if not reply:
        raise LeaseLost(endings.LOST)
