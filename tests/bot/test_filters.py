"""Saved filters: kept and learned, refused and deleted; what comes twice."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from pathlib import Path

import pytest

from bot.core.messages import Incoming, Reply
from tests.bot.conftest import DirectDoor, FakeFront, House, picture, running
from tests.bot.filter_kit import (
    ORANGE,
    PHOTO,
    change_free,
    deliver,
    learn,
    own,
    stored,
    styled_house,
)
from worker.jobs.model import State
from worker.jobs.rules import Tier


@pytest.fixture
async def house(tmp_path: Path) -> House:
    """A bot with styles."""
    return await styled_house(tmp_path)


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


async def test_deleted_before_it_is_told(house: House) -> None:
    """A result that finds its filter gone says so, and leaves nothing."""
    door = DirectDoor(house, "en")
    await door.say("/learn_style sea", [ORANGE])
    claim = await house.claim()
    await house.finish(claim, picture("blue"), data=b"v")
    await door.say("/style delete sea")
    [(_, told)] = (await deliver(house)).sent
    assert ("This filter is no more", ()) == (told.text[:22], told.buttons)
    assert ([], []) == (await own(house), await stored(house))


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


async def test_names_that_are_read_alike_are_one(house: House) -> None:
    """With ё or without it is the same filter, so that none hides another."""
    door = DirectDoor(house, "ru")
    await door.say("/learn_style ёлка", [ORANGE])
    for name in ("Елка", "ёлка", "-елка"):
        assert "filter_name_taken" == (await door.say(f"/learn_style {name}", [PHOTO]))["error"]
    await learn(house)
    await door.say("/style Ёлка", [PHOTO])
    assert ["елка"] == list((await house.claim()).job.attachments)


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
