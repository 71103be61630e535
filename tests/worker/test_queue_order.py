"""Start-time fair queueing, with exact numbers, on both builds of the queue."""

from __future__ import annotations

from tests.worker.cases import SECOND, a_job, serve_all, submit, take
from worker.jobs.model import Done, WorkerInfo
from worker.jobs.policy import Classes, Order, User, Waiting
from worker.jobs.queue import Queue
from worker.jobs.replay import Server, replay
from worker.jobs.speeds import Speeds


async def test_first_in_first_out_for_one_user(queue: Queue) -> None:
    """One user's jobs are served as they came, whatever they cost."""
    await submit(queue, a_job("a", seconds=9), a_job("b", seconds=1), a_job("c", seconds=5))
    assert ["a", "b", "c"] == await serve_all(queue)


async def test_twenty_jobs_hold_up_nobody(queue: Queue) -> None:
    """Another user's first job is next, however many one user has waiting."""
    await submit(queue, *(a_job(f"a{i:02}", "ann") for i in range(20)))
    await submit(queue, a_job("b0", "bob"), a_job("b1", "bob"))
    expected = ["a00", "b0", "a01", "b1", *(f"a{i:02}" for i in range(2, 20))]
    assert expected == await serve_all(queue)


async def test_service_is_shared_by_cost(queue: Queue) -> None:
    """Who asks for jobs three times as dear is served a third as often."""
    await submit(queue, *(a_job(f"a{i}", "ann", seconds=3) for i in range(3)))
    await submit(queue, *(a_job(f"b{i}", "bob", seconds=1) for i in range(9)))
    # tags: a 0, 3, 6; b 0, 1, 2 ...; at equal tags the older goes first
    expected = ["a0", "b0", "b1", "b2", "a1", "b3", "b4", "b5", "a2", "b6", "b7", "b8"]
    assert expected == await serve_all(queue)


async def test_the_idle_hoard_no_credit(queue: Queue) -> None:
    """Who comes late starts at the present virtual time and can't make up for the past."""
    await submit(queue, *(a_job(f"a{i}", "ann") for i in range(6)))
    for _ in range(3):
        claim = await take(queue)
        await queue.finish(claim, Done(job=claim.job.id))
    await submit(queue, *(a_job(f"b{i}", "bob") for i in range(3)))
    # V is a2's tag, 2; a3 waits with 3; bob's get 2, 3, 4
    assert ["b0", "a3", "b1", "a4", "b2", "a5"] == await serve_all(queue)


async def test_busy_users_stay_within_one_job(queue: Queue) -> None:
    """At any time two busy users' shares differ by at most one largest job of each."""
    costs = {"ann": 3, "bob": 2}
    await submit(queue, *(a_job(f"ann-{i}", "ann", seconds=3) for i in range(20)))
    await submit(queue, *(a_job(f"bob-{i}", "bob", seconds=2) for i in range(30)))
    had = {"ann": 0, "bob": 0}
    for job in (await serve_all(queue))[:45]:
        user = job.partition("-")[0]
        had[user] += costs[user]
        assert abs(had["ann"] - had["bob"]) <= sum(costs.values())


async def test_only_what_the_worker_can_run(queue: Queue) -> None:
    """A worker passes over heads of effects that it lacks, and takes the best of its own."""
    await submit(
        queue,
        a_job("a", "ann", effect="dream"),
        a_job("b", "bob", effect="paint", seconds=2),
        a_job("c", "cem", effect="trace"),
    )
    assert [] == await queue.claim("w1", ["other"], lease=10)
    assert [] == await queue.claim("w1", [], lease=10)
    assert "b" == (await take(queue, effects=["trace", "paint"])).job.id
    assert "c" == (await take(queue, effects=["trace", "paint"])).job.id
    assert "a" == (await take(queue, effects=["dream"])).job.id


async def test_given_back_keeps_its_tag(queue: Queue) -> None:
    """A job that comes back goes before all that were behind it, its user's included."""
    await submit(queue, a_job("a0", "ann"), a_job("a1", "ann"), a_job("b0", "bob"))
    first = await take(queue)
    await queue.fail(first, "crash", "The worker fell over.", retry=True)
    assert ["a0", "b0", "a1"] == await serve_all(queue)


async def test_given_back_does_not_turn_back_time(queue: Queue) -> None:
    """An old tag that is served again leaves V where it was: newcomers start at the present."""
    await submit(queue, a_job("a0", "ann"), *(a_job(f"b{i}", "bob") for i in range(4)))
    old = await take(queue)
    for _ in range(3):
        claim = await take(queue)
        await queue.finish(claim, Done(job=claim.job.id))
    await queue.release(old)
    assert "a0" == (await take(queue)).job.id
    await submit(queue, *(a_job(f"c{i}", "cem") for i in range(3)))
    # V is b2's tag, 2; b3 waits with 3; cem's get 2, 3, 4
    assert ["c0", "b3", "c1", "c2"] == await serve_all(queue)


