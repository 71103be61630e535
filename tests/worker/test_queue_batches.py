"""Which jobs a claim gives out together, on both queues."""

from __future__ import annotations

from tests.conftest import Clock
from tests.worker.cases import a_job, submit
from worker.jobs.model import Job
from worker.jobs.queue import Queue


def _job(name: str, **more: object) -> Job:
    return a_job(name, f"web:{name}", kind="paint", **more)


async def _batches(queue: Queue) -> list[str]:
    """All that waits, as it is claimed; the jobs have names of one letter."""
    batches = []
    while claims := await queue.claim("w1", ["paint"], lease=10, most={"paint": 8}):
        batches.append("".join(claim.job.id for claim in claims))
    return batches


async def test_what_was_tried_is_given_out_alone(queue: Queue, clock: Clock) -> None:
    """A failed attempt and a lease that ran out may be a neighbour's fault; what was released
    unharmed is good company.
    """
    await submit(queue, *map(_job, "abcd"))
    claims = await queue.claim("w1", ["paint"], lease=10, most={"paint": 8})
    assert ["a", "b", "c", "d"] == [claim.job.id for claim in claims]
    await queue.fail(claims[0], "crashed", "Crashed.", retry=True)
    await queue.release(claims[1])
    clock.advance(11)
    assert ["c", "d"] == await queue.reap()
    await submit(queue, _job("e"))
    assert ["a", "be", "c", "d"] == await _batches(queue)


async def test_what_was_tried_joins_no_batch_of_its_old_kind(queue: Queue) -> None:
    """Not even behind a head whose claim was given back unharmed."""
    await submit(queue, _job("a"), _job("b"))
    (head,) = await queue.claim("w1", ["paint"], lease=10)
    (tried,) = await queue.claim("w1", ["paint"], lease=10)
    await queue.fail(tried, "crashed", "Crashed.", retry=True)
    await queue.release(head)
    assert ["a", "b"] == await _batches(queue)


async def test_what_waits_for_the_night_is_known_as_tried_too(queue: Queue) -> None:
    """Deferring a job wipes nothing out."""
    await submit(queue, *map(_job, "abc"))
    (claim,) = await queue.claim("w1", ["paint"], lease=10)
    await queue.fail(claim, "crashed", "Crashed.", retry=True)
    for name in "abc":
        await queue.defer(name, user=f"web:{name}")
    assert ["a", "bc"] == await _batches(queue)


async def test_what_may_be_tried_but_once_is_given_out_alone(queue: Queue) -> None:
    """Its only attempt is not put at the risk of others."""
    await submit(queue, _job("a"), _job("b", max_attempts=1), _job("c"))
    assert ["ac", "b"] == await _batches(queue)
