"""Jobs that are run together: each has its own end, and pays for no other."""

from __future__ import annotations

import io
import signal
from collections.abc import Sequence

import pytest
from PIL import Image

from tests.worker.runtime_kit import LEASE, House, WorkerProcess, until
from worker.jobs.errors import LeaseLost
from worker.jobs.model import Claim, Job


def _photo(shade: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, shade, shade)).save(file, "PNG")
    return file.getvalue()


class Choir:
    """Choir jobs that wait together, so that they are claimed together."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.effect = "choir"
        self.gate = house.folder / "choir_gate"
        self.shades: dict[str, int] = {}

    async def submit(self, *hows: str, gate: bool = False) -> list[Job]:
        """One job each, behind a job that holds the worker until all are there."""
        hold, begun = self.house.folder / "hold", self.house.folder / "begun"
        for file in (hold, begun):
            file.unlink(missing_ok=True)
        first = await self.house.submit("invert", _photo(0), trace=str(begun), gate=str(hold))
        await until(begun.exists)
        jobs = []
        for how in hows:
            number = len(self.shades) + 1
            job = await self.house.submit(
                *(self.effect, _photo(number)),
                how=how,
                trace=str(self.house.folder / f"trace{number}"),
                gate=str(self.gate) if gate else "",
            )
            self.shades[job.id] = number
            jobs.append(job)
        hold.touch()
        await self.house.ending(first)
        return jobs

    def runs(self, job: Job) -> list[int]:
        """How many jobs were in each run that this one was in."""
        trace = self.house.folder / f"trace{self.shades[job.id]}"
        return [int(line) for line in trace.read_text().split()] if trace.exists() else []

    async def outcome(self, job: Job) -> tuple[str, int, list[int]]:
        """(how it ended, at which attempt, its runs); a result is its own photo's."""
        ending = await self.house.ending(job)
        if ending.kind == "done":
            (ref,) = ending.media
            picture = Image.open(io.BytesIO(await self.house.blobs.get(ref.blob)))
            assert 255 - self.shades[job.id] == picture.getpixel((0, 0))[0]
        kind = ending.code if ending.kind == "failed" else ending.kind
        return kind, (await self.house.view(job)).attempt, self.runs(job)

    async def outcomes(self, jobs: Sequence[Job]) -> list[tuple[str, int, list[int]]]:
        """Of each."""
        return [await self.outcome(job) for job in jobs]


@pytest.fixture
def choir(house: House) -> Choir:
    """Nobody sings yet."""
    return Choir(house)


async def _worker(house: House, name: str = "one", **options: object) -> WorkerProcess:
    return await house.worker(name, effects="invert,choir,hasty_choir", **options)


async def test_jobs_are_run_together(house: House, choir: Choir) -> None:
    """As many as the admin wants in one run, each with its own progress and picture; the time of
    the run is shared out by what they cost.
    """
    await _worker(house, batch=3)
    jobs = await choir.submit(*[""] * 4, gate=True)

    async def seen() -> bool:
        views = [await house.view(job) for job in jobs[:3]]
        return all(view.progress and view.progress.job == view.job.id for view in views)

    await until(seen)
    assert "waiting" == (await house.view(jobs[3])).state
    choir.gate.touch()
    assert [("done", 1, [3])] * 3 + [("done", 1, [1])] == await choir.outcomes(jobs)
    seconds = [(await house.ending(job)).seconds for job in jobs[:3]]
    assert seconds == [seconds[0]] * 3
    assert seconds[0] > 0
    assert len(jobs) + 1 == len(await house.endings())


async def test_bad_items_fail_alone(house: House, choir: Choir) -> None:
    """A picture that is gone, one that is none, an output that is none: the fourth is done."""
    await _worker(house)
    invert = await house.submit("invert", _photo(0), gate=str(house.folder / "hold"))
    await until(lambda: _is_running(house, invert))
    jobs = [
        await house.submit("choir", picture, how=how)
        for picture, how in (
            (_photo(1), ""),
            (b"none", ""),
            (_photo(3), "nothing"),
            (_photo(4), ""),
        )
    ]
    await house.blobs.delete(jobs[0].photos)
    (house.folder / "hold").touch()
    endings = [await house.ending(job) for job in jobs]
    assert ["blob_missing", "bad_picture", "broken_effect"] == [end.code for end in endings[:3]]
    assert "done" == endings[3].kind
    assert {1} == {(await house.view(job)).attempt for job in jobs}


async def _is_running(house: House, job: Job) -> bool:
    return (await house.view(job)).progress is not None


async def test_a_failed_batch_is_run_one_by_one(house: House, choir: Choir) -> None:
    """Whatever is wrong with a run of several costs no attempt, and only who fails alone fails;
    the same child serves them all.
    """
    worker = await _worker(house)
    child = worker.child()
    for how, end in (("short", "done"), ("together", "done"), ("raise", "broken_effect")):
        jobs = await choir.submit("", how, "")
        fine = ("done", 1, [3, 1])
        assert [fine, (end, 1, [3, 1]), fine] == await choir.outcomes(jobs)
    assert "a batch of 3 failed (2 outputs for 3 jobs)" in worker.log
    assert "inner words: /home/secret" in worker.log
    assert child == worker.child()


