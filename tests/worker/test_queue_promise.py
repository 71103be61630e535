"""What is learned from work done, and what is foretold, on both builds of the queue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Clock
from tests.worker.cases import SECOND, a_job, submit, take
from worker.jobs.errors import QueueFull
from worker.jobs.model import Done, Estimate, WorkerInfo
from worker.jobs.queue import Queue


async def run(queue: Queue, name: str, took: float, worker: str = "w1", **more: Any) -> None:
    """One user's job that was expected to take 8 s, from submit to its end."""
    await submit(queue, a_job(name, seconds=8, **more))
    claim = await take(queue, worker)
    await queue.finish(claim, Done(job=name, seconds=took))


async def set_rules(queue: Queue, **values: object) -> None:
    """Change these alone."""
    await queue.office.set_rules(
        (await queue.office.rules()).model_copy(update=values), who="admin"
    )


async def test_prices_are_learned(queue: Queue) -> None:
    """An eighth of the way at each run; by size, an unknown one taking the nearest."""
    assert 8.0 == await queue.price("paint", 8.0, 1_000_000)
    await run(queue, "a", 12.0, guess=8 * SECOND, pixels=1_000_000)
    assert 8.5 == await queue.price("paint", 8.0, 1_000_000)
    await run(queue, "b", 4.0, guess=8 * SECOND, pixels=250_000)
    assert [7.5, 8.5, 7.5, 8.5] == [
        await queue.price("paint", 8.0, pixels)
        for pixels in (250_000, 900_000, 100, 5_000_000)
    ]  # fmt: skip
    assert 8.0 == await queue.price("dream", 8.0, 1_000_000)


async def test_an_odd_run_teaches_little(queue: Queue) -> None:
    """However long a run took, the factor moves by an eighth; one that measured nothing, or was
    never guessed, moves none.
    """
    await run(queue, "a", 1e9, guess=8 * SECOND)
    assert 9.0 == await queue.price("paint", 8.0, 0)
    await run(queue, "b", 0.0, guess=8 * SECOND)
    await run(queue, "c", 1.0)
    assert 9.0 == await queue.price("paint", 8.0, 0)
    for number in range(80):
        await run(queue, f"d{number}", 2.0, guess=8 * SECOND)
    assert pytest.approx(2.0, rel=0.01) == await queue.price("paint", 8.0, 0)


async def test_the_reference_pool_sets_prices(queue: Queue) -> None:
    """A pool that is not the reference teaches forecasts alone."""
    await set_rules(queue, reference="cpu")
    info = WorkerInfo(name="fast", device="cuda:0", pool="cuda", effects=("paint",))
    await queue.announce(info, ttl=60)
    await run(queue, "a", 4.0, "fast", guess=8 * SECOND)
    assert 8.0 == await queue.price("paint", 8.0, 0)
    await run(queue, "b", 12.0, "w1", guess=8 * SECOND)
    assert 8.5 == await queue.price("paint", 8.0, 0)
    await submit(queue, a_job("c", seconds=8))
    assert 7.5 == (await queue.estimate("c")).seconds


async def test_time_left_goes_by_the_learned_pace(queue: Queue, clock: Clock) -> None:
    """A running job's time left, and the wait of who stands behind it."""
    await queue.announce(WorkerInfo(name="w1", device="cpu", effects=("paint",)), ttl=999)
    await run(queue, "a", 12.0)
    await submit(queue, a_job("b", seconds=8), a_job("c", seconds=16))
    await take(queue)
    clock.advance(2.5)
    assert Estimate(place=0, seconds=6.0) == await queue.estimate("b")
    assert Estimate(place=1, seconds=23.0) == await queue.estimate("c")
    clock.advance(100)  # overdue: a twentieth of what was expected
    assert pytest.approx(0.425) == (await queue.estimate("b")).seconds


async def test_foreseen_is_what_a_submit_is_told(queue: Queue) -> None:
    """For users with and without jobs, in a busy and an idle tier; asking changes nothing."""
    await queue.office.set_tier("pia", "pro", who="admin")
    for user in ("ann", "pia", "ann", "bob", "ann"):
        for number in range(2):
            seen = await queue.jobs_of(user)
            job = a_job(f"{user}{len(seen)}", user, seconds=2 + number)
            expected = await queue.foresee(job)
            assert seen == await queue.jobs_of(user)
            ticket = await queue.submit(job, key=job.id)
            assert (expected.place, expected.seconds) == (ticket.place, ticket.seconds)
        await take(queue)


