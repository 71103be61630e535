"""Now, or by morning: who is offered the night, what it costs, and how a deferred job stands."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from bot.core.terms import Terms
from effects.catalogue import Catalogue
from effects.spec import EffectSpec, Params, Text, param
from tests.bot.conftest import (
    SWIRL,
    DirectDoor,
    FakeFront,
    House,
    browser,
    open_door,
    picture,
    running,
    until,
)
from tests.conftest import Clock
from worker.jobs.blobs import Blobs
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Done, Job
from worker.jobs.rules import Rules

PHOTO = picture()
DAY, NIGHT = 0, 15.5 * 3600
"""Seconds from the clock's beginning, which is 8 in the morning."""


class OilParams(Params):
    """What tiers limit."""

    size: int = param(512, Text("Size", "Размер"), Text("pixels", "пикселей"), ge=64, le=1536)
    steps: int = param(300, Text("Steps", "Шаги"), Text("how many", "сколько"), ge=10, le=2000)


OIL = EffectSpec(
    name="oil",
    title=Text("Oil", "Масло"),
    description=Text("paints a picture", "пишет картину"),
    params=OilParams,
    runner="nowhere:Oil",
    cost=lambda params, pixels: params.steps / 3,
    size_field="size",
    steps_field="steps",
    deferrable=True,
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A bot with a slow effect and a quick one, at 8 in the morning."""
    clock = Clock()
    catalogue = Catalogue([("tests", OIL), ("tests", SWIRL)])
    return House(MemoryQueue(clock=clock), Blobs.open(tmp_path / "blobs"), catalogue, clock)


async def fill(house: House, count: int = 8) -> None:
    """Let one worker and so many jobs of others be there; each takes 100 s."""
    await house.announce("oil", "swirl")
    for number in range(count):
        other = Job(
            id=f"f{number}", user=f"other:{number}", platform="fake", chat="", effect="oil",
            cost=100_000_000,
        )  # fmt: skip
        await house.queue.submit(other, key=other.id)


async def change_free(house: House, **changes: Any) -> None:
    """Change the free tier."""
    rules = await house.queue.office.rules()
    free = rules.tiers["free"].model_copy(update=changes)
    rules = rules.model_copy(update={"tiers": {**rules.tiers, "free": free}})
    await house.queue.office.set_rules(rules, who="admin")


def labels(reply: dict[str, Any]) -> list[str]:
    """Of the reply's buttons."""
    return [button["label"] for row in reply["buttons"] for button in row]


def data(reply: dict[str, Any], label: str) -> str:
    """What the button whose label begins so sends."""
    found = [b["data"] for row in reply["buttons"] for b in row if b["label"].startswith(label)]
    return str(found[0])


async def newest(house: House, user: str = "fake:one") -> Job:
    """The user's newest job."""
    return (await house.queue.jobs_of(user))[0].job


@pytest.mark.parametrize("front", ["fake", "web"])
async def test_offer_now(house: House, front: str) -> None:
    """In a long queue a heavy job is offered both, with what each costs; now takes its place."""
    await fill(house)
    async with open_door(front, house, "en") as door:
        offer = await door.say("/oil", [PHOTO])
        assert re.search(
            "now it would take about 1[0-9] minutes. By morning it is free", offer["text"]
        )
        assert ["Now (≈ 100 credits)", "By morning (free, up to 1024 px)"] == labels(offer)
        assert "" == offer["slot"]
        reply = await door.say(press=data(offer, "Now"))
        assert re.search(r"Place \d in line", reply["text"])
        again = await door.say(press=data(offer, "Now"))
        assert reply["slot"] == again["slot"]
        assert ["By morning (free)", "Cancel"] == labels(reply)
    assert 9 == sum([len(await house.queue.jobs_of(f"other:{n}")) for n in range(8)]) + 1


@pytest.mark.parametrize("front", ["fake", "web"])
async def test_offer_by_morning(house: House, front: str) -> None:
    """By morning costs nothing, is larger, and says by when."""
    await fill(house)
    async with open_door(front, house, "ru") as door:
        offer = await door.say("/oil", [PHOTO])
        assert "К утру будет бесплатно" in offer["text"]
        assert ["Сейчас (≈ 100 кредитов)", "К утру (бесплатно, до 1024 px)"] == labels(offer)
        reply = await door.say(press=data(offer, "К утру"))
        assert "Ждёт ночи: будет готово примерно к 07:00 UTC, а может, и раньше" == reply["text"]
        assert ["Отменить"] == labels(reply)
        assert reply["text"] in (await door.say("/queue"))["text"]


async def test_deferred_job(house: House) -> None:
    """The job that was put off is larger and holds no credits; a size that was asked for stays."""
    await fill(house)
    door = DirectDoor(house, "en")
    await door.say(press=data(await door.say("/oil", [PHOTO]), "By"))
    job = await newest(house)
    assert (True, 1024, 300) == (job.deferred, job.params["size"], job.params["steps"])
    assert 0 == (await house.queue.account("fake:one")).held
    offer = await door.say("/oil size=300", [PHOTO])
    assert "By morning (free)" == labels(offer)[1]
    await door.say(press=data(offer, "By"))
    assert 300 == (await newest(house)).params["size"]


@pytest.mark.parametrize(
    ("count", "text", "after", "tier", "why"),
    [
        (0, "/oil", DAY, "free", "nobody waits"),
        (8, "/oil steps=90", DAY, "free", "the job is light"),
        (8, "/swirl", DAY, "free", "the effect is quick"),
        (8, "/oil", NIGHT, "free", "it is night"),
        (8, "/oil", DAY, "pro", "the tier never asks"),
    ],
)
async def test_no_offer(
    house: House, count: int, text: str, after: float, tier: str, why: str
) -> None:
    """Nobody is asked who need not be."""
    house.clock.advance(after)
    await fill(house, count)
    await house.queue.office.set_tier("fake:one", tier, who="admin") if tier != "free" else None
    reply = await DirectDoor(house, "en").say(text, [PHOTO])
    assert reply["slot"], why
    assert "By morning (free)" not in labels(reply)


async def test_tonight_with_a_request(house: House) -> None:
    """`/tonight` before an effect, with everything in one message or the photos after it."""
    door = DirectDoor(house, "en")
    assert "Waits" in (await door.say("/tonight oil steps=50", [PHOTO]))["text"]
    assert (True, 50) == ((await newest(house)).deferred, (await newest(house)).params["steps"])
    assert "please send a photo" in (await door.say("/tonight /oil"))["text"]
    assert "Waits" in (await door.say("", [PHOTO]))["text"]
    assert "unknown_effect" == (await door.say("/tonight help"))["error"]


async def test_tonight_before_a_request(house: House) -> None:
    """With nothing at hand it is meant for what comes next, and only for that."""
    door = DirectDoor(house, "en")
    await house.announce("oil", "swirl")
    assert "what you send next" in (await door.say("tonight"))["text"]
    assert ["Oil"] == labels(await door.say("", [PHOTO]))
    assert (await door.say(press="effect:oil"))["status"]["deferred"]
    assert "Next in line" in (await door.say("/oil", [PHOTO]))["text"]


async def test_tonight_after_a_request(house: House) -> None:
    """The job that waits is put off and its credits return; of several one is chosen."""
    await fill(house)
    door = DirectDoor(house, "ru")
    first = await door.say(press=data(await door.say("/oil", [PHOTO]), "Сейчас"))
    assert 100 == (await house.queue.account("fake:one")).held
    assert "Ждёт ночи" in (await door.say("/ночью"))["text"]
    assert 0 == (await house.queue.account("fake:one")).held
    for _ in range(2):
        await door.say(press=data(await door.say("/oil", [PHOTO]), "Сейчас"))
    which = await door.say("/tonight")
    assert "Какое задание отложить" in which["text"]
    assert 2 == len(labels(which))
    assert "Ждёт ночи" in (await door.say(press=which["buttons"][0][0]["data"]))["text"]
    assert "Ждёт ночи" in (await door.say(press=f"tonight:{first['slot']}"))["text"]


async def test_too_late_to_put_off(house: House) -> None:
    """A job that runs can't be put off any more; another's does not exist."""
    await house.announce("oil")
    reply = await DirectDoor(house, "en").say("/oil", [PHOTO])
    press = f"tonight:{reply['slot']}"
    assert "no_such_job" == (await DirectDoor(house, "en", "two").say(press=press))["error"]
    assert await house.queue.claim("hand", ["oil"], lease=60)
    assert "not_waiting" == (await DirectDoor(house, "en").say(press=press))["error"]


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "“Swirl” is quick"), ("ru", "«Вихрь» работает")]
)
async def test_quick_effects_do_not_wait(house: House, lang: str, words: str) -> None:
    """What is quick is not put off; said again without it, it runs now."""
    door = DirectDoor(house, lang)
    refused = await door.say("/tonight swirl", [PHOTO])
    assert ("not_by_night", True) == (refused["error"], words in refused["text"])
    assert (await door.say("/swirl"))["slot"]


