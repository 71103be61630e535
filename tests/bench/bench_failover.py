"""Redis' master is killed under load, again and again, with Sentinel and with Cluster: how long the
service was away, and what became of the jobs that were accepted. The sentinels call a master dead
after 0.3 s, the nodes after 0.5 s; one that dies within six seconds of the last is replaced only
after them.
"""

from __future__ import annotations

import asyncio
import logging
import time

from tests.conftest import find_redis
from tests.worker.load import BOTS, Load
from tests.worker.several_redis import Cluster, Sentinels, cluster, sentinels

KILLS = 4
BEFORE, AFTER = 300, 200
"""Jobs accepted."""


def main() -> None:
    """Run both; about a minute."""
    program = find_redis()
    assert program, "there is no redis-server"
    logging.disable(logging.WARNING)  # that Redis is away
    for name, started in (("Sentinel", sentinels), ("Cluster", cluster)):
        with started(program) as group:
            asyncio.run(_kill(name, group))


async def _kill(name: str, group: Sentinels | Cluster) -> None:
    for _ in range(KILLS):
        group.start()
        group.master.client.flushall()
        load = Load(group.url, effect="noop")
        async with load:
            await load.accepted_more(BEFORE)
            killed = time.monotonic()
            group.master.kill()
            await load.accepted_more(BOTS + 1)  # the answers to as many may have been on their way
            away = time.monotonic() - killed
            await load.accepted_more(AFTER)
        lost, twice = load.verdict()
        print(
            f"{name}: away {away:.1f} s; of {load.accepted} accepted {len(lost)} lost, "
            f"{len(twice)} answered twice",
            flush=True,
        )
