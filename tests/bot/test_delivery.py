"""Endings arrive, whatever fails; progress and places come as they change."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest

from tests.bot.conftest import DirectDoor, FakeFront, House, picture, running, until
from worker.jobs.model import Estimate
from worker.jobs.redis_queue import RedisQueue

PHOTO = picture()


async def ask(house: House, user: str = "one", lang: str = "en") -> str:
    """Send a photo; returns the job's id."""
    reply = await DirectDoor(house, lang, user).say("/swirl", [PHOTO], message=uuid4().hex)
    return str(reply["slot"])


async def test_result_is_sent_and_acknowledged(house: House) -> None:
    """The result goes to the chat that asked, with its file and words; then the outbox is empty."""
    front, job = FakeFront(), await ask(house)
    await house.finish(await house.claim(), picture("red"), en="a swirl", ru="вихрь")
    async with running(house.delivery(front).run()):
        ((chat, reply),) = await front.until(1)
    assert ("one", job, "a swirl", "done") == (
        chat,
        reply.slot,
        reply.text,
        reply.status and reply.status.state,
    )
    (file,) = reply.files
    assert (f"swirl-{job[:4]}-1.png", "image/png", picture("red")) == (
        file.name,
        file.type,
        file.content,
    )
    assert [] == await house.queue.outbox("fake", "bot")


async def test_failing_front_is_tried_again(house: House) -> None:
    """While a messenger is down results wait, in order, and go out after."""
    front = FakeFront()
    front.failures = 3
    jobs = [await ask(house) for _ in range(3)]
    for _ in jobs:
        await house.finish(await house.claim())
    async with running(house.delivery(front).run()):
        sent = await front.until(3)
    assert jobs == [reply.slot for _, reply in sent]


async def test_one_broken_chat_holds_up_no_other(house: House) -> None:
    """A chat that can't be reached does not stop the others' results."""
    front = FakeFront()
    front.broken_chats = {"one"}
    await ask(house, "one")
    second = await ask(house, "two")
    for _ in range(2):
        await house.finish(await house.claim())
    async with running(house.delivery(front).run()):
        ((chat, reply),) = await front.until(1)
        assert ("two", second) == (chat, reply.slot)
        front.broken_chats = set()
        assert "one" == (await front.until(2))[1][0]


async def test_survives_a_restart(redis_url: str, house: House) -> None:
    """An ending that was handed out to a bot that died is sent by the next one, once."""
    blobs = house.blobs
    dead = House(RedisQueue(redis_url), blobs)
    job = await ask(dead)
    await dead.finish(await dead.claim())
    (receipt,) = await dead.queue.outbox("fake", "bot")  # and it dies before it has sent it
    assert job == receipt.job.id
    await dead.queue.close()

    alive, better = House(RedisQueue(redis_url), blobs), FakeFront()
    async with running(alive.delivery(better).run()):
        ((_, reply),) = await better.until(1)
        assert job == reply.slot
    assert [] == await alive.queue.outbox("fake", "bot")
    assert 1 == len(better.sent)
    await alive.queue.close()


async def test_missing_result(house: House) -> None:
    """When the result's file is gone the person hears it in a sentence, and nothing is stuck."""
    front = FakeFront()
    job = await ask(house, lang="ru")
    await house.finish(await house.claim())
    await house.blobs.delete([f"{job}/hand/0.png"])
    async with running(house.delivery(front).run()):
        ((_, reply),) = await front.until(1)
    assert "blob_missing" == reply.error
    assert "больше не хранится" in reply.text
    assert [] == await house.queue.outbox("fake", "bot")


async def test_failure_is_said(house: House) -> None:
    """A job that failed says why in the person's language; an unknown code in its own words."""
    front = FakeFront()
    for code in ("out_of_memory", "no_lamp"):
        await ask(house, lang="ru")
        await house.queue.fail(await house.claim(), code, "the lamp is out.", retry=False)
    async with running(house.delivery(front).run()):
        (_, known), (_, unknown) = await front.until(2)
    assert "не хватило памяти" in known.text
    assert "The lamp is out." == unknown.text
    assert "no_lamp" == unknown.error