async def test_no_night(house: House) -> None:
    """Without night hours, or in a tier that has none, nothing can wait for them."""
    door = DirectDoor(house, "en")
    await change_free(house, deferred=0)
    assert "With the tier “free” nothing" in (await door.say("/tonight oil", [PHOTO]))["text"]
    rules = await house.queue.office.rules()
    await house.queue.office.set_rules(rules.model_copy(update={"nights": ()}), who="admin")
    assert "no night hours" in (await door.say("/tonight oil", [PHOTO]))["text"]


async def test_too_many_put_off(house: House) -> None:
    """Who has as many deferred jobs as the tier allows hears how many."""
    await change_free(house, deferred=1)
    door = DirectDoor(house, "en")
    await door.say("/tonight oil", [PHOTO])
    refused = await door.say("/tonight oil", [PHOTO])
    assert ("too_many_deferred", True) == (
        refused["error"],
        "1 job of yours waits" in refused["text"],
    )


async def test_credits_are_out(house: House) -> None:
    """Who has too few credits is offered the morning."""
    await change_free(house, daily=50)
    door = DirectDoor(house, "en")
    refused = await door.say("/oil", [PHOTO])
    assert "quota_exceeded" == refused["error"]
    assert ["By morning (free, up to 1024 px)"] == labels(refused)
    assert "Waits" in (await door.say(press=data(refused, "By")))["text"]


