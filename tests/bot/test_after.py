"""What can be done with a result, and what a person settles for good."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.core.commands import command_menu
from bot.core.preferences import MemoryPreferences, Preferences, RedisPreferences, Settled
from bot.core.texts import Texts
from effects.catalogue import Catalogue
from effects.spec import EffectSpec, Params, Text, param
from tests.bot.conftest import DirectDoor, FakeFront, House, picture, running, until
from tests.conftest import Clock
from worker.jobs.blobs import Blobs
from worker.jobs.errors import BlobMissing
from worker.jobs.memory import MemoryQueue
from worker.jobs.model import Claim


class OilParams(Params):
    """What the buttons move."""

    size: int = param(512, Text("Size", "Размер"), Text("px", "пиксели"), ge=64, le=1024)
    strength: float = param(1.0, Text("Strength", "Сила"), Text("how", "как"), ge=0.5, le=2)
    seed: int = param(0, Text("Seed", "Зерно"), Text("of chance", "случая"), ge=0, le=2**31 - 1)


OIL = EffectSpec(
    name="oil",
    title=Text("Oil", "Масло"),
    description=Text("paints a picture", "пишет картину"),
    params=OilParams,
    runner="nowhere:Oil",
    cost=lambda params, pixels: params.size / 10,
    strength_field="strength",
    size_field="size",
    deferrable=True,
)
PLAIN = EffectSpec(
    name="plain",
    title=Text("Plain", "Просто"),
    description=Text("does one thing", "делает одно"),
    params=type("NoParams", (Params,), {"__doc__": "None at all."}),
    runner="nowhere:Plain",
    cost=lambda params, pixels: 1.0,
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A bot with an effect that has everything and one that has nothing."""
    clock = Clock()
    return House(
        MemoryQueue(clock=clock),
        Blobs.open(tmp_path / "blobs"),
        Catalogue([("tests", OIL), ("tests", PLAIN)]),
        clock,
    )


async def result(house: House, text: str) -> tuple[DirectDoor, Claim, dict[str, str]]:
    """A job that is done: who asked, what it was, and the buttons under its result."""
    await house.announce("oil", "plain")
    door = DirectDoor(house, "en")
    await door.say(text, [picture()])
    [claim] = await house.queue.claim("hand", ["oil", "plain"], lease=600)
    front = FakeFront()
    async with running(house.delivery(front).run()):
        await house.finish(claim)
        done = await until(lambda: [each for _, each in front.sent if not each.passing])
    labels = {button.label: button.data for row in done[0].buttons for button in row}
    return door, claim, labels


async def next_job(house: House) -> Any:
    """What waits now."""
    [claim] = await house.queue.claim("hand", ["oil", "plain"], lease=600)
    return claim.job


async def test_only_what_the_effect_has(house: House) -> None:
    """No seed, no strength, no size: nothing but to delete it."""
    _, _, labels = await result(house, "/plain")
    assert ["Delete"] == list(labels)


async def test_again_is_another_seed(house: House) -> None:
    """The same photos, copied, and the same parameters but the seed."""
    door, claim, labels = await result(house, "/oil strength=1.5 seed=7")
    assert ["Again", "Weaker", "Stronger", "Large, by morning", "Delete"] == list(labels)
    await door.say(press=labels["Again"])
    job = await next_job(house)
    assert 7 != job.params["seed"]
    assert claim.job.params | {"seed": job.params["seed"]} == job.params
    assert picture() == await house.blobs.get(job.photos[0])
    assert not set(claim.job.photos) & set(job.photos)


@pytest.mark.parametrize(
    ("given", "label", "expected"),
    [(1.0, "Stronger", 1.4), (1.0, "Weaker", 0.7), (1.9, "Stronger", 2.0), (0.52, "Weaker", 0.5)],
)
async def test_stronger_and_weaker(house: House, given: float, label: str, expected: float) -> None:
    """By a factor, within the bounds."""
    door, _, labels = await result(house, f"/oil strength={given}")
    await door.say(press=labels[label])
    assert expected == pytest.approx((await next_job(house)).params["strength"])


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("stronger", "not_understood"),
        ("weaker", "not_understood"),
        ("save", "not_understood"),
        ("again", "bad_params"),
        ("hd", "not_by_night"),
    ],
)
async def test_a_button_that_was_not_shown(house: House, action: str, error: str) -> None:
    """Somebody made it up: one sentence says why not, and there is no incident."""
    door, claim, _ = await result(house, "/plain")
    assert error == (await door.say(press=f"{action}:{claim.job.id}"))["error"]


