"""What `/quota` says of an account, and what admins may do to it."""

from __future__ import annotations

from tests.bot.conftest import DirectDoor, House, picture

PHOTO = picture()


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
