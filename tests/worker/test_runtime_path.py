"""A job's way through a real worker, good and bad."""

from __future__ import annotations

import io
import subprocess
import sys

import psutil
import pytest
from PIL import Image, ImageOps

from tests.worker.runtime_kit import ROOT, House, until
from worker.jobs.model import Job, Progress


async def test_a_photo_becomes_a_picture(house: House, photo: bytes) -> None:
    """The whole path: the result is the effect's picture and text, under the job's own name."""
    await house.worker()
    job = await house.submit("invert", photo)
    done = await house.ending(job)

    assert done.kind == "done"
    assert {"en": "inverted", "ru": "наоборот"} == done.text
    (ref,) = done.media
    assert ref.blob.startswith(f"{job.id}/")
    assert ref.type == "image/png"
    result = Image.open(io.BytesIO(await house.blobs.get(ref.blob)))
    expected = ImageOps.invert(Image.open(io.BytesIO(photo)).convert("RGB"))
    assert expected.tobytes() == result.tobytes()
    assert [(job.id, "done")] == await house.endings()


async def test_attachments_go_in_and_data_come_out(house: House) -> None:
    """What is attached to a job reaches the effect; what it teaches lies under the job's name."""
    await house.worker(effects="teach")
    await house.blobs.put("filters/1", b"vectors")
    job = await house.submit("teach", attachments={"dusk": "filters/1"})
    done = await house.ending(job)

    assert done.kind == "done"
    assert ["dusk"] == list(done.data)
    assert done.data["dusk"].startswith(f"{job.id}/")
    assert b"vectors learnt" == await house.blobs.get(done.data["dusk"])


async def test_a_lost_attachment_is_one_sentence(house: House) -> None:
    """As a lost photo is."""
    await house.worker(effects="teach")
    failed = await house.ending(await house.submit("teach", attachments={"dusk": "filters/2"}))
    assert ("failed", "blob_missing") == (failed.kind, failed.code)


async def test_progress_and_preview_arrive(house: House, photo: bytes) -> None:
    """Steps come, with a small JPEG now and then; previews go when the job ends."""
    await house.worker()
    gate = house.folder / "gate"

    async def previewed() -> Progress | None:
        progress = (await house.view(job)).progress
        return progress if progress and progress.preview else None

    job = await house.submit("invert", photo, gate=str(gate))
    progress = await until(previewed)
    preview = Image.open(io.BytesIO(await house.blobs.get(progress.preview)))
    assert "JPEG" == preview.format
    assert max(preview.size) <= 512
    assert 1000 == progress.total

    # Whoever looks later finds the newest one, too.
    later = await until(lambda: _later(house, job, progress.done))
    assert later.preview is not None

    gate.touch()
    assert "done" == (await house.ending(job)).kind
    # They go once the end is told.
    folder = house.folder / "blobs" / job.id
    await until(
        lambda: {path.name for path in folder.rglob("*") if path.is_file()} == {"photo-0", "0.png"}
    )


async def _later(house: House, job: Job, done: int) -> Progress | None:
    progress = (await house.view(job)).progress
    return progress if progress and progress.done > done else None


async def test_a_cancel_is_felt_at_the_next_step(house: House, photo: bytes) -> None:
    """A running effect is stopped by its owner's word, and the worker takes the next job."""
    await house.worker()
    job = await house.submit("invert", photo, gate=str(house.folder / "never"))
    await until(lambda: _running(house, job))
    await house.queue.cancel(job.id, user=job.user)
    assert "cancelled" == (await house.ending(job)).kind
    assert "done" == (await house.ending(await house.submit("noop"))).kind


async def _running(house: House, job: Job) -> bool:
    return (await house.view(job)).progress is not None


BROKEN = "The effect odd is broken: it returned "
FAILED = "The effect odd failed on this picture; this has been noted."
TOO_LITTLE = "The worker has too little memory for odd at this size; please try a smaller one."
WRONGS = {
    "raise": ("broken_effect", FAILED),
    "exit": ("broken_effect", FAILED),
    "user": ("wrong_photos", "odd wants a happier picture"),
    "memory": ("out_of_memory", TOO_LITTLE),
    "torch memory": ("out_of_memory", TOO_LITTLE),
    "none": ("broken_effect", BROKEN + "NoneType in place of an output."),
    "nothing": ("broken_effect", BROKEN + "neither a picture nor a text."),
    "wrong type": ("broken_effect", BROKEN + "a file that is not of its type image/jpeg."),
    "unknown type": ("broken_effect", BROKEN + "a file of the type text/html."),
    "empty": ("broken_effect", BROKEN + "an empty file."),
    "truncated": ("broken_effect", BROKEN + "a file that is not of its type image/png."),
}


