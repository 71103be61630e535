"""The whole path with nothing stood in for: page door, embedded Redis, worker, effect, result."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops, ImageOps
from skimage import data

from tests.bot.conftest import WebDoor, browser
from tests.bot.process import ROOT, bot
from tests.conftest import WAIT
from tests.worker.runtime_kit import until


@pytest.fixture
def worker(tmp_path: Path, plugin_path: Path) -> Iterator[None]:
    """A worker with all effects, in the state folder of the bot that `bot` starts."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
    environment |= {
        "ATELIER_STATE_DIR": str(tmp_path / "state"),
        "PYTHONPATH": os.pathsep.join([str(plugin_path), str(ROOT)]),
    }
    with (tmp_path / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", "--device", "cpu", "--stop-with-stdin"],
            env=environment,
            stdin=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdin
    with process:
        yield
        process.stdin.close()
        assert 0 == process.wait(WAIT)


@pytest_asyncio.fixture
async def door(tmp_path: Path, worker: None, plugin_path: Path) -> AsyncIterator[WebDoor]:
    """A person at the page, once the worker is there."""
    environment = {"PYTHONPATH": os.pathsep.join([str(plugin_path), str(ROOT)])}
    with bot(tmp_path, environment) as process:
        async with browser(process.address) as door:

            async def ready() -> bool:
                return not (await door.get("/api/effects"))[1]["notice"]

            await until(ready)
            yield door


async def _result(door: WebDoor, text: str, *photos: bytes) -> dict[str, Any]:
    """Send, and wait for the end."""
    reply = await door.say(text, photos)

    async def ended() -> Any:
        _, job = await door.get(f"/api/jobs/{reply['slot']}")
        return job if job["state"] not in ("waiting", "running") else None

    job: dict[str, Any] = await until(ended, 2 * WAIT)
    assert "done" == job["state"], job["text"]
    return job


def _png(image: Image.Image, **more: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **more)
    return buffer.getvalue()


async def test_photo_in_artwork_out(door: WebDoor) -> None:
    """Each effect, another package's too, answers a real photograph; nothing of its metadata
    comes back."""
    cat = Image.fromarray(data.chelsea())
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    photo = _png(cat, exif=exif)

    job = await _result(door, "/negative strength=1", photo)
    _, content = await door.get(job["media"][0]["url"])
    negative = Image.open(io.BytesIO(content))
    assert None is ImageChops.difference(ImageOps.invert(cat), negative).getbbox()
    assert b"taken at home" in photo
    assert b"taken at home" not in content

    job = await _result(door, "/recognize", photo)
    assert "cat" in job["text"]

    style = _png(Image.fromarray(data.coffee()))
    job = await _result(door, "/gatys size=96 steps=20", photo, style)
    _, content = await door.get(job["media"][0]["url"])
    assert 96 == max(Image.open(io.BytesIO(content)).size)
