"""One conversation: the same table of cases through every front's door."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest

from effects.catalogue import Catalogue
from tests.bot.conftest import BLEND, SWIRL, DirectDoor, House, open_door, picture
from worker.jobs.errors import BlobMissing
from worker.jobs.model import Claim
from worker.jobs.rules import Tier

PHOTO, STYLE = picture("teal"), picture("orange")
FRONTS = ("fake", "web")


@dataclass(frozen=True)
class Say:
    """One message, and what must come back."""

    text: str = ""
    photos: tuple[bytes, ...] = ()
    press: str = ""
    expect: str = ""
    """A pattern that is found in the reply."""
    error: str = ""
    queued: str = ""
    """The effect of the job that must be queued."""


@dataclass(frozen=True)
class Case:
    """A conversation from its beginning."""

    name: str
    says: tuple[Say, ...]
    lang: str = "en"


CASES = [
    Case("help", (Say("/help", expect=r"/blend — Blend: mixes.*\n/swirl — Swirl.*\n/queue"),)),
    Case("start is help", (Say("/start", expect="Send a photo"),)),
    Case("help in Russian", (Say("/помощь", expect="/blend — Смесь: смешивает"),), "ru"),
    Case(
        "help of an effect",
        (Say("/help blend", expect=r"size — Size: from 64 to 1024, usually 512"),),
    ),
    Case("help of an unknown effect", (Say("/help blnd", error="unknown_effect"),)),
    Case("photo and caption", (Say("/swirl", (PHOTO,), queued="swirl", expect="Next in line"),)),
    Case("in Russian", (Say("/закрути", (PHOTO,), queued="swirl", expect="следующий"),), "ru"),
    Case("plain words", (Say("please swirl it!", (PHOTO,), queued="swirl"),)),
    Case("plain Russian words", (Say("Закрути, пожалуйста", (PHOTO,), queued="swirl"),), "ru"),
    Case("with a bot's name", (Say("/swirl@atelier_bot", (PHOTO,), queued="swirl"),)),
    Case("an album", (Say("/blend size=128", (PHOTO, STYLE), queued="blend"),)),
    Case("a word and its value", (Say("/blend size 128", (PHOTO, STYLE), queued="blend"),)),
    Case("a decimal comma", (Say("/смешай strength=0,5", (PHOTO, STYLE), queued="blend"),), "ru"),
    Case("a Russian yes", (Say("/смешай sharp=да", (PHOTO, STYLE), queued="blend"),), "ru"),
    Case(
        "photo, then command",
        (
            Say(photos=(PHOTO,), expect="What shall I make of this picture"),
            Say("/swirl", queued="swirl"),
        ),
    ),
    Case(
        "photo, then a button",
        (
            Say(photos=(PHOTO,), expect="What shall I make"),
            Say(press="effect:swirl", queued="swirl"),
        ),
    ),
    Case(
        "command, then photo",
        (Say("/swirl", expect="Swirl: please send a photo"), Say(photos=(PHOTO,), queued="swirl")),
    ),
    Case(
        "command, then photos one by one",
        (
            Say("/blend size=99", expect="a photo and a picture in the style"),
            Say(photos=(PHOTO,), expect="please send a picture in the style"),
            Say(photos=(STYLE,), queued="blend"),
        ),
    ),
    Case(
        "photo, then style with the command",
        (
            Say(photos=(PHOTO,), expect="What shall I make"),
            Say("/blend", (STYLE,), queued="blend"),
        ),
    ),
    Case(
        "style missing, in Russian",
        (Say("/смешай", (PHOTO,), expect="пришлите, пожалуйста, картинку со стилем"),),
        "ru",
    ),
    Case(
        "a misspelt parameter, then right; the photos are kept",
        (
            Say("/blend siz=128", (PHOTO, STYLE), error="bad_params", expect="did you mean “size”"),
            Say("/blend size=128", queued="blend"),
        ),
    ),
    Case(
        "a misspelt effect, then right; the photo is kept",
        (
            Say("/swrl", (PHOTO,), error="unknown_effect", expect="Did you mean “swirl”"),
            Say("/swirl", queued="swirl"),
        ),
    ),
    Case(
        "out of bounds",
        (Say("/blend size=9999", error="bad_params", expect=r"“9999”: from 64 to 1024"),),
    ),
    Case(
        "out of bounds in Russian",
        (Say("/blend size=9999", error="bad_params", expect="от 64 до 1024"),),
        "ru",
    ),
    Case(
        "not a choice",
        (Say("/blend start=dream", error="bad_params", expect="photo, noise; usually photo"),),
    ),
    Case("a stray word", (Say("/blend nicely", error="no_value", expect="“nicely”.*size=512"),)),
    Case(
        "too many photos",
        (Say("/swirl", (PHOTO, STYLE), error="wrong_photos", expect="takes one picture, not 2"),),
    ),
    Case(
        "too many photos in Russian",
        (
            Say(
                "/swirl",
                (PHOTO, STYLE),
                error="wrong_photos",
                expect="«Вихрь» нужна одна картинка, а не 2",
            ),
        ),
        "ru",
    ),
    Case(
        "not a picture",
        (Say("/swirl", (b"hello",), error="bad_picture", expect="^The file is not a picture"),),
    ),
    Case("an empty file", (Say("/swirl", (b"",), error="bad_picture", expect="is empty"),)),
    Case(
        "a broken second picture",
        (
            Say(
                "/blend",
                (PHOTO, STYLE[:90]),
                error="bad_picture",
                expect="^Picture 2: The picture is damaged",
            ),
        ),
    ),
    Case(
        "a picture that is too small, in Russian",
        (
            Say(
                "/swirl",
                (picture(size=(1, 1)),),
                error="bad_picture",
                expect="1 × 1 пикселей; нужно хотя бы 8",
            ),
        ),
        "ru",
    ),
    Case("nonsense", (Say("hello there", error="not_understood", expect="Send a photo"),)),
    Case("an unknown button", (Say(press="dance", error="unknown_effect"),)),
    Case("queue of nothing", (Say("/queue", expect="None of your jobs"),)),
    Case(
        "queue with a job",
        (
            Say("/swirl", (PHOTO,), queued="swirl"),
            Say("/очередь", expect=r"У вас 1 задание:\nВихрь — Вы следующий"),
        ),
        "ru",
    ),
    Case("nothing to cancel", (Say("/cancel", expect="nothing to cancel"),)),
    Case(
        "cancel ends the unfinished talk",
        (
            Say("/blend", (PHOTO,), expect="please send"),
            Say("/cancel", expect="begin anew"),
            Say(photos=(STYLE,), expect="What shall I make of this picture"),
        ),
    ),
    Case(
        "cancel the only job",
        (
            Say("/swirl", (PHOTO,), queued="swirl"),
            Say("отмена", expect="Отменено"),
        ),
        "ru",
    ),
    Case(
        "cancel with several jobs asks which",
        (
            Say("/swirl", (PHOTO,), queued="swirl"),
            Say("/swirl", (PHOTO,), queued="swirl"),
            Say("/cancel", expect="2 jobs of yours"),
        ),
    ),
    Case("cancel a job that never was", (Say(press="cancel:0123", error="no_such_job"),)),
    Case(
        "a new photo with a command begins anew",
        (
            Say("/blend", (PHOTO,), expect="please send"),
            Say("/swirl", (STYLE,), queued="swirl"),
        ),
    ),
]


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_conversation(case: Case, front: str, house: House) -> None:
    """Each thing that a person can say has its answer, on every front."""
    await house.announce("blend", "swirl")
    queued: list[str] = []
    async with open_door(front, house, case.lang) as door:
        for say in case.says:
            reply = await door.say(say.text, say.photos, press=say.press)
            assert say.error == reply["error"], reply["text"]
            assert re.search(say.expect, reply["text"], re.DOTALL), reply["text"]
            if say.queued:
                assert reply["slot"]
                assert "waiting" == reply["status"]["state"]
                queued.append(say.queued)
    taken: list[Claim] = []
    for _ in queued:
        taken += await house.queue.claim("hand", ["blend", "swirl"], lease=9)
    expected = [] if "cancel the only job" == case.name else queued
    assert expected == [claim.job.effect for claim in taken]
    for claim in taken:
        for name in claim.job.photos:
            assert await house.blobs.get(name) in (PHOTO, STYLE)


async def test_job_is_complete(house: House) -> None:
    """The job carries checked parameters, photos in order, the asker's words and a cost."""
    door = DirectDoor(house, "ru")
    await door.say("/blend size=128 sharp=да", [picture("teal", (1000, 500)), STYLE])
    job = (await house.claim()).job
    assert {
        "size": 128,
        "strength": 1.0,
        "sharp": True,
        "start": "photo",
        "seed": None,
    } == job.params
    assert (10_500_000, "ru", "fake", "one") == (job.cost, job.lang, job.platform, job.chat)
    assert [f"{job.id}/photo-0", f"{job.id}/photo-1"] == list(job.photos)