async def test_after_want_of_memory_batches_are_smaller(house: House, choir: Choir) -> None:
    """They are run one by one, and the next ones come in halves."""
    await _worker(house)
    jobs = await choir.submit(*["memory"] * 4)
    assert [("done", 1, [4, 1])] * 4 == await choir.outcomes(jobs)
    jobs = await choir.submit(*[""] * 4)
    assert [("done", 1, [2])] * 4 == await choir.outcomes(jobs)


@pytest.mark.parametrize(("how", "runs"), [("", [3, 2]), ("go on", [3])])
async def test_a_cancel_concerns_one_job(
    house: House, choir: Choir, how: str, runs: list[int]
) -> None:
    """It is felt at the next step. An effect that lets it pass runs the others again, one that
    catches it goes on with them.
    """
    await _worker(house)
    jobs = await choir.submit(*[how] * 3, gate=True)
    await until(lambda: _is_running(house, jobs[2]))
    await house.queue.cancel(jobs[1].id, user=jobs[1].user)
    if not how:
        assert ("cancelled", 1, [3]) == await choir.outcome(jobs[1])
        await until(lambda: choir.runs(jobs[0]) == runs)
    choir.gate.touch()
    assert [("done", 1, runs), ("cancelled", 1, [3]), ("done", 1, runs)] == (
        await choir.outcomes(jobs)
    )


async def test_a_lost_lease_concerns_one_job(house: House, choir: Choir) -> None:
    """A job that is no longer this worker's is let go; the others are done all the same."""
    worker = await _worker(house, lease=LEASE)
    jobs = await choir.submit(*[""] * 3, gate=True)
    await until(lambda: _is_running(house, jobs[2]))
    claim = Claim(job=jobs[1], token="one:1", attempt=1, deadline=0)
    await house.queue.release(claim)
    await until(lambda: choir.runs(jobs[0]) == [3, 2])
    choir.gate.touch()
    assert [("done", 1, [3, 2]), ("done", 1, [3, 1]), ("done", 1, [3, 2])] == (
        await choir.outcomes(jobs)
    )
    await until(lambda: worker.log.count("the lease is lost, its result is dropped") == 1)
    with pytest.raises(LeaseLost):
        await house.queue.renew(claim, lease=1)


@pytest.mark.parametrize(
    ("effect", "how", "code"), [("choir", "die", "crashed"), ("hasty_choir", "hang", "hung")]
)
async def test_a_deadly_job_takes_no_other_along(
    house: House, choir: Choir, effect: str, how: str, code: str
) -> None:
    """When the child dies of a batch nobody knows of whom: all are tried again, each alone."""
    choir.effect = effect
    worker = await _worker(house)
    jobs = await choir.submit("", how, "")
    fine = ("done", 2, [3, 1])
    assert [fine, (code, 2, [3, 1]), fine] == await choir.outcomes(jobs)
    assert 4 == len(await house.endings())
    assert "Traceback" not in worker.log


async def test_who_dies_alone_is_known(house: House, choir: Choir) -> None:
    """When the child dies while it runs a failed batch one by one, those not begun are not to
    blame: no attempt of theirs is counted.
    """
    await _worker(house)
    jobs = await choir.submit("", "together", "die alone", "")
    assert [
        ("done", 1, [4, 1]),
        ("done", 1, [4, 1]),
        ("crashed", 2, [4, 1, 1]),
        ("done", 1, [4, 1]),
    ] == await choir.outcomes(jobs)


async def test_killed_in_mid_batch(house: House, choir: Choir) -> None:
    """`kill -9` on the worker: another one does all of them, each alone, once."""
    worker = await _worker(house, lease=LEASE)
    jobs = await choir.submit(*[""] * 3, gate=True)
    await until(lambda: _is_running(house, jobs[2]))
    await house.endings()
    worker.kill()
    choir.gate.touch()
    await _worker(house, "two", lease=LEASE)
    assert [("done", 2, [3, 1])] * 3 == await choir.outcomes(jobs)
    assert sorted((job.id, "done") for job in jobs) == sorted(await house.endings())


async def test_a_batch_that_outlasts_the_grace_is_given_back(house: House, choir: Choir) -> None:
    """All return at once with their attempts not counted, and may be run together again."""
    worker = await _worker(house, grace=0.3)
    jobs = await choir.submit(*[""] * 3, gate=True)
    await until(lambda: _is_running(house, jobs[2]))
    worker.process.send_signal(signal.SIGTERM)
    assert 0 == await worker.ended()
    views = [await house.view(job) for job in jobs]
    assert [("waiting", 0)] * 3 == [(view.state, view.attempt) for view in views]
    choir.gate.touch()
    await _worker(house, "two")
    assert [("done", 1, [3, 3])] * 3 == await choir.outcomes(jobs)


async def test_what_is_loaded_is_served_first(house: House) -> None:
    """Of two jobs that wait, the younger one whose effect need not be loaded comes first."""
    worker = await house.worker(effects="noop,invert", memory_mb=15)
    gate = house.folder / "gate"
    first = await house.submit("invert", _photo(0), gate=str(gate))
    await until(lambda: _is_running(house, first))
    older = await house.submit("noop")
    younger = await house.submit("invert", _photo(0))
    gate.touch()
    assert "done" == (await house.ending(older)).kind
    lines = [line for line in worker.log.splitlines() if "attempt 1" in line]
    assert [first.id, younger.id, older.id] == [
        line.split("job ")[1].split(":")[0] for line in lines
    ]
