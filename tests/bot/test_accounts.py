"""One account on several platforms, and what `/quota` says of it."""

from __future__ import annotations

import re

import pytest

from tests.bot.conftest import DirectDoor, House, browser, picture

PHOTO = picture()


async def code_of(door: DirectDoor) -> str:
    """A code to link with."""
    found = re.search(r"/link ([A-Z0-9]{8}) ", (await door.say("/link"))["text"])
    assert found is not None
    return found[1]


async def test_linked_accounts_are_one(house: House) -> None:
    """Who links sees, pays and cancels as the account whose code it was."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    job = (await one.say("/swirl", [PHOTO]))["slot"]
    assert "no_such_job" == (await two.say(press=f"cancel:{job}"))["error"]
    assert "both are one account" in (await two.say(f"/link {await code_of(one)}"))["text"]
    assert "One job of yours" in (await two.say("/queue"))["text"]
    assert "Your jobs hold" in (await two.say("/quota"))["text"]
    assert "Cancelled." == (await two.say(press=f"cancel:{job}"))["text"]
    assert "None of your jobs" in (await one.say("/queue"))["text"]


async def test_linked_pages_show_the_same_works(house: House) -> None:
    """A second browser shows the works of the first, pictures and all."""
    async with house.web() as address, browser(address) as one, browser(address) as two:
        job = (await one.say("/swirl", [PHOTO]))["slot"]
        assert 404 == (await two.get(f"/api/jobs/{job}/photos/0"))[0]
        said = (await one.say("/link"))["text"]
        await two.say(re.findall("/link .*?(?= )", said)[0])
        _, works = await two.get("/api/jobs")
        assert [job] == [each["id"] for each in works["jobs"]]
        assert 200 == (await two.get(f"/api/jobs/{job}/photos/0"))[0]


@pytest.mark.parametrize(("lang", "words"), [("en", "code"), ("ru", "код")])
async def test_bad_codes(house: House, lang: str, words: str) -> None:
    """A code that never was, is used or is over says so, and links nobody."""
    one, two = DirectDoor(house, lang, "one"), DirectDoor(house, lang, "two")
    code = await code_of(one)
    house.clock.advance(601)
    for wrong in (code, "NOPE", "12 34"):
        refused = await two.say(f"/link {wrong}")
        assert ("bad_code", True) == (refused["error"], words in refused["text"])
    good = await code_of(one)
    assert not (await two.say(f"/link {good}"))["error"]
    assert "bad_code" == (await DirectDoor(house, lang, "three").say(f"/link {good}"))["error"]


async def test_who_has_work_under_way_links_later(house: House) -> None:
    """An account with unfinished jobs does not join another."""
    one, two = DirectDoor(house, "en", "one"), DirectDoor(house, "en", "two")
    await two.say("/swirl", [PHOTO])
    refused = await two.say(f"/link {await code_of(one)}")
    assert "link_busy" == refused["error"]
    assert "unfinished" in refused["text"]


async def test_quota_says_what_was_given(house: House) -> None:
    """Bonus, boost and places for the night are told where there are any."""
    door, office = DirectDoor(house, "en"), house.queue.office
    said = (await door.say("/quota"))["text"]
    assert "20 more jobs of yours may wait for the night, free of charge." in said
    assert "bonus" not in said
    assert "share" not in said
    await office.grant("fake:one", 500, who="admin")
    await office.boost("fake:one", 5, seconds=3 * 3600, who="admin")
    said = (await door.say("/quota"))["text"]
    assert "3600 of 3600 credits are left today" in said.replace(",", "")
    assert "500 credits more are a bonus" in said
    assert "For another 3 hours your share of the work is 5 times the usual." in said
    said = (await DirectDoor(house, "ru").say("/quota"))["text"]
    assert "Ещё 500 кредитов — бонус" in said
    assert "На ночь можно бесплатно отложить ещё 20 заданий" in said
    assert "Ещё 3 часа ваша доля работы в 5 раз больше обычной." in said


async def test_paused_effect(house: House) -> None:
    """An effect that is paused says so before it asks for anything."""
    rules = await house.queue.office.rules()
    paused = rules.model_copy(update={"paused_effects": ("blend",)})
    await house.queue.office.set_rules(paused, who="admin")
    refused = await DirectDoor(house, "en").say("/blend")
    assert ("effect_paused", True) == (refused["error"], "“Blend” is paused" in refused["text"])


async def test_banned(house: House) -> None:
    """Who is banned hears why, and may still look."""
    await house.queue.office.ban("fake:one", "spam", who="admin")
    door = DirectDoor(house, "en")
    refused = await door.say("/swirl", [PHOTO])
    assert ("banned", True) == (refused["error"], "spam" in refused["text"])
    assert not (await door.say("/quota"))["error"]
