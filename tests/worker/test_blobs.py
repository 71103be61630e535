"""The blob store: a folder by default, any object store by URL."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path

import pytest

from tests.worker.runtime_kit import ROOT
from worker.jobs.blobs import MAX_BYTES, Blobs
from worker.jobs.errors import BadBlob, BadSettings, BlobMissing, BlobStoreAway


@pytest.fixture(params=["folder", "file", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """A store of each kind that needs no network."""
    places = {
        "folder": tmp_path / "deep" / "blobs",
        "file": f"file://{tmp_path}",
        "memory": "memory:///",
    }
    return Blobs.open(places[request.param])


async def test_what_was_put_is_got(blobs: Blobs) -> None:
    """Bytes come back as they were; the last put counts."""
    await blobs.put("job/photo-0", b"first")
    await blobs.put("job/photo-0", bytes(range(256)) * 40_000)
    assert bytes(range(256)) * 40_000 == await blobs.get("job/photo-0")
    await blobs.put("job/empty", b"")
    assert b"" == await blobs.get("job/empty")


async def test_what_is_gone_is_missing(blobs: Blobs) -> None:
    """A deleted blob is missing; to delete it again is no error."""
    await blobs.put("job/photo-0", b"x")
    await blobs.delete(["job/photo-0", "job/never-was"])
    await blobs.delete(["job/photo-0"])
    with pytest.raises(BlobMissing, match="job/photo-0"):
        await blobs.get("job/photo-0")


async def test_delete_all_of_a_job(blobs: Blobs) -> None:
    """Everything under the job goes, and nothing of a job whose name begins alike."""
    for name in ("job/photo-0", "job/w1-1/0.png", "job/w1-1/preview-3.jpg", "job2/photo-0"):
        await blobs.put(name, name.encode())
    await blobs.delete_under("job")
    await blobs.delete_under("never-was")
    for name in ("job/photo-0", "job/w1-1/0.png", "job/w1-1/preview-3.jpg"):
        with pytest.raises(BlobMissing):
            await blobs.get(name)
    assert b"job2/photo-0" == await blobs.get("job2/photo-0")


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "job/../../up", "job//x", "job/.", "job/", "a\\b", "ж",
             "a b", "job/\0", "job/\n", "x" * 201]
)  # fmt: skip
async def test_a_name_cannot_leave_the_store(blobs: Blobs, name: str) -> None:
    """Names that are paths out of the store, or that a file system may misread, are refused."""
    with pytest.raises(BadBlob):
        await blobs.put(name, b"x")
    with pytest.raises(BadBlob):
        await blobs.get(name)
    with pytest.raises(BadBlob):
        await blobs.delete([name])
    with pytest.raises(BadBlob):
        await blobs.delete_under(name)


async def test_at_most_64_mb(blobs: Blobs) -> None:
    """A blob over the limit is refused, and none is stored."""
    with pytest.raises(BadBlob, match="at most"):
        await blobs.put("job/big", bytes(MAX_BYTES + 1))
    with pytest.raises(BlobMissing):
        await blobs.get("job/big")


async def test_two_may_delete_a_job_at_once(blobs: Blobs) -> None:
    """Neither fails because of the other."""
    for number in range(100):
        await blobs.put(f"job/w{number}/0.png", b"x")
    await asyncio.gather(*(blobs.delete_under("job") for _ in range(4)))
    with pytest.raises(BlobMissing):
        await blobs.get("job/w0/0.png")


async def test_a_job_leaves_no_folder(tmp_path: Path) -> None:
    """With its last blob the job's folder goes, and no half-written file is left."""
    blobs = Blobs.open(tmp_path)
    await blobs.put("job/w1-1/0.png", b"x")
    await blobs.delete_under("job")
    assert [] == os.listdir(tmp_path)  # noqa: PTH208 - iterdir is no list


async def test_a_write_that_fails_is_one_sentence(tmp_path: Path) -> None:
    """When the disk takes no more, the error names the blob and the reason; the old blob stays."""
    blobs = Blobs.open(tmp_path)
    await blobs.put("job/photo-0", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(BlobStoreAway, match=r"^Can't store job/photo-0: .+$"):
            await blobs.put("job/photo-0", bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert b"old" == await blobs.get("job/photo-0")


_ENDS_AT_ONCE = """
import asyncio, sys, time
from worker.jobs.blobs import Blobs

async def main():
    loop = asyncio.get_running_loop()
    wake = loop._write_to_self
    loop._write_to_self = lambda: (wake(), [time.sleep(0.0005) for _ in range(40)])
    await Blobs.open(sys.argv[1]).put("job/photo-0", b"x")

asyncio.run(main())
"""


async def test_a_program_may_end_at_once(tmp_path: Path) -> None:
    """With its last picture, though the store's thread that brought the news is not done yet."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _ENDS_AT_ONCE, str(tmp_path), cwd=ROOT
    )
    assert 0 == await process.wait()


async def test_a_store_that_is_gone_is_away(tmp_path: Path) -> None:
    """Without the folder nothing is known to be missing: it may be mounted again."""
    blobs = Blobs.open(tmp_path / "blobs")
    await blobs.put("job/photo-0", b"x")
    (tmp_path / "blobs").rename(tmp_path / "away")
    with pytest.raises(BlobStoreAway, match="is no folder"):
        await blobs.get("job/photo-0")
    (tmp_path / "away").rename(tmp_path / "blobs")
    assert b"x" == await blobs.get("job/photo-0")


@pytest.mark.parametrize("place", ["nowhere://x", "s3:///", "/dev/null/blobs"])
def test_a_wrong_place_is_one_sentence(place: str) -> None:
    """A place where nothing can be kept stops the start with its name."""
    with pytest.raises(BadSettings, match="Can't keep pictures in"):
        Blobs.open(place)
