"""What the tests of saved filters have in common: a bot with styles, and who works its jobs off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bot.core.saved import SavedFilter
from effects.catalogue import Catalogue
from effects.errors import BadPicture
from effects.fast_style import SPEC as STYLE
from effects.spec import EffectSpec, Params, Text, param
from tests.bot.conftest import (
    BLEND,
    SWIRL,
    DirectDoor,
    FakeFront,
    House,
    picture,
    running,
    until,
)
from tests.conftest import Clock
from worker.jobs.blobs import Blobs
from worker.jobs.memory import MemoryQueue


class LearnParams(Params):
    """What a filter is called."""

    name: str = param("", Text("Name", "Имя"), Text("of the filter", "фильтра"))


def _look(params: LearnParams, pictures: Sequence[Image.Image]) -> None:
    if pictures[0].convert("L").getextrema()[0] > 250:
        raise BadPicture("the picture is white", reason="flat")


LEARN = EffectSpec(
    name="learn_style",
    title=Text("Learn a style", "Выучить стиль"),
    description=Text("learns a picture", "учит картинку"),
    params=LearnParams,
    runner="nowhere:Learn",
    cost=lambda params, pixels: 40.0,
    roles=("style",),
    aliases=("выучи",),
    deferrable=True,
    teaches="style",
    check=_look,
)
"""Teaches the effect `style`; a white picture it does not like."""

PHOTO, ORANGE = picture("teal"), picture("orange")


async def styled_house(tmp_path: Path) -> House:
    """A bot with styles, what learns them, and what paints by a picture; and a worker."""
    clock = Clock()
    catalogue = Catalogue([("tests", spec) for spec in (BLEND, LEARN, STYLE, SWIRL)])
    house = House(MemoryQueue(clock=clock), Blobs.open(tmp_path / "blobs"), catalogue, clock)
    await house.announce(*(spec.name for spec in catalogue))
    return house


async def learn(house: House, data: bytes = b"vectors") -> FakeFront:
    """Do the learning that waits, and deliver its end."""
    await house.finish(await house.claim(), picture("blue"), data=data)
    return await deliver(house)


async def deliver(house: House) -> FakeFront:
    """Deliver all endings."""
    front = FakeFront()
    async with running(house.delivery(front).run()):
        await front.until(1)
        await until(lambda: not any(house.queue._outbox.values()))  # type: ignore[attr-defined]
    return front


async def own(house: House, user: str = "one") -> list[SavedFilter]:
    """What the user has."""
    return await house.filters.own(f"fake:{user}")


async def change_free(house: House, **values: int) -> None:
    """Change the free tier."""
    office = house.queue.office
    rules = await office.rules()
    free = rules.tiers["free"].model_copy(update=values)
    tiers = {**rules.tiers, "free": free}
    await office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")


async def code_of(door: DirectDoor, name: str) -> str:
    """By which others get the filter."""
    found = re.search(
        r"/style add ([A-Z0-9]{8}) ", (await door.say(f"/style share {name}"))["text"]
    )
    assert found is not None
    return found[1]


async def stored(house: House) -> list[str]:
    """The blobs of filters."""
    return sorted(name.rpartition("/")[2] for name in await house.blobs.changes("filters"))