@pytest.mark.parametrize(
    ("text", "sentence", "button"),
    [
        (
            "/oil size=1000",
            "“size” can’t be 1000: your tier, “free”, allows 64 to 768, by night up to 1024."
            " The tier “plus” allows it at any hour.",
            ["By morning (free)"],
        ),
        (
            "/oil size=1400",
            "“size” can’t be 1400: your tier, “free”, allows 64 to 768."
            " The tier “pro” allows it at any hour.",
            [],
        ),
        (
            "/oil steps=501",
            "“steps” can’t be 501: your tier, “free”, allows 10 to 500, by night up to 1000."
            " The tier “plus” allows it at any hour.",
            ["By morning (free, up to 1024 px)"],
        ),
        (
            "/tonight oil size=1025",
            "“size” can’t be 1025: your tier, “free”, allows 64 to 1024."
            " The tier “pro” allows it at any hour.",
            [],
        ),
        ("/oil size=1600", "“size” can’t be “1600”: from 64 to 1536, usually 512.", []),
    ],
)
async def test_limits(house: House, text: str, sentence: str, button: list[str]) -> None:
    """What a tier does not allow is refused with what it allows, and what would allow more."""
    door = DirectDoor(house, "en")
    refused = await door.say(text, [PHOTO])
    assert sentence == refused["text"]
    assert button == labels(refused)
    assert [] == await house.queue.jobs_of("fake:one")
    if button:
        assert "Waits" in (await door.say(press=data(refused, "By")))["text"]


async def test_limits_in_russian(house: House) -> None:
    """The same in Russian, and a usual value above the limit is lowered rather than refused."""
    door = DirectDoor(house, "ru")
    assert (
        "«size» не может быть 1000: на вашем тарифе «free» — от 64 до 768, ночью — до 1024."
        " На тарифе «plus» можно в любое время."
    ) == (await door.say("/oil size=1000", [PHOTO]))["text"]
    await change_free(house, side=200, steps=99)
    await door.say("/oil", [PHOTO])
    assert {"size": 200, "steps": 99} == (await newest(house)).params


async def test_words_of_a_deferred_job(house: House) -> None:
    """By day it waits for the night, or for a quiet hour; by night it has its place."""
    await house.announce("oil")
    door = DirectDoor(house, "en")
    said = (await door.say("/tonight oil", [PHOTO]))["text"]
    assert "Done in about 2 minutes if it stays quiet, else by about 07:00 UTC" == said
    house.clock.advance(14 * 3600 + 3595)
    assert "Waits for the night: done by about 07:00 UTC" in (await door.say("/queue"))["text"]
    house.clock.advance(10)
    assert "Next in the night’s line, about 2 minutes" in (await door.say("/queue"))["text"]


async def test_page_shows_buttons(house: House) -> None:
    """A job of the web door carries its buttons and whether it waits for the night."""
    await house.announce("oil")
    async with house.web() as address, browser(address) as door:
        slot = (await door.say("/tonight oil", [PHOTO]))["slot"]
        _, job = await door.get(f"/api/jobs/{slot}")
        assert (True, ["Cancel"]) == (job["deferred"], labels(job))


async def test_waiting_for_the_night_is_said_once(house: House) -> None:
    """All day long its chat hears nothing new; at night it hears its place."""
    front = FakeFront()
    await fill(house)
    await DirectDoor(house, "en").say("/tonight oil", [PHOTO])
    async with running(house.delivery(front, look=0.01).run()):
        for _ in range(6):
            claim = (await house.queue.claim("hand", ["oil"], lease=9e4))[0]
            await house.queue.finish(claim, Done(job=claim.job.id))
            house.clock.advance(1800)
            await asyncio.sleep(0.05)
        assert [] == [reply.text for chat, reply in front.sent if chat == "one"]
        house.clock.advance(12 * 3600)
        await until(lambda: any(chat == "one" for chat, _ in front.sent))
    assert "Next in the night’s line" in next(r.text for c, r in front.sent if c == "one")


@pytest.mark.parametrize(
    ("after", "seconds", "zone", "expected"),
    [
        (DAY, 60, "UTC", "07:00 UTC"),
        (NIGHT, 60, "UTC", "07:00 UTC"),
        (DAY, 60, "Europe/Moscow", "07:00 MSK"),
        (NIGHT, 8 * 3600, "UTC", "07:30 UTC"),
        (DAY, 23 * 3600 + 60, "UTC", "07:30 UTC"),
        (DAY, 50 * 3600, "UTC", "17.01. 10:00 UTC"),
    ],
)
def test_morning(after: float, seconds: float, zone: str, expected: str) -> None:
    """The end of the night in the operator's zone; what takes longer is told to the half-hour."""
    now = Clock().now + after
    assert expected == Terms(Rules(zone=zone), "free", now).morning(seconds)