async def test_at_its_bound_there_is_no_more(house: House) -> None:
    """A button that would change nothing is not shown."""
    _, _, labels = await result(house, "/oil strength=2")
    assert "Weaker" in labels
    assert "Stronger" not in labels


async def test_large_by_morning(house: House) -> None:
    """Deferred, at the size that the night allows, for no credits."""
    door, _, labels = await result(house, "/oil size=256")
    await door.say(press=labels["Large, by morning"])
    job = await next_job(house)
    assert (True, 1024) == (job.deferred, job.params["size"])


async def test_deleted_is_gone(house: House) -> None:
    """The pictures too; what is pressed after says so."""
    door, claim, labels = await result(house, "/oil")
    assert "Deleted." == (await door.say(press=labels["Delete"]))["text"]
    with pytest.raises(BlobMissing):
        await house.blobs.get(claim.job.photos[0])
    assert "blob_missing" == (await door.say(press=labels["Again"]))["error"]


async def test_only_the_author_may(house: House) -> None:
    """Others are refused, and nothing happens."""
    _, claim, labels = await result(house, "/oil")
    other = DirectDoor(house, "en", user="two")
    for data in labels.values():
        assert "no_such_job" == (await other.say(press=data))["error"]
    assert picture() == await house.blobs.get(claim.job.photos[0])
    assert [] == await house.queue.claim("hand", ["oil"], lease=600)


async def test_settings_change_by_buttons(house: House) -> None:
    """Language at once, size with the next job, files with the next result."""
    door = DirectDoor(house, "en")
    shown = await door.say("/settings")
    labels = {button["label"]: button["data"] for row in shown["buttons"] for button in row}
    assert "Язык" in (await door.say(press=labels["Русский"]))["text"]
    await door.say(press=labels["768"])
    assert "Присылать фото" in str(await door.say(press=labels["Send files"]))
    await door.say("/oil", [picture()])
    job = await next_job(house)
    assert ("ru", 768) == (job.lang, job.params["size"])
    settled = await house.preferences.get("fake:one")
    assert Settled(lang="ru", size=768, as_files=True) == settled


async def test_what_is_typed_counts_more_than_the_usual_size(house: House) -> None:
    """A size in the command."""
    door = DirectDoor(house, "en")
    await door.say(press="set:size=768")
    await door.say("/oil size=384", [picture()])
    assert 384 == (await next_job(house)).params["size"]


@pytest.mark.parametrize("choice", ["size=7", "lang=xx", "as_files=maybe", "nothing", "size=-1"])
async def test_forged_settings_change_nothing(house: House, choice: str) -> None:
    """Only what the buttons offer."""
    await DirectDoor(house, "en").say(press=f"set:{choice}")
    assert Settled() == await house.preferences.get("fake:one")


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_settings_are_kept(kind: str, redis_client: Redis) -> None:
    """By account, in each build."""
    kept: Preferences = MemoryPreferences() if kind == "memory" else RedisPreferences(redis_client)
    settled = Settled(lang="ru", size=random.Random(1).choice([384, 512]))
    await kept.put("fake:one", settled)
    assert (settled, Settled()) == (await kept.get("fake:one"), await kept.get("fake:two"))


def test_the_menu_has_every_effect(house: House) -> None:
    """By its title in each language, before what the conversation itself understands."""
    menu = command_menu(house.catalogue, Texts())
    assert [("oil", "Масло"), ("plain", "Просто")] == list(menu["ru"][:2])
    assert [name for name, _ in menu["en"]] == [name for name, _ in menu["ru"]]
    assert "settings" in dict(menu["en"])
