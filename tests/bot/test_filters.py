"""Saved filters: kept, learned, shared, deleted; what is refused, and what comes twice."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bot.core.messages import Incoming, Reply
from bot.core.saved import SavedFilter
from bot.core.sheet import Cell, draw
from effects.catalogue import Catalogue
from effects.fast_style import SPEC as STYLE
from effects.image import decode
from tests.bot.conftest import (
    BLEND,
    LEARN,
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
from worker.jobs.model import State
from worker.jobs.rules import Tier

PHOTO, ORANGE = picture("teal"), picture("orange")


@pytest.fixture
async def house(tmp_path: Path) -> House:
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


async def test_tiers_bound_how_many() -> None:
    """Each tier has its own bound, and a rule can't go past what there is room for."""
    assert 5 == Tier().filters
    with pytest.raises(ValueError, match="filters"):
        Tier(filters=1001)


@pytest.mark.parametrize(("lang", "words"), [("en", "may have no more"), ("ru", "больше нельзя")])
async def test_limit_is_kept_before_it_costs_anything(house: House, lang: str, words: str) -> None:
    """As many as the tier allows; the next is refused, nothing of it is stored, no job is made."""
    await change_free(house, filters=1)
    door = DirectDoor(house, lang)
    assert not (await door.say("/learn_style sea", [ORANGE]))["error"]
    refused = await door.say("/learn_style land", [picture("red")])
    assert ("too_many_filters", True) == (refused["error"], words in refused["text"])
    assert ["picture"] == await stored(house)
    assert 1 == len(await house.queue.jobs_of("fake:one"))
    assert not (await DirectDoor(house, "en", "two").say("/learn_style x", [ORANGE]))["error"]


async def test_twenty_messages_at_once_keep_the_limit(house: House) -> None:
    """However they come together, no more are kept than the tier allows."""

    def save(number: int) -> Awaitable[list[Reply]]:
        said = Incoming(
            platform="fake", user="fake:one", chat=f"chat{number}", message="m",
            text="/learn_style", photos=(picture(f"rgb({10 * number}, 0, 0)"),),
        )  # fmt: skip
        return house.conversation.handle(said)

    said = [reply for [reply] in await asyncio.gather(*map(save, range(20)))]
    assert 15 == sum(reply.error == "too_many_filters" for reply in said)
    assert [f"style-{n}" for n in range(1, 6)] == sorted(each.name for each in await own(house))
    assert 5 == len(await stored(house))


async def test_the_same_message_twice_keeps_and_asks_once(house: House) -> None:
    """One filter, one job, the same answer but for what was new the first time."""
    door = DirectDoor(house, "en")
    first = await door.say("/learn_style sea", [ORANGE], message="m1")
    again = await door.say("/learn_style sea", [ORANGE], message="m1")
    assert first["slot"] == again["slot"]
    assert ["sea"] == [each.name for each in await own(house)]
    assert 1 == len(await house.queue.jobs_of("fake:one"))


async def test_two_deliveries_of_one_result(house: House) -> None:
    """Told twice it is learned once, even when its job's files are gone by then."""
    door = DirectDoor(house, "en")
    job = (await door.say("/learn_style sea", [ORANGE]))["slot"]
    await house.finish(await house.claim(), picture("blue"), data=b"v")
    front = FakeFront()
    front.failures = 1
    async with running(house.delivery(front).run()):
        ((_, told),) = await front.until(1)
    assert "Filter “sea” is ready: /style sea" == told.text
    [one] = await own(house)
    view = await house.queue.view(job, user="fake:one")
    await house.blobs.delete_under(job)
    assert view.ending is not None
    assert view.ending.kind == "done"
    assert one == await house.filters.learn(view.job, view.ending)
    assert b"v" == await house.blobs.get(one.vectors)
    assert 3 == len(await stored(house))


async def test_an_own_style_outlives_its_jobs(house: House) -> None:
    """A job has a copy of the filter: deleting that stops no job; its picture is no one else's."""
    door = DirectDoor(house, "en")
    await door.say("/learn_style sea", [ORANGE])
    await learn(house, b"sea")
    await door.say("/style sea", [PHOTO])
    assert "is deleted" in (await door.say("/style delete sea"))["text"]
    assert [] == await stored(house)
    job = (await house.claim()).job
    assert ["sea"] == list(job.attachments)
    assert b"sea" == await house.blobs.get(job.attachments["sea"])
    assert job.attachments["sea"].startswith(f"{job.id}/")


async def test_deleting_ends_the_learning(house: House) -> None:
    """A job that waits is gone with its filter, one that runs is told; its result brings nothing
    back."""
    door = DirectDoor(house, "en")
    job = (await door.say("/learn_style sea", [ORANGE]))["slot"]
    await door.say("/style delete sea")
    assert State.CANCELLED == (await house.queue.view(job, user="fake:one")).state
    await door.say("/learn_style sea", [ORANGE])
    claim = await house.claim()
    await door.say("/style удали sea")
    await house.finish(claim, picture("blue"), data=b"v")
    front = await deliver(house)
    assert ["Cancelled.", "Cancelled."] == [reply.text for _, reply in front.sent]
    assert ([], []) == (await own(house), await stored(house))


