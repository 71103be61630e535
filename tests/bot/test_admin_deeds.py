"""What commands of admins do: to users, jobs, workers, and beside other admins."""

from __future__ import annotations

import asyncio
import itertools
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.admin.fields import shown
from bot.core.admin.verbs import VERBS
from tests.bot.conftest import DirectDoor, House, picture
from tests.bot.test_admin import AIDE, ANN, done, refused, say
from worker.jobs.blobs import Blobs
from worker.jobs.model import WorkerInfo
from worker.jobs.redis_queue import RedisQueue

PHOTO = picture()
NUMBERS = itertools.count()


@pytest.fixture
def house(still: House) -> House:
    """A bot whose admin is "boss" and whose moderator is "aide"."""
    return still


async def ask(house: House, text: str = "/swirl", user: str = ANN) -> dict[str, object]:
    """A request of an ordinary person."""
    door = DirectDoor(house, "en", user)
    return await door.say(text, [PHOTO], message=f"n{next(NUMBERS)}")


async def fail(house: House) -> str:
    """Let the next job fail; returns its id."""
    claim = await house.claim()
    await house.queue.fail(claim, "hung", "it stood still", retry=False)
    return claim.job.id


async def test_a_user(house: House) -> None:
    """All that was set is shown, together with jobs and credits."""
    await ask(house)
    await done(house, "tier fake:ann plus")
    await done(house, "quota fake:ann 5,000")
    await done(house, "bonus fake:ann 1000")
    await done(house, "boost fake:ann 3 1h30m")
    await done(house, "ban fake:ann too loud", user=AIDE)
    said = await done(house, "user fake:ann", user=AIDE)
    assert said.startswith("fake:ann — tier plus\n")
    assert re.search(r"Credits: 5,999 of 5,000 left today, 1 held, bonus 1,000; new ones", said)
    assert "Credits a day of its own: 5,000." in said
    assert "Boost × 3 until 2027-01-15 09:30." in said
    assert "Banned: too loud" in said
    assert "Jobs: 1 waiting, 0 running, 0 for the night." in said


async def test_a_stranger(house: House) -> None:
    """Whoever has never asked for anything may be set up, with a warning."""
    assert "Beware" in await done(house, "tier fake:anne pro")
    await ask(house)
    assert "Beware" not in await done(house, "tier fake:ann pro")


async def test_a_linked_account(house: House) -> None:
    """The role goes by the identity that speaks; whoever is linked to an admin can't be banned."""
    code = await house.queue.link_code("fake:boss")
    await house.queue.link(code, user="fake:ann")
    assert "unknown_effect" == (await say(house, "queue", user=ANN))["error"]
    assert "Linked: fake:ann." in await done(house, "user fake:ann", user=AIDE)
    assert "fake:boss is an admin" in await refused(house, "ban fake:ann no", user=AIDE)
    await done(house, "tier fake:ann pro")
    assert "fake:boss — tier pro" in await done(house, "user fake:boss")


async def test_taken_back(house: House) -> None:
    """Quota, boost and ban end as they were; what is not there can't be taken back."""
    for undo in ("quota fake:ann default", "boost fake:ann off", "unban fake:ann"):
        await refused(house, undo)
    await done(house, "quota fake:ann 7")
    await done(house, "boost fake:ann 2 1d")
    await done(house, "ban fake:ann no")
    for undo in ("quota fake:ann default", "boost fake:ann off", "unban fake:ann"):
        await done(house, undo)
    person = await house.queue.office.person("fake:ann")
    assert (None, None, None) == (person.daily, person.boost, person.banned)
    lines = (await done(house, "audit")).splitlines()[1:]
    assert 6 == len(lines)
    assert all("fake:boss" in line for line in lines)


async def test_banned_and_back(house: House) -> None:
    """Who is banned is refused with the reason and is not served; afterwards all goes on."""
    await ask(house)
    await done(house, "ban fake:ann too loud", user=AIDE)
    reply = await ask(house)
    assert "banned" == reply["error"]
    assert "too loud" in str(reply["text"])
    assert [] == await house.queue.claim("hand", ["swirl"], lease=60)
    await done(house, "unban fake:ann", user=AIDE)
    assert "fake:ann" == (await house.claim()).job.user


async def test_paused_effect(house: House) -> None:
    """It takes nothing new and begins nothing; what waited goes on at its place."""
    await ask(house)
    assert "is paused" in await done(house, "pause effect swirl", user=AIDE)
    assert "paused already" in await done(house, "pause effect swirl")
    assert "effect_paused" == (await ask(house, user="bob"))["error"]
    assert [] == await house.queue.claim("hand", ["swirl"], lease=60)
    assert "Paused effects: swirl." in await done(house, "queue")
    assert "Paused effects: swirl." in await done(house, "rules")
    await done(house, "resume effect swirl", user=AIDE)
    assert "not paused" in await done(house, "resume effect swirl")
    assert "fake:ann" == (await house.claim()).job.user
    audit = await done(house, "audit")
    assert "rules: paused_effects none → swirl" in audit


async def test_paused_pool(house: House) -> None:
    """Its workers begin nothing; those of others do."""
    await ask(house)
    await done(house, "pause pool cuda")
    assert [] == await house.queue.claim("gpu", ["swirl"], lease=60, pool="cuda")
    assert [] != await house.queue.claim("hand", ["swirl"], lease=60, pool="cpu")
    assert "Paused pools: cuda." in await done(house, "queue")


