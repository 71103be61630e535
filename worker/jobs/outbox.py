"""Endings that wait to be delivered: one stream per platform, read by a consumer group."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.exceptions import ResponseError

from worker.jobs.connection import PATIENCE, Connection
from worker.jobs.errors import QueueAway
from worker.jobs.model import ENDING, Receipt, read_job

__all__ = ["GROUP", "Outbox"]

GROUP = "delivery"
_BLOCK = 2.0
_Entry = tuple[str, dict[str, str]]


class Outbox:
    """Hands out endings at least once."""

    def __init__(self, connection: Connection, prefix: str, redelivery: float) -> None:
        self._connection = connection
        self._prefix = prefix
        self._redelivery = redelivery
        # how far each consumer has read what its former process left, or a reply that was lost;
        # None when to the end
        self._left: dict[tuple[str, str], str | None] = {}
        # ids handed out and not acknowledged
        self._in_hand: set[tuple[str, str]] = set()

    def key(self, platform: str) -> str:
        """The platform's stream."""
        return f"{self._prefix}outbox:{platform}"

    async def take(self, platform: str, consumer: str, *, count: int, wait: float) -> list[Receipt]:
        """First what this consumer's former process or a dead consumer left, then what is new."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        if not any(known == platform for known, _ in self._left):
            await self._create_group(platform)
        self._left.setdefault((platform, consumer), "0")
        while True:
            left = end - loop.time()
            try:
                with self._connection.errors():
                    async with asyncio.timeout(PATIENCE):
                        entries = await self._take(platform, consumer, count, min(left, _BLOCK))
                receipts = [_receipt(*entry) for entry in entries]
                if entries:  # else a failover could bring back a job whose ending was delivered
                    await self._connection.confirm()
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._create_group(platform)  # the database was emptied
                continue
            except QueueAway:
                self._left[platform, consumer] = "0"  # what was taken and did not reach us
                raise
            if entries or left <= 0:
                self._in_hand.update((platform, id_) for id_, _ in entries)
                return receipts

    async def acknowledge(self, platform: str, receipt: Receipt) -> None:
        """Remove it; the job may be forgotten from now on."""
        await self._connection.run(
            "acknowledge", GROUP, receipt.id, receipt.job.id, more=[self.key(platform)]
        )
        self._in_hand.discard((platform, receipt.id))

    async def _create_group(self, platform: str) -> None:
        with self._connection.errors():
            try:
                await self._connection.client.xgroup_create(
                    self.key(platform), GROUP, id="0", mkstream=True
                )
            except ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise

    async def _take(self, platform: str, consumer: str, count: int, block: float) -> list[_Entry]:
        while (last := self._left[platform, consumer]) is not None:
            entries = await self._read(platform, consumer, last, count, 0)
            self._left[platform, consumer] = entries[-1][0] if entries else None
            missed = [entry for entry in entries if (platform, entry[0]) not in self._in_hand]
            if missed:
                return missed
        again = await self._abandoned(platform, consumer, count)
        if len(again) == count:
            return again
        return again + await self._read(
            platform, consumer, ">", count - len(again), 0 if again else block
        )

    async def _read(
        self, platform: str, consumer: str, after: str, count: int, block: float
    ) -> list[_Entry]:
        reply: Any = await self._connection.client.xreadgroup(
            GROUP, consumer, {self.key(platform): after}, count=count,
            block=max(1, round(block * 1000)) if block > 0 else None,
        )  # fmt: skip
        return [entry for _, entries in reply for entry in entries]

    async def _abandoned(self, platform: str, consumer: str, count: int) -> list[_Entry]:
        cursor = "0-0"
        found: list[_Entry] = []
        while True:
            reply: Any = await self._connection.client.xautoclaim(
                self.key(platform), GROUP, consumer, round(self._redelivery * 1000),
                start_id=cursor, count=count - len(found),
            )  # fmt: skip
            cursor = reply[0]
            found += reply[1]
            if cursor == "0-0" or len(found) >= count:
                return found


def _receipt(id_: str, fields: dict[str, str]) -> Receipt:
    return Receipt(
        id=id_,
        job=read_job(fields["job"]),
        ending=ENDING.validate_json(fields["ending"]),
        since=int(id_.partition("-")[0]) / 1000,  # as streams name their entries
    )