async def test_whatever_an_effect_does_wrong_is_one_sentence(house: House) -> None:
    """Each ends at its first attempt, without inner words; the same child serves them all."""
    worker = await house.worker()
    child = worker.child()
    endings = {}
    for how in WRONGS:
        job = await house.submit("odd", how=how, trace=str(house.folder / how))
        failed = await house.ending(job)
        endings[how] = (failed.code, failed.message)
    assert WRONGS == endings
    assert {1} == {len((house.folder / how).read_text().split()) for how in WRONGS}
    assert child == worker.child()
    # What is for nobody's eyes but the admin's is in the log.
    assert "inner words: /home/secret" in worker.log


async def test_bad_input_is_one_sentence(house: House, photo: bytes) -> None:
    """A photo that is none, a parameter that is not, a blob that is gone: no second attempt."""
    await house.worker()
    broken = await house.ending(await house.submit("invert", photo[: len(photo) // 2]))
    assert "bad_picture" == broken.code
    missing = await house.ending(await house.submit("invert"))
    assert "wrong_photos" == missing.code
    misspelt = await house.ending(await house.submit("noop", gaet="x"))
    assert ("bad_params", "gate") == (misspelt.code, misspelt.details["nearest"])
    unbounded = await house.ending(await house.submit("noop", pause=-1))
    assert "bad_params" == unbounded.code

    gone = await house.submit("late_trouble", photo)
    await house.blobs.delete(gone.photos)
    await house.worker("two", effects="late_trouble")
    assert "blob_missing" == (await house.ending(gone)).code


async def test_metadata_never_reaches_a_result(house: House) -> None:
    """An effect that writes EXIF, text chunks and comments gives a result without them."""
    await house.worker()
    done = await house.ending(await house.submit("odd", how="metadata"))
    contents = [await house.blobs.get(ref.blob) for ref in done.media]
    assert ["image/png", "image/jpeg"] == [ref.type for ref in done.media]
    for content in contents:
        assert b"GPS" not in content
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            assert (32, 24) == picture.size
            assert not picture.getexif()


async def test_an_effect_may_print(house: House) -> None:
    """What an effect prints does not get between parent and child."""
    worker = await house.worker()
    assert "done" == (await house.ending(await house.submit("odd", how="prints"))).kind
    assert "noise on the pipe" in worker.log


async def test_old_jobs_are_dropped_with_their_pictures(house: House, photo: bytes) -> None:
    """A delivered job that is older than the limit leaves no files."""
    await house.worker(keep=0.5)
    job = await house.submit("invert", photo)
    await house.ending(job)
    assert [(job.id, "done")] == await house.endings()
    await until(lambda: not any((house.folder / "blobs").iterdir()))


async def test_the_parent_has_no_torch(house: House) -> None:
    """Only the child loads networks: of the two processes it alone has torch's libraries."""
    worker = await house.worker(effects="recognize")

    def has_torch(process: psutil.Process) -> bool:
        return any("libtorch" in entry.path for entry in process.memory_maps())

    assert has_torch(worker.child())
    assert not has_torch(psutil.Process(worker.process.pid))


def test_importing_the_parent_loads_no_effect() -> None:
    """Nothing that the parent imports leads to an effect, a picture library or torch."""
    code = "import sys, worker.__main__; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set() == {"torch", "effects", "PIL", "numpy", "onnxruntime"} & set(run.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["--device", "tpu"], {}, "the setting device is wrong"),
        ([], {"lease": -1}, "the setting ATELIER_WORKER__LEASE is wrong"),
        ([], {"grace": "long"}, "the setting ATELIER_WORKER__GRACE is wrong"),
        (["--device", "cuda:99"], {}, "there is no device 'cuda:99'"),
        ([], {"effects": "nop"}, "there is no effect 'nop'; did you mean 'noop'?"),
    ],
)
async def test_wrong_settings_are_one_line(
    house: House, arguments: list[str], environment: dict[str, object], sentence: str
) -> None:
    """A worker that can't start says why, without a traceback, and ends with status 2."""
    options = {"effects": "noop", **environment}
    worker = house.launch("one", *arguments, **options)
    assert 2 == await worker.ended()
    assert sentence in worker.log
    assert "Traceback" not in worker.log