async def test_asked_first_kept_at_once(house: House) -> None:
    """Where many wait the night is offered; the filter is there meanwhile, and whoever deletes it
    is asked no more."""
    await change_free(house, offer_after=0)
    door = DirectDoor(house, "en")
    await door.say("/swirl", [PHOTO])
    asked = await door.say("/learn_style sea", [ORANGE])
    assert "Saved as “sea”" in asked["text"]
    assert "Many are waiting" in asked["text"]
    _, morning = (button["data"] for [button] in asked["buttons"])
    assert ["sea"] == [each.name for each in await own(house)]
    night = await door.say(press=morning)
    assert "Waits for the night" in night["text"]
    assert "Saved" not in night["text"]
    await door.say("/style delete sea")
    await door.say("/learn_style sea", [ORANGE])
    await door.say("/style delete sea")
    assert "nothing to cancel" not in (await door.say("/cancel"))["text"]  # the swirl waits
    assert "nothing to cancel" in (await door.say("/cancel"))["text"]


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


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("/style add", "filter_usage"),
        ("/style add ABCD2345", "bad_filter_code"),
        ("/style rename sea", "filter_usage"),
        ("/style rename sea mosaic", "filter_name_shipped"),
        ("/style rename sea звездная-ночь", "filter_name_shipped"),
        ("/style rename sea delete", "filter_name_shipped"),
        ("/style rename sea a/b", "bad_filter_name"),
        ("/style rename sea land", "filter_name_taken"),
        ("/style rename lake pond", "no_such_filter"),
        ("/style delete", "filter_usage"),
        ("/style share", "filter_usage"),
        ("/learn_style land", ""),
        ("/style sea+wave", "filter_not_learned"),
        ("/style size=9999 sea", "bad_params"),
        ("/style wave=2+starry", "bad_params"),
        ("/style a+b+c+d+e+f", "bad_params"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "ru"])
async def test_refusals(house: House, said: str, error: str, lang: str) -> None:
    """One sentence in the person's language, without blanks to fill in, and nothing is changed."""
    door = DirectDoor(house, lang)
    for name, colour in (("sea", "orange"), ("land", "red")):
        await door.say(f"/learn_style {name}", [picture(colour)])
    reply = await door.say(said)
    assert error == reply["error"]
    assert (lang == "ru") == bool(re.search("[а-я]", re.sub("“.*?”", "", reply["text"])))
    assert not re.search(r"\{|\$|<|None", reply["text"])
    assert ["sea", "land"] == [each.name for each in await own(house)]


async def test_an_album_teaches_nothing(house: House) -> None:
    """Two pictures are one too many, before anything of them is kept."""
    refused = await DirectDoor(house, "en").say("/learn_style sea", [ORANGE, PHOTO])
    assert ("wrong_photos", []) == (refused["error"], await own(house))


async def test_a_picture_that_is_kept_already(house: House) -> None:
    """Saved again it says under which name; learned anew by name if one asks for that."""
    door = DirectDoor(house, "en")
    await door.say("/blend", [PHOTO, ORANGE])
    job = (await house.claim()).job.id
    assert "Saved as “style-1”" in (await door.say(press=f"save:{job}"))["text"]
    running_already = await door.say(press=f"save:{job}")
    assert "Next in line" in running_already["text"]
    await learn(house, b"old")
    assert "already: /style style-1" in (await door.say(press=f"save:{job}"))["text"]
    assert "Next in line" in (await door.say("/learn_style style-1"))["text"]
    [before] = await own(house)
    assert before.is_learned
    await learn(house, b"new")
    [after] = await own(house)
    assert b"new" == await house.blobs.get(after.vectors)
    assert after.thumbnail != before.thumbnail


async def test_a_failure_leaves_what_was_learned(house: House) -> None:
    """Learning anew that fails says so, and no more: the filter works as before."""
    door = DirectDoor(house, "en")
    await door.say("/learn_style sea", [ORANGE])
    await learn(house, b"old")
    await door.say("/learn_style sea")
    await house.queue.fail(await house.claim(), "out_of_memory", "no memory", retry=False)
    front = await deliver(house)
    assert "not learned" not in front.sent[-1][1].text
    assert [True] == [each.is_learned for each in await own(house)]


async def test_only_ones_own(house: House) -> None:
    """Buttons about a filter or a result work for whom they are of."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    job = (await one.say("/learn_style sea", [ORANGE]))["slot"]
    [saved] = await own(house)
    await learn(house)
    for press in (f"use:{job}", f"relearn:{job}", f"filter:{saved.id}"):
        assert "no_such_filter" == (await two.say(press=press))["error"]
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