async def test_progress_and_preview(house: House) -> None:
    """Who waits sees percents and each new preview once, in the slot of the job."""
    front, job = FakeFront(), await ask(house)
    claim = await house.claim()
    async with running(house.delivery(front).run()):
        await front.until(1)  # that it has started
        await house.progress(claim, 1, 4, preview=picture("blue", type="JPEG"))
        _, reply = (await front.until(2))[1]
        assert ("25 %", job) == (reply.text.partition(" ·")[0], reply.slot)
        assert picture("blue", type="JPEG") == reply.files[0].content
        await house.progress(claim, 3, 4)
        _, reply = (await front.until(3))[2]
        assert ("75 %", ()) == (reply.text.partition(" ·")[0], reply.files)


async def test_progress_is_throttled(house: House) -> None:
    """Of many steps only the newest is sent, and never one after the end."""
    front = FakeFront()
    await ask(house)
    claim = await house.claim()
    loop, begun = asyncio.get_running_loop(), 0.0
    async with running(house.delivery(front, every=0.2).run()):
        await front.until(1)
        begun = loop.time()
        for step in range(100):
            await house.progress(claim, step, 100)
        await front.until(2)
        await house.finish(claim)
        await until(lambda: front.sent[-1][1].text == "Swirl: ready in 4 seconds.")
        seconds = loop.time() - begun
    # "It runs", the ending, one step at the beginning of the time and one in each part of it.
    assert len(front.sent) <= 3 + seconds / 0.2


async def test_place_is_told_when_it_changes(house: House) -> None:
    """While a job waits its chat hears every new place, and nothing in between."""
    front = FakeFront()
    await house.announce("swirl")
    for user in ("a", "b", "c"):
        await ask(house, user)
    third = (await house.queue.jobs_of("fake:c"))[0].job.id
    async with running(house.delivery(front).run()):
        for place in (2, 1):
            claim = await house.claim()
            await until(lambda place=place: place in _places(front, third))
            await house.finish(claim)
    assert [2, 1] == _places(front, third)


def _places(front: FakeFront, job: str) -> list[int]:
    return [reply.status.place for _, reply in front.sent if reply.slot == job and reply.status]


async def test_nobody_looks(house: House) -> None:
    """A chat that nobody looks at hears only the end."""
    front = FakeFront()
    await ask(house)
    house.watched.drop_chat("one")
    claim = await house.claim()
    async with running(house.delivery(front).run()):
        await house.progress(claim, 1, 2)
        await house.finish(claim)
        ((_, reply),) = await front.until(1)
    assert reply.status is not None
    assert "done" == reply.status.state


async def test_forgotten_job(house: House) -> None:
    """A job that is watched and no longer known disturbs nobody else's places."""
    front = FakeFront()
    await house.announce("swirl")
    first, second = await ask(house, "a"), await ask(house, "b")
    gone = (await house.queue.jobs_of("fake:a"))[0].job.model_copy(update={"id": "0" * 32})
    house.watched.add(gone, Estimate(place=1, seconds=9), "")
    claim = await house.claim()
    async with running(house.delivery(front).run()):
        await until(lambda: _places(front, second) == [1])
        await house.finish(claim)
    assert house.watched.get(gone.id) is None
    assert claim.job.id == first


async def test_blobs_away(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A result that can't be read just now is sent as soon as it can."""
    front, job = FakeFront(), await ask(house)
    await house.finish(await house.claim())
    folder, elsewhere = tmp_path / "blobs", tmp_path / "unmounted"
    folder.rename(elsewhere)
    folder.write_text("a file in the place of the folder")
    # Nobody shall look while the folder is neither here nor there.
    async with running(house.delivery(front, backoff=(1.0, 1.0)).run()):
        await until(lambda: "ending not delivered" in caplog.text)
        assert [] == front.sent
        folder.unlink()
        elsewhere.rename(folder)
        ((_, reply),) = await front.until(1)
    assert (job, 1) == (reply.slot, len(reply.files))


async def test_jobs_shown_before_a_restart_are_watched_again(house: House) -> None:
    """A bot that starts anew tells how those jobs stand whose status stands in a chat."""
    first, second = await ask(house, "one"), await ask(house, "two")
    house.watched.drop(first)
    house.watched.drop(second)
    front = FakeFront()
    front.stands = [(second, "fake:another"), ("gone", "fake:two"), (second, "fake:two")]
    async with running(house.delivery(front).run()):
        ((chat, reply),) = await front.until(1)
        assert ("two", second) == (chat, reply.slot)
        assert reply.status is not None
        assert "waiting" == reply.status.state
        await house.finish(await house.claim())
        assert "one" in [chat for chat, _ in (await front.until(2))[1:]]
