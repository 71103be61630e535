"""The HTTP door of docs/web-api.md: what it gives its own account."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import ExifTags, Image

from tests.bot.conftest import House, WebDoor, browser, picture
from tests.bot.filter_kit import styled_house

PHOTO = picture("teal")


@pytest.fixture
async def door(house: House) -> AsyncIterator[WebDoor]:
    """One account on the web front, and a worker that is alive."""
    await house.announce("blend", "swirl")
    async with house.web() as address, browser(address) as door:
        yield door


class Events:
    """The stream of one page."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self) -> tuple[str, Any]:
        """The next event and its data."""
        name = ""
        async for raw in self._answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))
        raise AssertionError("the stream has ended")

    async def until(self, state: str, done: int = 0) -> dict[str, Any]:
        """The next status of that state, with so many steps done; that a job has begun is told too,
        before its first step.
        """
        while True:
            name, data = await self.next()
            if name == "reply" and (state, done) == tuple(
                data["status"][key] for key in ("state", "done")
            ):
                return dict(data)


async def test_effects(door: WebDoor, house: House) -> None:
    """Effects come in the language of the page, with a form, and without those that are down."""
    _, body = await door.get("/api/effects")
    blend, swirl = body["effects"]
    assert ("blend", "Blend", 2, 2) == (
        blend["name"],
        blend["title"],
        blend["fewest"],
        blend["most"],
    )
    assert ["Photo", "Style"] == [role["title"] for role in blend["roles"]]
    assert ["size", "strength", "sharp", "start", "seed"] == [f["name"] for f in blend["fields"]]
    assert ([], "") == (swirl["fields"], body["notice"])
    async with browser(door.address, "ru") as russian:
        _, body = await russian.get("/api/effects")
        assert "Смесь" == body["effects"][0]["title"]


async def test_samples(tmp_path: Path) -> None:
    """The field that names a filter has those that come with the effect, with their pictures."""
    house = await styled_house(tmp_path)
    async with house.web() as address, browser(address, "ru") as door:
        _, body = await door.get("/api/effects")
        (style,) = [each for each in body["effects"] if each["name"] == "style"]
        fields = {each["name"]: each["samples"] for each in style["fields"]}
        starry, *others = fields.pop("style")
        assert ("starry", "Звёздная ночь", 17) == (starry["name"], starry["title"], len(others))
        assert {()} == {tuple(samples) for samples in fields.values()}
        for sample in (starry, *others):
            async with door.http.get(sample["picture"]) as answer:
                assert "max-age=3600" == answer.headers["Cache-Control"]
                assert "image/jpeg" == answer.content_type
                assert (await answer.read()).startswith(b"\xff\xd8")
        for path in ("style/samples/none", "swirl/samples/starry", "style/samples/..%2fstarry"):
            assert 404 == (await door.get(f"/api/effects/{path}"))[0]


async def test_no_worker(house: House) -> None:
    """Without a worker all effects are there, and a notice says that work begins later."""
    async with house.web() as address, browser(address) as door:
        _, body = await door.get("/api/effects")
        assert 2 == len(body["effects"])
        assert "No worker is running" in body["notice"]


