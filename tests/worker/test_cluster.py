"""Redis Cluster, real: three masters with a replica each; all our keys are on one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WAIT
from tests.worker.cases import a_job, deliver, submit, take
from tests.worker.conftest import Sleepers
from tests.worker.load import under_load
from tests.worker.several_redis import Cluster, cluster
from worker.jobs.errors import BadSettings
from worker.jobs.model import Done, Progress
from worker.jobs.redis_queue import RedisQueue
from worker.runtime.patience import Patience


@pytest.fixture(scope="module")
def _group(redis_program: str) -> Iterator[Cluster]:
    with cluster(redis_program) as group:
        yield group


@pytest.fixture
def group(_group: Cluster) -> Cluster:
    """The module's, whole and empty."""
    _group.start()
    _group.master.client.flushall()
    return _group


@pytest.mark.slow
async def test_a_failover_under_load_loses_nothing(group: Cluster, tmp_path: Path) -> None:
    """The master of our keys is killed while bots submit and workers, one of them a process,
    serve. All find the new one by themselves; what was accepted ends, once.
    """
    async with under_load(group.url, tmp_path) as load:
        old = group.master
        old.kill()
    assert group.master is not old
    assert ([], []) == load.verdict()


async def test_our_keys_move_to_another_node(group: Cluster) -> None:
    """The master and its replica change places: what is asked of the former one goes to the other
    the next time, and listeners hear on.
    """
    queue = RedisQueue(group.url)
    await submit(queue, a_job("a"))
    claim = await take(queue)
    events = queue.events("web")
    heard = asyncio.ensure_future(anext(events))
    await Sleepers(queue).events("web")
    await asyncio.to_thread(group.move_to, group.replica)
    patience = Patience()
    await patience(lambda: queue.progress(claim, Progress(job="a", done=1, total=2)))
    assert 1 == (await asyncio.wait_for(heard, WAIT)).done
    await queue.finish(claim, Done(job="a"))
    assert ["a"] == [receipt.job.id for receipt in await deliver(queue)]
    await events.aclose()
    await queue.close()


async def test_any_node_tells_the_way(group: Cluster) -> None:
    """One node of the URL is enough, whichever it is, and those that are down are passed over."""
    for node in group.nodes:
        queue = RedisQueue(f"redis+cluster://127.0.0.1:1,127.0.0.1:{node.port}")
        await queue.wait_until_there()
        await submit(queue, a_job(str(node.port)))
        await queue.close()


def test_a_cluster_has_one_database() -> None:
    """Another is refused at the start."""
    with pytest.raises(BadSettings, match=r"ATELIER_REDIS_URL .*'3' is no database"):
        RedisQueue("redis+cluster://host/3")