async def test_foreseen_in_a_rush(queue: Queue) -> None:
    """The same when many have just come, and as many are likely to come after."""
    await queue.announce(WorkerInfo(name="w1", device="cpu", effects=("paint",)), ttl=999)
    await submit(queue, *(a_job(f"{i}", f"user:{i}", seconds=200) for i in range(8)))
    expected = await queue.foresee(a_job("new", seconds=66))
    ticket = await queue.submit(a_job("new", seconds=66), key="new")
    assert (expected.place, expected.seconds) == (ticket.place, ticket.seconds)


async def test_a_full_queue_says_when_to_come_back(queue: Queue) -> None:
    """Refused with the seconds until a tenth is served; what stood before stands."""
    await set_rules(queue, longest=20)
    await submit(queue, *(a_job(f"a{i}", f"u{i % 7}", seconds=4) for i in range(20)))
    with pytest.raises(QueueFull) as caught:
        await submit(queue, a_job("late", "late"))
    assert {"seconds": 8} == caught.value.details
    assert not (await queue.submit(a_job("a0", "u0"), key="a0")).fresh
    assert 0 == (await queue.account("late")).held
    await take(queue)
    await submit(queue, a_job("late", "late"))


async def test_places_in_a_long_queue(queue: Queue, clock: Clock) -> None:
    """A queue too long to be replayed each time still tells newcomers the right place, and what
    it tells wears off with the time; however many wait for the night.
    """
    await queue.announce(WorkerInfo(name="w1", device="cpu", effects=("paint",)), ttl=999)
    await submit(queue, *(a_job(f"l{i}", f"u:{i}", seconds=9, deferred=True) for i in range(500)))
    await submit(queue, *(a_job(f"{i}", f"user:{i % 10}") for i in range(310)))
    clock.advance(11)  # the next question makes a new replay, those after it use that
    assert (310, 310.0) == ((last := await queue.estimate("309")).place, last.seconds)
    foreseen = await queue.foresee(a_job("new", "zoe"))
    newcomer = await queue.submit(a_job("new", "zoe"), key="new")
    assert [(11, 11.0)] * 2 == [(one.place, one.seconds) for one in (foreseen, newcomer)]
    assert 312 == (await queue.submit(a_job("again", "user:0"), key="again")).place
    for _ in range(5):
        claim = await take(queue)
        clock.advance(0.1)
        await queue.finish(claim, Done(job=claim.job.id))
    late = await queue.estimate("309")
    assert (309, 309.5) == (late.place, late.seconds)
    clock.advance(11)
    assert 306 == (await queue.estimate("309")).place


async def test_newcomers_are_reckoned_with(queue: Queue, clock: Clock) -> None:
    """Who waits behind own jobs hears a time that leaves room for the first jobs of others, as
    many as came at this hour of the day before.
    """
    await queue.announce(WorkerInfo(name="w1", device="cpu", effects=("paint",)), ttl=9e5)
    for number in range(450):
        await run(queue, f"a{number}", 0.0, user=f"user:{number}")
        clock.advance(16)
    await submit(queue, *(a_job(f"b{number}", "bob", seconds=8) for number in range(9)))
    told = [(await queue.estimate(f"b{number}")).seconds for number in (0, 8)]
    assert [8.0, 72.0] == told  # of the first day nothing is known
    for number in range(9):
        await queue.cancel(f"b{number}", user="bob")
    clock.advance(12 * 3600)
    await submit(queue, *(a_job(f"c{number}", "bob", seconds=8) for number in range(9)))
    assert (await queue.estimate("c8")).seconds < 80
    for number in range(9):
        await queue.cancel(f"c{number}", user="bob")
    clock.advance(11.5 * 3600)
    await submit(queue, *(a_job(f"d{number}", "bob", seconds=8) for number in range(9)))
    told = [(await queue.estimate(f"d{number}")).seconds for number in (0, 8)]
    assert 8.0 == told[0]  # a first job's time does not change
    assert 110 < told[1] < 170  # newcomers take half of the time


async def test_deferred_jobs_do_not_make_it_stale(queue: Queue) -> None:
    """However many wait for the night: who comes by day learns what has just happened."""
    info = WorkerInfo(name="w1", device="cpu", effects=("paint",))
    await queue.announce(info, ttl=60)
    for number in range(330):
        user = f"u{number % 290}"
        await queue.submit(a_job(f"l{number}", user, deferred=True), key=f"l{number}")
    for number in range(20):
        ticket = await queue.submit(a_job(f"n{number}", f"v{number}"), key=f"n{number}")
        assert (number + 1, number + 1) == (ticket.place, ticket.seconds)
    for number in range(10):
        await queue.cancel(f"n{number}", user=f"v{number}")
    assert Estimate(place=1, seconds=1) == await queue.estimate("n10")
    assert 11 == (await queue.foresee(a_job("m", "w"))).place
