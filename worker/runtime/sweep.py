"""What outlives its time: pictures without a job, of one never submitted or of one forgotten by a
worker that died; and what effects keep of pictures in their cache.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from worker.jobs.blobs import Blobs
from worker.jobs.errors import NoSuchJob, NotYours
from worker.jobs.queue import Queue

_ROUND = 1000
"""Folders looked at in one round."""
# What else is kept in the same place is not ours to drop. "#1": half written.
_OURS = re.compile(
    r"((photo|attachment)-\d+|[^/]+/(\d+\.(png|jpg|gif|mp4)|preview-\d+\.jpg|data-\d+))(#\d+)?",
)


class Sweep:
    """Drops pictures whose job the queue does not know, once the newest of them is `age` seconds
    old: photos are stored before their job is submitted. Any number of workers may do it.
    """

    def __init__(
        self, queue: Queue, blobs: Blobs, age: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._queue = queue
        self._blobs = blobs
        self._age = age
        self._clock = clock
        self._left: list[str] = []

    async def round(self) -> list[str]:
        """Look at the next folders, at the first again when all were seen; returns those dropped.

        Raises `QueueAway` and `BlobStoreAway`.
        """
        if not self._left:
            self._left = await self._blobs.folders()
        now, self._left = self._left[:_ROUND], self._left[_ROUND:]
        dropped = []
        for folder in now:
            if not await self._is_known(folder) and await self._is_old(folder):
                await self._blobs.delete_under(folder)
                dropped.append(folder)
        return dropped

    async def _is_known(self, job: str) -> bool:
        try:
            await self._queue.view(job, user="")
        except NoSuchJob:
            return False
        except NotYours:
            return True
        return True

    async def _is_old(self, folder: str) -> bool:
        changes = await self._blobs.changes(folder)
        return (
            bool(changes)
            and all(_OURS.fullmatch(name) for name in changes)
            and max(changes.values()) < self._clock() - self._age
        )


def sweep_cache(folder: Path, age: float, clock: Callable[[], float] = time.time) -> int:
    """Drop the files under a folder that were not changed for `age` seconds; returns how many."""
    dropped = 0
    for path in folder.rglob("*"):
        # others may be dropping it, too; a folder is none of ours
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime < clock() - age:
                path.unlink()
                dropped += 1
    return dropped
