"""Claims that sleep until there is work, on both queues."""

from __future__ import annotations

import asyncio

from tests.conftest import WAIT
from tests.worker.cases import a_job, deliver, submit, take
from tests.worker.conftest import Sleepers
from worker.jobs.model import Done
from worker.jobs.queue import Queue

ANN = "web:ann"


async def test_a_claim_sleeps_and_gives_up(queue: Queue) -> None:
    """With nothing to do it comes back with nothing, after its wait and not before."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    assert [] == await queue.claim("w1", ["paint"], lease=10, wait=0.2)
    assert 0.2 <= loop.time() - begun


async def test_a_submit_wakes_a_claim(queue: Queue, sleepers: Sleepers) -> None:
    """A sleeping worker that can run the job gets it at once, another sleeps on."""
    other = asyncio.create_task(queue.claim("w1", ["dream"], lease=10, wait=2 * WAIT))
    right = asyncio.create_task(queue.claim("w2", ["dream", "paint"], lease=10, wait=2 * WAIT))
    await sleepers.claims(2)
    await submit(queue, a_job("a"))
    [claim] = await asyncio.wait_for(right, WAIT)
    assert ("a", "w2:1") == (claim.job.id, claim.token)
    await sleepers.claims()
    assert not other.done()
    other.cancel()


async def test_each_sleeper_gets_a_job(queue: Queue, sleepers: Sleepers) -> None:
    """Ten claims asleep, ten jobs of one user at once: nobody sleeps on beside work."""
    await queue.office.set_tier(ANN, "pro", who="admin")  # who may have ten running
    asleep = [
        asyncio.create_task(queue.claim(f"w{i}", ["paint", "dream"], lease=10, wait=2 * WAIT))
        for i in range(10)
    ]
    await sleepers.claims(10)
    jobs = [a_job(f"a{i}", effect="dream" if i % 2 else "paint") for i in range(10)]
    await asyncio.gather(*(submit(queue, job) for job in jobs))
    claims = await asyncio.wait_for(asyncio.gather(*asleep), WAIT)
    assert {job.id for job in jobs} == {claim.job.id for [claim] in claims}


async def test_what_is_given_back_wakes_a_claim(queue: Queue, sleepers: Sleepers) -> None:
    """A released job finds the next worker asleep and wakes it."""
    await submit(queue, a_job("a"))
    claim = await take(queue)
    sleeper = asyncio.create_task(queue.claim("w2", ["paint"], lease=10, wait=2 * WAIT))
    await sleepers.claims()
    await queue.release(claim)
    assert await asyncio.wait_for(sleeper, WAIT)


async def test_a_claim_that_gave_up_takes_no_wake_up(queue: Queue, sleepers: Sleepers) -> None:
    """After one sleeper was cancelled, the next job wakes the other."""
    gone = asyncio.create_task(queue.claim("w1", ["paint"], lease=10, wait=2 * WAIT))
    await sleepers.claims()
    left = asyncio.create_task(queue.claim("w2", ["paint"], lease=10, wait=2 * WAIT))
    await sleepers.claims(2)
    gone.cancel()
    await asyncio.wait([gone])
    await submit(queue, a_job("a"))
    assert await asyncio.wait_for(left, WAIT)


async def test_many_workers_at_once(queue: Queue) -> None:
    """Ten workers and five users at the same time: each job is served once, none is left."""
    served: list[str] = []

    async def work(name: str) -> None:
        while len(served) < 200:
            for claim in await queue.claim(name, ["paint", "dream"], lease=10, wait=0.2):
                served.append(claim.job.id)
                await queue.finish(claim, Done(job=claim.job.id))

    async def ask(user: str) -> None:
        for i in range(40):
            await submit(queue, a_job(f"{user}{i}", user, effect="dream" if i % 3 else "paint"))

    await asyncio.gather(*(work(f"w{i}") for i in range(10)), *(ask(user) for user in "abcde"))
    assert 200 == len(served) == len(set(served))
    assert sorted(served) == sorted(receipt.job.id for receipt in await deliver(queue))