async def test_jobs_that_can_be_batched(house: House) -> None:
    """Jobs of an effect that takes several at once are of one kind; others of none."""
    many = replace(SWIRL, name="many", aliases=(), max_batch=4)
    house = House(house.queue, house.blobs, Catalogue([("tests", SWIRL), ("tests", many)]))
    door = DirectDoor(house, "en")
    for effect in ("many", "swirl"):
        await door.say(f"/{effect}", [PHOTO])
    assert ["", "many"] == [view.job.kind for view in await house.queue.jobs_of("fake:one")]


async def test_same_message_twice(house: House) -> None:
    """A message that a platform delivers twice is one job, and leaves no pictures behind."""
    door = DirectDoor(house, "en")
    first = await door.say("/swirl", [PHOTO], message="same")
    second = await door.say("/swirl", [PHOTO], message="same")
    assert first["slot"] == second["slot"]
    job = (await house.claim()).job
    assert PHOTO == await house.blobs.get(job.photos[0])
    assert [] == await house.queue.claim("hand", ["swirl"], lease=9)


async def test_only_effects_that_run_are_offered(house: House) -> None:
    """Buttons are effects that a live worker can run; one that is down says why, and the photos
    stay."""
    await house.announce("swirl", blend="its weights are missing")
    door = DirectDoor(house, "en")
    offer = await door.say("", [PHOTO])
    assert ["effect:swirl"] == [button["data"] for row in offer["buttons"] for button in row]
    refused = await door.say("/blend", [PHOTO, STYLE])
    assert "effect_down" == refused["error"]
    assert "its weights are missing" in refused["text"]
    await house.announce("swirl", "blend")
    assert (await door.say("/blend"))["slot"]


