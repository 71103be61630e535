"""Pictures that no job claims are dropped in the end, and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import Clock
from tests.worker.cases import a_job, submit
from tests.worker.runtime_kit import House, until
from worker.jobs.blobs import Blobs
from worker.jobs.queue import Queue
from worker.runtime import sweep
from worker.runtime.sweep import Sweep

AGE = 100.0


class Store:
    """A folder of pictures whose files are as old as the clock says."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.blobs = Blobs.open(folder)
        self._clock = clock

    async def put(self, *names: str) -> None:
        for name in names:
            await self.blobs.put(name, b"x")
            os.utime(self.folder / name, (self._clock.now, self._clock.now))

    def names(self) -> list[str]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in files)


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    """Empty."""
    return Store(tmp_path / "blobs", clock)


async def test_old_pictures_of_no_job_are_dropped(store: Store, queue: Queue, clock: Clock) -> None:
    """All that a worker or a bot that was killed may have left goes, with its folder; what a job
    waits with stays, however old.
    """
    await store.put("gone/photo-0", "gone/w1-2/0.png", "gone/w1-2/preview-3.jpg", "known/photo-0")
    await store.put("gone/attachment-0", "gone/w1-2/data-0")
    await submit(queue, a_job("known"))
    clock.advance(AGE + 1)
    swept = Sweep(queue, store.blobs, AGE, clock)
    assert ["gone"] == await swept.round()
    assert ["known/photo-0"] == store.names()
    assert not (store.folder / "gone").exists()
    assert [] == await swept.round()


async def test_a_job_on_its_way_is_not_touched(store: Store, queue: Queue, clock: Clock) -> None:
    """Photos come before their job: the newest one counts, and the age is not yet over."""
    await store.put("talk/photo-0")
    clock.advance(AGE)
    assert [] == await Sweep(queue, store.blobs, AGE, clock).round()
    await store.put("talk/photo-1")
    clock.advance(AGE - 1)
    assert [] == await Sweep(queue, store.blobs, AGE, clock).round()
    await submit(queue, a_job("talk", photos=("talk/photo-0", "talk/photo-1")))
    clock.advance(AGE)
    assert [] == await Sweep(queue, store.blobs, AGE, clock).round()
    assert ["talk/photo-0", "talk/photo-1"] == store.names()


async def test_what_is_not_ours_stays(store: Store, queue: Queue, clock: Clock) -> None:
    """A folder that holds anything which no job has is somebody else's."""
    await store.put("holiday/photo-0", "holiday/beach.jpg", "letters/2026/tax.txt")
    await store.put("filters/f1/picture", "filters/f1/vectors", "filters/f1/thumbnail")
    clock.advance(1000 * AGE)
    assert [] == await Sweep(queue, store.blobs, AGE, clock).round()
    assert 6 == len(store.names())


async def test_half_written_files_go_too(store: Store, queue: Queue, clock: Clock) -> None:
    """What a store's writer leaves when it is killed in the middle is shown by no listing."""
    await store.put("gone/photo-0")
    (store.folder / "gone/photo-0").rename(store.folder / "gone/photo-0#1")
    clock.advance(AGE + 1)
    assert ["gone"] == await Sweep(queue, store.blobs, AGE, clock).round()
    assert [] == store.names()


async def test_a_round_is_bounded_and_the_next_goes_on(
    store: Store, queue: Queue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, each is looked at in its turn; two workers disturb nobody."""
    monkeypatch.setattr(sweep, "_ROUND", 4)
    await store.put(*(f"job{n}/photo-0" for n in range(10)))
    for number in range(3):
        await submit(queue, a_job(f"job{number}"))
    clock.advance(AGE + 1)
    one, two = (Sweep(queue, store.blobs, AGE, clock) for _ in range(2))
    for _ in range(3):
        assert len(await one.round()) <= 4
        assert len(await two.round()) <= 4
    assert ["job0/photo-0", "job1/photo-0", "job2/photo-0"] == store.names()


async def test_a_worker_sweeps(house: House) -> None:
    """By itself, from its start on."""
    await house.blobs.put("gone/photo-0", b"x")
    worker = await house.worker(effects="noop", keep_orphans=0.2)
    await until(lambda: not (house.folder / "blobs/gone").exists())
    await until(lambda: "jobs that nobody knows: 1" in worker.log)
