"""A saved filter's life with nothing stood in for: page, Redis, worker, effects of a plugin."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.bot import tiny_styles
from tests.bot.conftest import WebDoor, browser, picture
from tests.bot.process import ROOT, bot
from tests.worker.runtime_kit import WorkerProcess, until


async def _done(door: WebDoor, reply: dict[str, Any]) -> dict[str, Any]:
    """The job of a reply when it has ended."""

    async def ended() -> Any:
        _, job = await door.get(f"/api/jobs/{reply['slot']}")
        return job if job["state"] not in ("waiting", "running") else None

    job: dict[str, Any] = await until(ended)
    assert "done" == job["state"], job["text"]
    return job


async def _colour(door: WebDoor, job: dict[str, Any]) -> object:
    _, content = await door.get(job["media"][0]["url"])
    return Image.open(io.BytesIO(content)).convert("RGB").getpixel((0, 0))


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of a bot that finds the plugin's effects, and beside it a worker that has no others."""
    path = os.pathsep.join([str(tiny_styles.install(tmp_path / "site")), str(ROOT)])
    environment = {"PYTHONPATH": path, "ATELIER_STATE_DIR": str(tmp_path / "state")}
    effects = {"ATELIER_WORKER__EFFECTS": "tint,learn_tint", "OMP_NUM_THREADS": "1"}
    worker = WorkerProcess("tiny", tmp_path, environment | effects)
    yield environment
    worker.close()


async def test_from_save_to_deletion(tmp_path: Path, environment: dict[str, str]) -> None:
    """Learned from a picture, used by name, shared with another page, deleted here and there."""
    blobs = tmp_path / "state" / "blobs" / "filters"
    with bot(tmp_path, environment) as process:
        async with browser(process.address) as one, browser(process.address) as two:
            asked = await one.say("/learn_tint Sea", [picture("blue")])
            assert "Saved as “sea”" in asked["text"]
            assert "Filter “sea” is ready: /tint sea" == (await _done(one, asked))["text"]

            async def learned() -> bool:
                return "Yours: sea." in (await one.say("/styles"))["text"]

            await until(learned)
            used = await _done(one, await one.say("/tint SEA", [picture("red")]))
            assert (0, 0, 255) == await _colour(one, used)
            shared = re.search("/tint add ([A-Z0-9]+)", (await one.say("/tint share sea"))["text"])
            assert shared is not None
            assert "Added as “sea”" in (await two.say(shared[0]))["text"]
            assert 2 == len(list(blobs.iterdir()))
            assert "is deleted" in (await one.say("/tint delete sea"))["text"]
            assert "bad_params" == (await one.say("/tint sea"))["error"]
            used = await _done(two, await two.say("/tint sea", [picture("red")]))
            assert (0, 0, 255) == await _colour(two, used)
            assert "is deleted" in (await two.say("/tint delete sea"))["text"]
            assert [] == list(blobs.iterdir())