async def test_no_worker(house: House) -> None:
    """Without a worker everything is offered and queued, and the person is told that it waits."""
    door = DirectDoor(house, "en")
    offer = await door.say("", [PHOTO])
    assert 2 == len(offer["buttons"])
    reply = await door.say("/swirl")
    assert reply["slot"]
    assert "No worker is running" in reply["text"]


async def test_users_are_apart(house: House) -> None:
    """Nobody can cancel another's job, nor learn that it exists."""
    reply = await DirectDoor(house, "en", "one").say("/swirl", [PHOTO])
    other = DirectDoor(house, "en", "two")
    refused = await other.say(press=f"cancel:{reply['slot']}")
    assert "no_such_job" == refused["error"]
    assert (await other.say(press="cancel:feed"))["text"] == refused["text"]


async def test_incident(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody foresaw is a number for the person and a traceback for the log."""
    faulty = replace(
        SWIRL, name="faulty", aliases=(), cost=lambda params, pixels: 1 / abs(pixels - 64 * 48)
    )
    house = House(house.queue, house.blobs, Catalogue([("tests", faulty)]))
    reply = await DirectDoor(house, "ru").say("/faulty", [PHOTO])
    assert "incident" == reply["error"]
    number = re.search("случай ([0-9a-f]+)", reply["text"])
    assert number is not None
    assert number[1] in caplog.text
    assert "Traceback" in caplog.text


async def test_photos_that_parameters_decide(house: House) -> None:
    """A photo is asked for only where it matters; what came without one is made again without."""
    looks = replace(
        BLEND,
        roles=("photo",),
        photos=(0, 1),
        least=lambda params: 0 if params.start == "noise" else 1,
    )
    house = House(house.queue, house.blobs, Catalogue([("tests", looks)]))
    door = DirectDoor(house, "en")
    assert "Blend: please send a photo" in (await door.say("/blend"))["text"]
    assert (await door.say("", [PHOTO]))["slot"]
    assert (await house.claim()).job.photos
    assert (await door.say("/blend noise"))["slot"]
    claim = await house.claim()
    assert () == claim.job.photos
    await house.finish(claim)
    assert (await door.say(press=f"again:{claim.job.id}"))["slot"]
    assert () == (await house.claim()).job.photos


async def test_expired_talk_is_tidied(house: House) -> None:
    """Photos of a request that was never finished don't stay for ever."""
    await DirectDoor(house, "en").say("/blend", [PHOTO])
    talk = await house.sessions.get("fake:one")
    assert talk is not None
    assert PHOTO == await house.blobs.get(talk.photos[0])
    await house.requests.tidy()
    assert PHOTO == await house.blobs.get(talk.photos[0])
    house.clock.advance(3601)
    await house.requests.tidy()
    with pytest.raises(BlobMissing):
        await house.blobs.get(talk.photos[0])


@pytest.mark.parametrize(("lang", "expected"), [("ru-RU", "Пришлите"), ("de", "Send a photo")])
async def test_any_language_code(house: House, lang: str, expected: str) -> None:
    """A platform's own code of a language will do; one that we don't speak is English."""
    assert expected in (await DirectDoor(house, lang).say("/help"))["text"]


@pytest.mark.parametrize(
    ("lang", "waiting", "effect"),
    [("en", "You have 1 job waiting", "“Swirl” is not part"), ("ru", "уже ждёт 1 задание", "free")],
)
async def test_what_a_tier_forbids(house: House, lang: str, waiting: str, effect: str) -> None:
    """Who has as many jobs waiting as may be hears how many; so does who asks for more effects."""
    rules = await house.queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(waiting=1, effects=("swirl",))}
    rules = await house.queue.office.set_rules(
        rules.model_copy(update={"tiers": tiers}), who="admin"
    )
    door = DirectDoor(house, lang)
    await door.say("/swirl", [PHOTO])
    reply = await door.say("/swirl", [PHOTO])
    assert "too_many_waiting" == reply["error"]
    assert waiting in reply["text"]
    tiers["free"] = Tier(effects=())
    await house.queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")
    reply = await door.say("/swirl", [PHOTO])
    assert "effect_not_allowed" == reply["error"]
    assert effect in reply["text"]


async def test_quota(house: House) -> None:
    """The account says what is left, what jobs hold, and when there is more."""
    rules = await house.queue.office.rules()
    tiers = {**rules.tiers, "free": Tier(daily=90)}
    await house.queue.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")
    door = DirectDoor(house, "en")
    assert re.search(
        r"^Tier “free”: 90 of 90 credits are left today, new ones come in \d+ \w+\.\n",
        (await door.say("/quota"))["text"],
    )
    await door.say("/swirl", [PHOTO])
    said = (await door.say("/me"))["text"]
    found = re.search(r" (\d+) of 90 credits .* Your jobs hold (\d+)\.\n", said)
    assert found is not None
    assert 89 <= int(found[1]) + int(found[2]) <= 91
    assert int(found[2]) > 0
    assert said.endswith("Your account: fake:one")
    assert "Тариф «free»" in (await DirectDoor(house, "ru").say("квота"))["text"]
