"""`python -m bot export FILE` and `python -m bot import FILE`: see `bot.core.backup`."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import Counter
from pathlib import Path

from bot.config import BotSettings
from bot.core.backup import Backup, BadBackup
from bot.core.preferences import RedisPreferences
from bot.core.saved_redis import RedisSavedFilters
from worker.jobs.errors import QueueError
from worker.jobs.settings import open_jobs

__all__ = ["export", "restore"]


def export(settings: BotSettings, path: Path) -> int:
    """Write the file, whole or not at all, for its owner's eyes; returns the exit status."""
    return asyncio.run(_answer(settings, path, write=True))


def restore(settings: BotSettings, path: Path) -> int:
    """Read the file; returns the exit status."""
    return asyncio.run(_answer(settings, path, write=False))


async def _answer(settings: BotSettings, path: Path, *, write: bool) -> int:
    logging.getLogger().setLevel(logging.WARNING)
    try:
        async with open_jobs(settings, wait=False) as jobs:
            await jobs.queue.wait_until_there()
            saved, preferences = RedisSavedFilters(jobs.redis), RedisPreferences(jobs.redis)
            backup = Backup(jobs.office, jobs.blobs, preferences, saved)
            said = await (_write if write else _read)(backup, path)
    except (BadBackup, QueueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(said)
    return 0


async def _write(backup: Backup, path: Path) -> str:
    half = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            counts = await backup.write(file)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return f"Written: {_count(counts)}."


async def _read(backup: Backup, path: Path) -> str:
    with path.open("rb") as file:
        new, known = await backup.read(file)
    return f"New here: {_count(new)}. Known here, and left as they were: {_count(known)}."


def _count(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items())) or "nothing"
