"""What admins type in a chat: who may, what is said, what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.core.admin import Role
from bot.core.admin.verbs import VERBS
from tests.bot.conftest import DirectDoor, House, browser, picture

BOSS, AIDE, ANN = "boss", "aide", "ann"
PHOTO = picture()


@pytest.fixture
def house(still: House) -> House:
    """A bot whose admin is "boss" and whose moderator is "aide"."""
    return still


async def say(house: House, text: str, *, user: str = BOSS, lang: str = "en") -> dict[str, Any]:
    """One message of an admin."""
    return await DirectDoor(house, lang, user).say(f"/admin {text}")


async def done(house: House, text: str, *, user: str = BOSS) -> str:
    """What is answered to a command that is not refused."""
    reply = await say(house, text, user=user)
    assert "" == reply["error"], reply["text"]
    return str(reply["text"])


async def refused(house: House, text: str, *, user: str = BOSS, lang: str = "en") -> str:
    """The reason; nothing may have changed."""
    before = await house.queue.office.changes()
    reply = await say(house, text, user=user, lang=lang)
    assert reply["error"], reply["text"]
    assert "incident" != reply["error"]
    assert before == await house.queue.office.changes()
    return str(reply["text"])


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("words", ["", "queue", "ban fake:boss x", "set tiers.free.day 2", "help"])
async def test_nobody_else_hears_of_it(house: House, lang: str, words: str) -> None:
    """To all but admins the command does not exist: the reply is that of any unknown one."""
    ann = DirectDoor(house, lang, ANN)
    for command in ("admin", "ADMIN", "админ", "admin@atelier_bot"):
        expected = await ann.say(f"/qqqqq {words}")
        word = command.partition("@")[0].lower()
        expected["text"] = expected["text"].replace("qqqqq", word)
        assert expected == await ann.say(f"/{command} {words}")
        assert expected == await ann.say(press=f"x:{command} {words}")
    assert "unknown_effect" == expected["error"]


async def test_nobody_else_on_the_page(house: House) -> None:
    """On the page neither."""
    async with house.web() as address, browser(address) as door:
        expected = await door.say("/qqqqq queue")
        expected["text"] = expected["text"].replace("qqqqq", "admin")
        assert expected == await door.say("/admin queue")


async def test_help_lists_nothing_of_it(house: House) -> None:
    """Not even to an admin."""
    for user in (ANN, AIDE, BOSS):
        assert "admin" not in (await DirectDoor(house, "en", user).say("/help"))["text"]


async def test_help_of_admins(house: House) -> None:
    """Everybody sees the commands of their own role, in a message that any messenger takes."""
    for user, role in ((BOSS, Role.ADMIN), (AIDE, Role.MODERATOR)):
        _, *lines = (await done(house, "", user=user)).splitlines()
        own = {name for name, verb in VERBS.items() if verb.role <= role}
        assert own == {line.split()[1] for line in lines}
    assert len(await done(house, "help")) < 3500


@pytest.mark.parametrize(
    "text",
    [
        *("set zone UTC", "add gold", "remove plus", "drain hand", "tier fake:ann pro"),
        *("quota fake:ann 5", "bonus fake:ann 5", "boost fake:ann 3 2h"),
    ],
)
async def test_what_moderators_may_not(house: House, text: str) -> None:
    """They hear who may."""
    assert "Only an admin may use" in await refused(house, text, user=AIDE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quue", "There is no command “quue”; did you mean “queue”?"),
        ("xyzzy", "There is no command “xyzzy”; there are: add, audit, ban, "),
        ("user", "Write it like this: user WHO"),
        ("user ann", "“ann” is no account; write platform:name"),
        ("tier fake:ann prro", "There is no tier “prro”; did you mean “pro”?"),
        ("tier fake:ann", "Write it like this: tier WHO TIER"),
        ("quota fake:ann -5", "quota must be a whole number from 0 to 1,000,000, not “-5”"),
        ("quota fake:ann lots", "from 0 to 1,000,000, not “lots”"),
        ("quota fake:ann 1e9", "from 0 to 1,000,000, not “1e9”"),
        ("quota fake:ann 99999999999999999999999", "from 0 to 1,000,000"),
        ("bonus fake:ann 0", "bonus must be a whole number from 1 to 1,000,000, not “0”"),
        ("boost fake:ann 500 2h", "boost must be a whole number from 2 to 100, not “500”"),
        ("boost fake:ann 3", "A boost needs an end"),
        ("boost fake:ann 3 soon", "“soon” is no length of time from"),
        ("boost fake:ann 3 900d", "“900d” is no length of time from"),
        ("boost fake:ann 3 -2h", "“-2h” is no length of time from"),
        ("ban fake:ann", "Write it like this: ban WHO REASON"),
        ("ban fake:ann " + "x" * 201, "at most 200 letters, not 201"),
        ("ban fake:boss go", "fake:boss is an admin or a moderator and can’t be banned"),
        ("set", "Write it like this: set FIELD VALUE"),
        ("set tiers.free.day", "tiers.free.day needs a value"),
        ("set tiers.free.day 0", "tiers.free.day must be a whole number from 1 to 1,000, not “0”"),
        ("set tiers.free.day=-1", "tiers.free.day must be a whole number from 1 to 1,000"),
        ("set tiers.free.day 1001", "from 1 to 1,000, not “1001”"),
        ("set tiers.free.day 1.5", "from 1 to 1,000, not “1.5”"),
        ("set tiers.free.day 1 2", "tiers.free.day takes one value, not “1 2”"),
        ("set tiers.free.dya 2", "no field “tiers.free.dya”; did you mean “tiers.free.day”?"),
        ("set tiers.fre.day 2", "did you mean “tiers.free.day”?"),
        ("set version 7", "There is no field “version”"),
        ("set tiers.free.side 12", "tiers.free.side must be a whole number from 64 to 16,384"),
        ("set tiers.free.side 2000", "can’t be 2000 while tiers.free.night_side is 1024"),
        ("set tiers.free.night_side 65", "can’t be 65 while tiers.free.side is 768"),
        ("set tiers.free.effects blnd", "There is no effect “blnd”; did you mean “blend”?"),
        ("set zone Europe/Moscou", "no time zone “Europe/Moscou”; did you mean “Europe/Moscow”?"),
        ("set nights 23:00-07:00 06:00-08:00", "23:00-07:00 and 06:00-08:00 overlap"),
        ("set nights 23:00-23:00", "The window 23:00-23:00 is empty"),
        ("set nights 25:00-07:00", "“25:00-07:00” is no window of time"),
        ("set nights 23:00", "“23:00” is no window of time"),
        ("set reference cdua", "There is no pool “cdua”; did you mean “cuda”?"),
        ("add Gold", "“Gold” can’t be a tier’s name"),
        ("add later", "“later” is the name of the work for the night"),
        ("add pro", "There is a tier “pro” already"),
        ("add gold like fee", "There is no tier “fee”; did you mean “free”?"),
        ("add gold pro", "write: add gold like pro"),
        ("remove free", "The tier “free” can’t be removed"),
        ("remove gold", "There is no tier “gold”; there are: free, plus, pro, staff."),
        ("set paused_effects swirl", "There is no field “paused_effects”"),
        ("pause swirl", "Write it like this: pause effect|pool NAME"),
        ("pause efect swirl", "neither an effect nor a pool; did you mean “effect”?"),
        ("pause effect swril", "There is no effect “swril”; did you mean “swirl”?"),
        ("pause pool cdua", "There is no pool “cdua”; did you mean “cuda”?"),
        ("pause pool x", "There is no pool “x”; there are: cpu, cuda."),
        ("retry 1234", "There is no failed job “1234”."),
        ("drain hnad", "No worker “hnad” is there; did you mean “hand”?"),
        ("audit 0", "audit must be a whole number from 1 to 200, not “0”"),
    ],
)
async def test_refusals(house: House, text: str, expected: str) -> None:
    """What can't be is refused in a sentence with what can; nothing changes, in any language."""
    await house.announce("blend", "swirl")
    assert expected in await refused(house, text)
    assert re.search("[а-я]", await refused(house, text, lang="ru"))


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("set tiers.free.day 2", "tiers.free.day", "2"),
        ("set tiers.free.day=2", "tiers.free.day", "2"),
        ("SET Tiers.Free.Day 2", "tiers.free.day", "2"),
        ("set tiers.pro.daily 50,000", "tiers.pro.daily", "50000"),
        ("set tiers.pro.effects blend, swirl", "tiers.pro.effects", "blend swirl"),
        ("set tiers.pro.effects none", "tiers.pro.effects", "none"),
        ("set tiers.pro.side 4096", "tiers.pro.side", "4096"),
        ("set tiers.free.offer_after none", "tiers.free.offer_after", "none"),
        ("set tiers.free.filters 7", "tiers.free.filters", "7"),
        ("set zone europe/moscow", "zone", "Europe/Moscow"),
        ("set nights 23:00-07:00 13:00-14:00", "nights", "23:00-07:00 13:00-14:00"),
        ("set nights 22-6:30", "nights", "22:00-06:30"),
        ("set nights none", "nights", "none"),
        ("set heavy 120", "heavy", "120"),
        ("set reference cuda", "reference", "cuda"),
    ],
)
async def test_set(house: House, text: str, path: str, expected: str) -> None:
    """A value is shown before and after, is in the rules, and is not set twice."""
    said = await done(house, text)
    assert re.search(rf"\(version \d+\):\n• {path}: \S.* → {expected}$", said)
    shown = await done(house, "rules")
    short = path.rpartition(".")[2]
    assert re.search(rf"(^• |: |, ){short} {expected}(,|$)", shown, re.MULTILINE)
    assert "nothing was changed" in await done(house, text)
    (change,) = (await done(house, "audit")).splitlines()[1:]
    assert re.search(
        rf"^• 2027-01-15 \d\d:\d\d fake:boss: rules: {path} \S.* → {expected}$", change
    )


async def test_tiers_come_and_go(house: House) -> None:
    """A new tier may be like another; one that people may be in stays."""
    assert "tiers.gold: — → day 6, night 32, " in await done(house, "add gold like pro")
    tiers = (await house.queue.office.rules()).tiers
    assert tiers["pro"] == tiers["gold"]
    await done(house, "tier fake:ann gold")
    assert "can’t be removed: one user is in it" in await refused(house, "remove gold")
    await done(house, "tier fake:ann plus")
    assert "— →" not in await done(house, "remove gold")
    assert "gold" not in (await house.queue.office.rules()).tiers