async def test_an_idle_service_is_free(queue: Queue) -> None:
    """What somebody used while nobody else was there is not held against them later."""
    await submit(queue, a_job("long", "ann", seconds=1000))
    await serve_all(queue)
    await submit(queue, *(a_job(f"b{i}", "bob") for i in range(3)), a_job("a", "ann"))
    assert ["b0", "a", "b1", "b2"] == await serve_all(queue)


async def test_a_running_job_keeps_the_service_busy(queue: Queue) -> None:
    """As long as a job runs, its user's next stands behind what others ask for."""
    await submit(queue, a_job("long", "ann", seconds=1000))
    await take(queue)
    await submit(queue, *(a_job(f"b{i}", "bob") for i in range(3)), a_job("a", "ann"))
    assert ["b0", "b1", "b2", "a"] == await serve_all(queue)


async def test_cancelled_jobs_cost_nothing(queue: Queue) -> None:
    """The share of a job that was cancelled while it waited is returned."""
    await submit(queue, a_job("b0", "bob"), a_job("a0", "ann", seconds=100), a_job("a1", "ann"))
    await submit(queue, a_job("b1", "bob"), a_job("b2", "bob"))
    await queue.cancel("a0", user="ann")
    assert ["b0", "a1", "b1", "b2"] == await serve_all(queue)


async def test_a_cancel_in_the_line(queue: Queue) -> None:
    """A job behind its user's head can be cancelled as well."""
    await submit(queue, a_job("a0"), a_job("a1"), a_job("a2"))
    await queue.cancel("a1", user="web:ann")
    assert ["a0", "a2"] == await serve_all(queue)


async def test_places_follow_the_policy(queue: Queue) -> None:
    """The place told is the place had: the estimate replays the claims."""
    await submit(queue, *(a_job(f"a{i}", "ann", seconds=2) for i in range(3)))
    ticket = await queue.submit(a_job("b0", "bob"), key="b0")
    assert (2, 3.0, True) == (ticket.place, ticket.seconds, ticket.fresh)
    places = {job: (await queue.estimate(job)).place for job in ("a0", "a1", "a2", "b0")}
    assert sorted(places, key=lambda job: places[job]) == await serve_all(queue)


async def test_two_workers_halve_the_wait(queue: Queue) -> None:
    """Every living worker serves; a busy one first ends what it runs."""
    for name in ("w1", "w2"):
        await queue.announce(WorkerInfo(name=name, device="cpu", effects=("paint",)), ttl=60)
    await submit(queue, *(a_job(f"a{i}", seconds=4) for i in range(4)))
    await take(queue, "w1")
    estimates = [await queue.estimate(f"a{i}") for i in range(4)]
    assert [(0, 4.0), (1, 4.0), (2, 8.0), (3, 8.0)] == [(e.place, e.seconds) for e in estimates]


async def test_estimates_know_what_workers_can_run(queue: Queue) -> None:
    """Jobs wait only for workers of their effect; what nobody can run now gets a time as well."""
    await queue.announce(WorkerInfo(name="w1", device="cpu", effects=("paint",)), ttl=60)
    await queue.announce(WorkerInfo(name="w2", device="cpu", effects=("dream",)), ttl=60)
    await submit(queue, a_job("p", "ann", seconds=8), a_job("d", "bob", effect="dream", seconds=2))
    await submit(queue, a_job("x", "cem", effect="gone", seconds=3))
    seconds = {job: (await queue.estimate(job)).seconds for job in ("p", "d", "x")}
    assert {"p": 8.0, "d": 2.0, "x": 3.0} == seconds


def test_replay_wakes_idle_servers() -> None:
    """In a replay, a server with nothing to do starts when a head that it can run appears."""
    line = [Waiting(1, "p", "ann", "paint", 4 * SECOND), Waiting(2, "d", "ann", "dream", SECOND)]
    servers = [Server(0.0, frozenset({"dream"})), Server(2.0, frozenset({"paint"}))]
    order = Order({"free": 4})
    order.restore(Classes(), {"ann": User("free")}, line)
    takes = Speeds().takes
    estimates = replay(0, order, servers, lambda _: {"free": 1}, takes).estimates
    assert {"p": (1, 6.0), "d": (2, 3.0)} == {
        job: (e.place, e.seconds) for job, e in estimates.items()
    }