async def test_job_from_beginning_to_end(door: WebDoor, house: House) -> None:
    """A job can be followed to its result: place, progress, preview, picture, words."""
    reply = await door.say("/blend size=128", [PHOTO, picture("orange")])
    job = reply["slot"]
    assert {"job": job, "state": "waiting", "place": 1} == {
        key: reply["status"][key] for key in ("job", "state", "place")
    }
    _, body = await door.get(f"/api/jobs/{job}")
    assert ("waiting", 1, "/blend size=128") == (body["state"], body["place"], body["command"])
    assert "Next in line" in body["text"]
    assert 404 == (await door.get(f"/api/jobs/{job}/preview"))[0]

    claim = await house.claim()
    async with door.http.get("/api/events") as answer:
        events = Events(answer)
        assert [job] == [each["id"] for each in (await events.next())[1]["jobs"]]
        await house.progress(claim, 3, 10, preview=picture("blue", type="JPEG"))
        reply = await events.until("running", done=3)
        said, status = reply["text"].partition(" · about ")[0], reply["status"]
        assert ("30 %", 3, 10) == (said, status["done"], status["total"])
        assert 5 < status["seconds"] <= 10
        assert ["preview.jpg"] == [file["name"] for file in reply["files"]]
        assert (200, picture("blue", type="JPEG")) == await door.get(f"/api/jobs/{job}/preview")
        await house.finish(claim, picture("red"), en="painted", ru="нарисовано")
        assert "painted" == (await events.until("done"))["text"]

    _, body = await door.get(f"/api/jobs/{job}")
    assert ("done", "painted", 4.0) == (body["state"], body["text"], body["took"])
    async with door.http.get(body["media"][0]["url"]) as answer:
        assert picture("red") == await answer.read()
        assert "image/png" == answer.content_type
        name = f"blend-{job[:4]}-1.png"
        assert f'inline; filename="{name}"' == answer.headers["Content-Disposition"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert 404 == (await door.get(f"/api/jobs/{job}/media/1"))[0]


async def test_photos_are_shown_small_and_bare(door: WebDoor) -> None:
    """Originals come back as upright JPEGs of at most 1024 px without metadata."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "camera"
    file = io.BytesIO()
    Image.new("RGB", (3000, 1500), "teal").save(file, "JPEG", exif=exif)
    job = (await door.say("/swirl", [file.getvalue()]))["slot"]
    _, content = await door.get(f"/api/jobs/{job}/photos/0")
    with Image.open(io.BytesIO(content)) as image:
        assert (("JPEG", (512, 1024)), {}) == ((image.format, image.size), dict(image.getexif()))
    assert 404 == (await door.get(f"/api/jobs/{job}/photos/1"))[0]


async def test_connect_again(door: WebDoor, house: House) -> None:
    """A page that connects again gets the whole state, and progress from then on."""
    job = (await door.say("/swirl", [PHOTO]))["slot"]
    async with door.http.get("/api/events") as answer:
        await Events(answer).next()
    claim = await house.claim()
    async with door.http.get("/api/events") as answer:
        events = Events(answer)
        ((shown,),) = (await events.next())[1].values()
        assert (job, "running") == (shown["id"], shown["state"])
        await house.progress(claim, 1, 2)
        assert (await events.until("running", done=1))["text"].startswith("50 %")


async def test_cancel(door: WebDoor, house: House) -> None:
    """Cancel ends a waiting job at once, and tells a running one to stop."""
    first = (await door.say("/swirl", [PHOTO]))["slot"]
    async with door.http.post(f"/api/jobs/{first}/cancel") as answer:
        (reply,) = (await answer.json())["replies"]
        assert ("cancelled", "Cancelled.") == (reply["status"]["state"], reply["text"])
    second = (await door.say("/swirl", [PHOTO]))["slot"]
    claim = await house.claim()
    async with door.http.get("/api/events") as stream:
        events = Events(stream)
        async with door.http.post(f"/api/jobs/{second}/cancel") as answer:
            (reply,) = (await answer.json())["replies"]
            assert "Stopping …" == reply["text"]
        await house.queue.acknowledge_cancel(claim)
        assert second == (await events.until("cancelled"))["slot"]


async def test_language_is_remembered(door: WebDoor) -> None:
    """The language switch lasts, and job texts follow it."""
    job = (await door.say("/swirl", [PHOTO]))["slot"]
    _, page = await door.get("/?lang=ru")
    assert "Мои работы" in page.decode()
    assert "Мои работы" in (await door.get("/"))[1].decode()
    _, body = await door.get(f"/api/jobs/{job}")
    assert ("Вихрь", "Фото") == (body["title"], body["roles"][0])
    assert "Вы следующий" in body["text"]


async def test_page_names_no_other_place(door: WebDoor) -> None:
    """The page loads nothing from elsewhere, and holds no script or style of its own."""
    _, page = await door.get("/")
    html = page.decode()
    assert [] == re.findall(r"(?:src|href)=\"(?!/)[^\"]*", html)
    assert [] == re.findall(r"<style|style=|\son\w+=", html)
    for path in re.findall(r"\"(/static/[^\"]+)\"", html):
        assert 200 == (await door.get(path))[0]


async def test_lost_result(door: WebDoor, house: House) -> None:
    """A result whose file is gone is one sentence and 404."""
    job = (await door.say("/swirl", [PHOTO]))["slot"]
    await house.finish(await house.claim())
    await house.blobs.delete([f"{job}/hand/0.png"])
    status, body = await door.get(f"/api/jobs/{job}/media/0")
    assert (404, "blob_missing") == (status, body["error"])


async def test_client_that_leaves(door: WebDoor, caplog: pytest.LogCaptureFixture) -> None:
    """An upload that breaks off is no error of ours, and the next one is served."""

    async def half() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n' + PHOTO
        raise ConnectionError("the phone is in a tunnel")

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await door.http.post("/api/messages", data=half(), headers=headers)
    assert (await door.say("/help"))["text"]
    assert "Traceback" not in caplog.text
