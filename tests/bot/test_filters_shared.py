"""Saved filters among several people and accounts; the sheet of styles; what is left over."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bot.core.messages import Incoming
from bot.core.sheet import Cell, draw
from effects.image import decode
from tests.bot.conftest import DirectDoor, House, picture
from tests.bot.filter_kit import (
    ORANGE,
    PHOTO,
    change_free,
    code_of,
    learn,
    own,
    stored,
    styled_house,
)


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A bot with styles."""
    return await styled_house(tmp_path)


async def test_sharing(house: House) -> None:
    """A copy by code is one's own: it has another code, and outlives the first one's end."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "ru", "two")
    await one.say("/learn_style sea", [ORANGE])
    await learn(house, b"sea")
    code = await code_of(one, "sea")
    assert "Добавлено под именем «sea»" in (await two.say(f"/стиль добавь {code.lower()}"))["text"]
    assert "Добавлено под именем «sea»" in (await two.say(f"/стиль добавь {code}"))["text"]
    [copy] = await own(house, "two")
    assert code != await code_of(DirectDoor(house, "en", "two"), "sea")
    await one.say("/style delete sea")
    assert "bad_filter_code" == (await two.say(f"/style add {code}"))["error"]
    assert b"sea" == await house.blobs.get(copy.vectors)
    assert not (await two.say("/style sea", [PHOTO]))["error"]
    assert b"sea" == await house.blobs.get((await house.claim()).job.attachments["sea"])


async def test_sharing_what_is_not_learned(house: House) -> None:
    """The copy is not learned either, has a name of its own, and can be learned by itself."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    await one.say("/learn_style sea", [ORANGE])
    await house.claim()
    await two.say("/learn_style sea", [picture("red")])
    await house.claim()
    added = await two.say(f"/style add {await code_of(one, 'sea')}")
    assert "Added as “sea-1”, not learned yet" in added["text"]
    assert "Next in line" in (await two.say("/learn_style sea-1"))["text"]
    assert ("learn_style", "fake:two") == (
        (claim := await house.claim()).job.effect,
        claim.job.user,
    )


async def test_a_full_collection_takes_no_copy(house: House) -> None:
    """The limit counts copies, too."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    await one.say("/learn_style sea", [ORANGE])
    code = await code_of(one, "sea")
    await change_free(house, filters=0)
    refused = await two.say(f"/style add {code}")
    assert ("too_many_filters", True) == (refused["error"], "no room" in refused["text"])
    assert ["picture"] == await stored(house)


async def test_only_ones_own(house: House) -> None:
    """Buttons about a filter or a result work for whom they are of."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    job = (await one.say("/learn_style sea", [ORANGE]))["slot"]
    [saved] = await own(house)
    await learn(house)
    for press in (f"use:{job}", f"relearn:{job}", f"filter:{saved.id}"):
        assert "filter_gone" == (await two.say(press=press))["error"]
    await one.say("/blend", [PHOTO, ORANGE])
    blend = (await house.claim()).job.id
    assert "no_such_job" == (await two.say(press=f"save:{blend}"))["error"]


async def test_linked_accounts_have_one_collection(house: House) -> None:
    """Who joins brings all filters along, with names of their own, and their buttons go on."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    await one.say("/learn_style sea", [ORANGE])
    await learn(house, b"one")
    job = (await two.say("/learn_style sea", [picture("red")]))["slot"]
    await learn(house, b"two")
    code = re.search(r"/link ([A-Z0-9]{8}) ", (await one.say("/link"))["text"])
    assert code is not None
    await two.say(f"/link {code[1]}")
    assert "please send a photo" in (await two.say(press=f"use:{job}"))["text"]
    assert ["sea", "sea-2"] == [each.name for each in await own(house)]
    await one.say("/style sea-2", [PHOTO])
    assert b"two" == await house.blobs.get((await house.claim()).job.attachments["sea-2"])


async def sheet(house: House) -> bytes:
    """The picture in the reply to `/styles`."""
    said = Incoming(platform="fake", user="fake:one", chat="one", message="s", text="/styles")
    [reply] = await house.conversation.handle(said)
    [file] = reply.files
    return file.content


async def test_the_sheet(house: House) -> None:
    """All styles on one picture that a phone shows, drawn again only when something has changed."""
    first = await sheet(house)
    assert first is await sheet(house)
    assert 1280 >= max(decode(first).size)
    await DirectDoor(house, "en").say("/learn_style sea", [ORANGE])
    grown = await sheet(house)
    assert grown != first
    await learn(house)
    learned = await sheet(house)
    assert learned != grown


@pytest.mark.parametrize("count", [1, 2, 19, 36])
def test_sheets_of_any_length(count: int) -> None:
    """No side is so long that a messenger would squeeze it, and names of any length have room."""
    cells = [Cell("w" * 24 * (number % 2) or "sea", "", None) for number in range(count)]
    assert 1280 >= max(decode(draw(cells)).size)


async def test_orphans_are_tidied(house: House, tmp_path: Path) -> None:
    """What a bot that was killed has stored for no filter goes after a day; filters stay."""
    await DirectDoor(house, "en").say("/learn_style sea", [ORANGE])
    await house.blobs.put("filters/gone/picture", b"x")
    for age, left in ((86_000, 2), (87_000, 1)):
        for path in (tmp_path / "blobs/filters").rglob("*"):
            os.utime(path, (house.clock.now - age,) * 2)
        await house.filters.tidy()
        assert left == len(await stored(house))
    assert "sea" == (await own(house))[0].name