async def test_the_queue(house: House) -> None:
    """What waits is counted by tier and effect, the busiest first."""
    await done(house, "tier fake:bob pro")
    for user, times in (("ann", 2), ("bob", 1)):
        for _ in range(times):
            await ask(house, user=user)
    await DirectDoor(house, "en", ANN).say("/blend", [PHOTO, PHOTO], message="two")
    await house.announce("blend", "swirl")
    await house.claim()
    said = await done(house, "queue", user=AIDE)
    assert "Waiting: 3, running: 1, failed: 0, workers: 1." in said
    assert re.search(r"By tier: (free 2, pro 1|free 3)\.", said)
    assert re.search(r"It is (day|night) until 2027-01-15 \d\d:\d\d \(UTC\)\.", said)


async def test_dead_letters(house: House) -> None:
    """They are listed with the reason, sent back or dropped, by a part of the id, or all."""
    assert "There are no failed jobs." == await done(house, "dead", user=AIDE)
    for user in ("ann", "bob", "cid", "dan"):
        await ask(house, user=user)
    ids = [await fail(house) for _ in range(4)]
    said = await done(house, "dead", user=AIDE)
    assert said.startswith("4 failed jobs:\n")
    assert re.search(rf"{ids[0][:8]} swirl, fake:\w+, 2027-01-15 08:00: hung — it stood", said)
    assert "One job waits again." == await done(house, f"retry {ids[0][:8]}", user=AIDE)
    assert ids[0] == (await house.claim()).job.id
    assert "One failed job is forgotten." == await done(house, f"drop {ids[1]}", user=AIDE)
    assert "2 jobs wait again." == await done(house, "retry all", user=AIDE)
    assert {ids[2], ids[3]} == {await fail(house), await fail(house)}
    assert "2 failed jobs are forgotten." == await done(house, "drop all", user=AIDE)
    assert "There are no failed jobs." == await done(house, "drop all", user=AIDE)
    assert "There is no failed job" in await refused(house, f"retry {ids[1]}")


async def test_workers_and_drain(house: House) -> None:
    """They are shown with what they can't do; one that is drained hears it when it announces."""
    info = WorkerInfo(name="gpu-1", device="cuda:0", pool="cuda", effects=("swirl",), down={})
    await house.queue.announce(info, ttl=600)
    await house.announce("swirl", blend="no weights")
    said = await done(house, "workers", user=AIDE)
    assert said.startswith("2 workers:\n• gpu-1 — cuda, cuda:0: swirl\n")
    assert "hand — cpu, cpu: swirl (out of order: blend: no weights)" in said
    assert "gpu-1 begins nothing more" in await done(house, "drain GPU-1")
    assert not await house.queue.announce(info, ttl=600)
    assert "gpu-1 — cuda, cuda:0: swirl (leaving)" in await done(house, "workers")
    assert "leaving already" in await refused(house, "drain gpu-1")


async def test_long_lists_fit(house: House) -> None:
    """However much there is, the reply fits a messenger and says how much it leaves out."""
    for number in range(60):
        await done(house, f"add tier-{number} like free")
        await house.queue.announce(
            WorkerInfo(name=f"w{number}", device="cpu", effects=("swirl",) * 40), ttl=600
        )
        await ask(house, user=f"u{number}")
        await fail(house)
    for command in ("rules", "audit 200", "workers", "dead", "queue", "help"):
        for lang in ("en", "ru"):
            reply = await say(house, command, lang=lang)
            assert len(reply["text"]) < 3500
            cut = re.search(r"… (and|и ещё) \d+", reply["text"])
            assert bool(cut) == (command in ("rules", "audit 200", "workers", "dead"))


_WORD = st.one_of(
    st.sampled_from([*VERBS, "fake:ann", "free", "all", "off", "none", "swirl", "effect", "pool"]),
    st.sampled_from(["tiers.free.day", "zone", "nights", "tiers.free.effects", "2h", "23-7", "="]),
    st.integers().map(str),
    st.text(max_size=12),
)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(words=st.lists(_WORD, max_size=6), lang=st.sampled_from(["en", "ru"]))
async def test_any_words(house: House, words: list[str], lang: str) -> None:
    """Whatever is typed, an answer comes that fits, and never an incident."""
    reply = await say(house, " ".join(words), lang=lang)
    assert reply["text"].strip()
    assert len(reply["text"]) < 3500
    assert "incident" != reply["error"]


async def test_two_admins_at_once(redis_url: str, tmp_path: Path) -> None:
    """Both get their way: who comes second reads the rules again."""
    one, two = (House(RedisQueue(redis_url), Blobs.open(tmp_path / name)) for name in "ab")
    for day in range(2, 12):
        said = await asyncio.gather(
            done(one, f"set tiers.free.day {day}"), done(two, f"set tiers.pro.night {day}")
        )
        assert ["In force", "In force"] == [each[:8] for each in said]
        values = shown(await one.queue.office.rules())
        assert (str(day),) * 2 == (values["tiers.free.day"], values["tiers.pro.night"])
    assert 20 == len((await done(one, "audit 50")).splitlines()[1:])
    for house in (one, two):
        await house.queue.close()


async def test_three_at_once_lose_nothing(redis_url: str, tmp_path: Path) -> None:
    """With many at once some hear to try again; what is said to be in force is."""
    queues = [RedisQueue(redis_url) for _ in range(6)]
    houses = [House(queue, Blobs.open(tmp_path)) for queue in queues]
    fields = [
        f"tiers.{tier}.{name}" for tier in ("free", "plus", "pro") for name in ("day", "night")
    ]
    said = await asyncio.gather(
        *(say(house, f"set {field} 77") for house, field in zip(houses, fields, strict=True))
    )
    assert {"", "rules_changed"} >= {reply["error"] for reply in said}
    values = shown(await queues[0].office.rules())
    assert [not reply["error"] for reply in said] == [values[field] == "77" for field in fields]
    for queue in queues:
        await queue.close()
