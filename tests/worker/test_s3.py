"""Pictures in S3: against `moto_server`, a program that speaks its protocol; see `s3`."""

from __future__ import annotations

import io
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageOps

from tests.bot.conftest import browser
from tests.bot.process import bot
from tests.proxy import Proxy, Weather
from tests.worker.runtime_kit import ROOT, House, WorkerProcess, until
from tests.worker.s3 import BUCKET, S3Server, s3_server
from worker.jobs.blobs import Blobs
from worker.jobs.doctor import check_jobs
from worker.jobs.errors import BlobMissing, BlobStoreAway
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.settings import JobsSettings
from worker.runtime.sweep import Sweep

URL = f"s3://{BUCKET}/pictures"


@pytest.fixture(scope="module")
def _s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture
async def way(_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """To an empty bucket, which this process and those that it starts take."""
    _s3.empty()
    async with Proxy(_s3.port) as way:
        settings = _s3.settings(way.url) | {"ATELIER_BLOBS_URL": URL, "AWS_TIMEOUT": "1s"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        yield way


async def test_what_a_store_must_do(way: Proxy) -> None:
    """Bytes come back as they were; what is deleted is missing; a job's go together."""
    blobs = Blobs.open(URL)
    content = bytes(range(256)) * 4000
    await blobs.put("job/photo-0", b"first")
    await blobs.put("job/photo-0", content)
    await blobs.put("job2/photo-0", b"")
    assert (content, b"") == (await blobs.get("job/photo-0"), await blobs.get("job2/photo-0"))
    assert ["job", "job2"] == await blobs.folders()
    assert ["photo-0"] == list(await blobs.changes("job"))
    await blobs.delete(["job2/photo-0", "job2/never-was"])
    await blobs.delete_under("job")
    assert [] == await blobs.folders()
    with pytest.raises(BlobMissing, match="job/photo-0"):
        await blobs.get("job/photo-0")


async def test_pictures_without_a_job_are_swept(way: Proxy, redis_queue: RedisQueue) -> None:
    """By the times that the store tells."""
    blobs = Blobs.open(URL)
    await blobs.put("nobody/photo-0", b"x")
    await blobs.put("nobody/one-1/0.png", b"x")
    await blobs.put("strange/other", b"x")
    assert [] == await Sweep(redis_queue, blobs, age=3600).round()
    late = Sweep(redis_queue, blobs, age=3600, clock=lambda: time.time() + 3700)
    assert ["nobody"] == await late.round()
    assert ["strange"] == await blobs.folders()


@pytest.mark.parametrize(
    ("trouble", "end"),
    [
        (Weather(status=500), ": InternalError"),
        (Weather(cut=True), "request"),
        pytest.param(Weather(silent=True), "request", marks=pytest.mark.slow),
    ],
)
async def test_trouble_is_one_sentence(way: Proxy, trouble: Weather, end: str) -> None:
    """Every call tries a few times and then says so, in one line; afterwards all is as it was."""
    blobs = Blobs.open(URL)
    await blobs.put("job/photo-0", b"x")
    way.weather = trouble
    calls = [blobs.get("job/photo-0")]
    if trouble.status:
        calls += [blobs.put("job/photo-1", b"y"), blobs.delete(["job/photo-0"])]
        calls += [blobs.delete_under("job"), blobs.folders(), blobs.changes("job")]
    for call in calls:
        way.met = 0
        with pytest.raises(BlobStoreAway, match=r"^Can't (read|store|delete|list) ") as caught:
            await call
        assert 3 == way.met
        assert "\n" not in str(caught.value)
        assert "retries" not in str(caught.value)
        assert str(caught.value).endswith(end)
    way.weather = Weather()
    assert b"x" == await blobs.get("job/photo-0")


async def test_without_the_bucket_nothing_is_missing(way: Proxy) -> None:
    """Its name may be wrong here: no job is told that its pictures are gone."""
    blobs = Blobs.open("s3://nobody-made-it")
    for call in (blobs.put("job/x", b"x"), blobs.get("job/x"), blobs.delete(["job/x"])):
        with pytest.raises(BlobStoreAway, match=r"^Can't .* job/x: .*: 404 .*: NoSuchBucket$"):
            await call


async def test_a_result_waits_for_the_store(
    way: Proxy, redis_queue: RedisQueue, redis_url: str, tmp_path: Path, photo: bytes
) -> None:
    """The worker holds it while connections are cut; no attempt is lost."""
    house = House(redis_queue, tmp_path, redis_url, URL)
    worker = await house.worker()
    trace, gate = tmp_path / "trace", tmp_path / "gate"
    job = await house.submit("invert", photo, trace=str(trace), gate=str(gate))
    await until(trace.exists)
    way.weather = Weather(cut=True)
    gate.touch()
    await until(lambda: "Can't store" in worker.log)
    way.weather = Weather()
    assert "done" == (await house.ending(job)).kind
    assert 1 == (await house.view(job)).attempt
    house.close()


async def test_machines_that_share_no_disk(
    way: Proxy, redis_queue: RedisQueue, redis_url: str, tmp_path: Path, plugin_path: Path
) -> None:
    """A bot and a worker with folders of their own, a Redis and a bucket between them: a photo goes
    in at the page and comes out as an artwork. Without the store the person is told so.
    """
    environment = {
        "ATELIER_REDIS_URL": redis_url,
        "ATELIER_BLOBS_URL": URL,
        "ATELIER_WORKER__EFFECTS": "negative",
        "PYTHONPATH": os.pathsep.join([str(plugin_path), str(ROOT)]),
    }
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    worker = WorkerProcess("w", there, {**environment, "ATELIER_STATE_DIR": str(there / "state")})
    try:
        with bot(here, environment) as process:
            async with browser(process.address) as door:
                await until(redis_queue.workers)
                photo = io.BytesIO()
                Image.linear_gradient("L").save(photo, "PNG")
                way.weather = Weather(status=500)
                refused = await door.say("/negative strength=1", [photo.getvalue()])
                way.weather = Weather()
                reply = await door.say("/negative strength=1", [photo.getvalue()])

                async def ended() -> Any:
                    _, job = await door.get(f"/api/jobs/{reply['slot']}")
                    return job if job["state"] not in ("waiting", "running") else None

                job = await until(ended)
                _, content = await door.get(job["media"][0]["url"])
    finally:
        worker.close()
    assert refused["error"]
    assert "Pictures can’t be stored or read just now" in refused["text"]
    inverted = ImageOps.invert(Image.linear_gradient("L"))
    with Image.open(io.BytesIO(content)) as artwork:
        assert None is ImageChops.difference(inverted, artwork.convert("L")).getbbox()
    assert not (here / "state/blobs").exists()
    assert not (there / "state/blobs").exists()


async def test_the_doctor_looks_into_the_bucket(way: Proxy, redis_url: str, tmp_path: Path) -> None:
    """It is well, or it is said what is not; no word of a folder that others don't see."""
    settings = JobsSettings(redis_url=redis_url, blobs_url=URL, state_dir=tmp_path)
    found = [str(each) async for each in check_jobs(settings) if each.what == "pictures"]
    assert ["ok    pictures: are written, read and deleted in ATELIER_BLOBS_URL"] == found
    way.weather = Weather(status=500)
    [found] = [str(each) async for each in check_jobs(settings) if each.what == "pictures"]
    assert found.startswith("fail  pictures: can't be kept in ATELIER_BLOBS_URL: Can't store ")
    way.weather = Weather(status=403, code="SignatureDoesNotMatch")
    [found] = [str(each) async for each in check_jobs(settings) if each.what == "pictures"]
    keys = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    assert found.endswith(f": 403 Forbidden: SignatureDoesNotMatch; correct {keys}")
