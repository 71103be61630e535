"""VK's front against the test server: what comes in, how replies are shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.core.messages import Button, Incoming, Reply, Status
from bot.fronts.vk import incoming as incoming_of_vk
from bot.fronts.vk.front import VkFront
from bot.fronts.vk.keyboards import keyboard
from bot.fronts.vk.settings import VkSettings
from tests.bot.conftest import picture, running
from tests.bot.desk import Desk, done, file, waiting
from tests.conftest import WAIT, RedisServer
from tests.messengers.faults import Fault
from tests.messengers.rates import quick
from tests.messengers.vk import GROUPS, VkServer
from tests.messengers.vk.limits import check_keyboard
from tests.worker.runtime_kit import until
from worker.jobs.errors import BadSettings

SPEED = 10.0


class VkDesk(Desk):
    """A desk with its server."""

    def __init__(self, server: VkServer, front: VkFront) -> None:
        super().__init__(front)
        self.server = server


def a_front(server: VkServer, redis: Redis) -> VkFront:
    """A front that listens by long polling."""
    settings = VkSettings(group_id=server.group, api_base=server.base)
    return VkFront(SecretStr(server.token), settings, redis, speed=SPEED)


@pytest.fixture
async def desk(redis_client: Redis) -> AsyncIterator[VkDesk]:
    """A front at work, and a person who has written before."""
    async with VkServer(clock=quick(SPEED)) as server:
        front = a_front(server, redis_client)
        desk = VkDesk(server, front)
        running = asyncio.create_task(front.run(desk.handle))
        await server.world.until(lambda: server.calls["poll"])
        server.world.post(7, 7, text="from before")
        yield desk
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_clock_that_goes_back(desk: VkDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By an hour: nobody waits for that hour."""
    await desk.front.send("7", Reply("before", once="1"))
    now, sleep = time.time, time.sleep

    def short_sleep(seconds: float) -> None:
        assert seconds < 1
        sleep(seconds)

    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    monkeypatch.setattr(time, "sleep", short_sleep)
    await desk.front.send("7", Reply("after", once="2"))
    await desk.server.person(7).hears("after")


async def test_a_photo_with_words(desk: VkDesk) -> None:
    """Who, where, in which language, and the picture."""
    photo = picture(type="JPEG")
    sent = await desk.server.person(7, lang="ru").photo(photo, "раскрась")
    incoming = await desk.next()
    assert ("vk:7", "7", str(sent.cmid)) == (incoming.user, incoming.chat, incoming.message)
    assert ("раскрась", "ru", False) == (incoming.text, incoming.lang, incoming.group)
    assert (photo,) == incoming.photos


async def test_albums_documents_forwards_and_quotes(desk: VkDesk) -> None:
    """Each brings its pictures."""
    person = desk.server.person(7)
    photos = [picture("red", type="JPEG"), picture("blue", type="JPEG")]
    album = await person.album(photos, "/blend")
    assert tuple(photos) == (await desk.next()).photos
    large = picture(size=(1500, 20))
    await person.document(large, "large.png")
    assert (large,) == (await desk.next()).photos
    await person.forward(album, "/blend")
    assert tuple(photos) == (await desk.next()).photos
    await person.say("/swirl", reply_to=album)
    incoming = await desk.next()
    assert ((), tuple(photos)) == (incoming.photos, incoming.quoted)


async def test_a_picture_that_cannot_be_had(desk: VkDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sender hears of it, and the others that came with it are there."""
    monkeypatch.setattr(incoming_of_vk, "PATIENT", (0.01,))
    person, world = desk.server.person(7), desk.server.world
    photo = picture(type="JPEG")
    gone, kept = world.keep("photo", 7, photo), world.keep("photo", 7, photo)
    del world.files[gone.token]
    await person._post(attachments=[gone])
    incoming = await desk.next()
    assert ((), "lost") == (incoming.photos, incoming.odd)
    await person._post(attachments=[gone, kept])
    assert (photo,) == (await desk.next()).photos


@pytest.mark.parametrize(
    ("kind", "odd"), [("sticker", "sticker"), ("audio_message", "voice"), ("video", "video")]
)
async def test_what_is_no_picture(desk: VkDesk, kind: str, odd: str) -> None:
    """Its kind is passed on."""
    await desk.server.person(7).odd(kind)
    assert odd == (await desk.next()).odd


async def test_a_group_chat_is_heard_only_when_the_bot_is_meant(desk: VkDesk) -> None:
    """Commands, mentions and replies to the community; nothing else."""
    person = desk.server.person(7, peer=GROUPS + 1)
    desk.answer = lambda incoming: [Reply("here")]
    await person.photo(picture())
    await person.say("just talking")
    await person.say("/swirl strength=1")
    assert "/swirl strength=1" == (await desk.next()).text
    await person.photo(picture(), "[club77|Atelier], swirl")
    assert "swirl" == (await desk.next()).text
    await person.say("and now?", reply_to=await person.hears("here"))
    incoming = await desk.next()
    assert ("and now?", True) == (incoming.text, incoming.group)


async def test_a_status_is_one_message_until_the_result(desk: VkDesk) -> None:
    """Edited while it changes, gone when the result comes; the result answers the request."""
    person = desk.server.person(7)
    desk.answer = lambda incoming: [waiting(3)]
    asked = await person.photo(picture())
    status = await person.hears("place 3")
    preview = (file(picture("red"), "preview.jpg", "image/jpeg"),)
    await desk.front.send("7", Reply("40 %", preview, slot="j", status=Status("j", "running")))
    assert status.cmid == (await person.hears("40 %", kind="photo")).cmid
    await desk.front.send("7", Reply("50 %", slot="j", status=Status("j", "running")))
    assert "photo" == (await person.hears("50 %")).kind
    await desk.front.send("7", done(file(picture("blue")), answers=str(asked.cmid)))
    result = await person.hears("done", kind="photo")
    assert asked.cmid == result.reply_to
    assert [result] == person.heard()


async def test_a_large_result_comes_as_a_file_too(desk: VkDesk) -> None:
    """What VK would squeeze; or the file alone, when asked for."""
    person = desk.server.person(7)
    large = picture(size=(2600, 100))
    await desk.front.send("7", done(file(large)))
    await desk.front.send("7", done(file(picture()), job="k", as_files=True))
    await desk.front.send("7", done(file(b"GIF89a", "a.gif", "image/gif"), job="l"))
    kinds = [[each.kind for each in one.attachments] for one in person.heard()]
    assert [["photo", "doc"], ["doc"], ["doc"]] == kinds
    assert large == person.heard()[0].attachments[1].content


async def test_a_press_is_answered(desk: VkDesk) -> None:
    """With a toast, or by taking the message away."""
    person, world = desk.server.person(7), desk.server.world
    await desk.front.send("7", Reply("choose", buttons=((Button("Go", "effect:swirl"),),)))
    desk.answer = lambda incoming: [Reply("not yours", toast=True)]
    await person.press(await person.hears("choose"), "go")
    assert "effect:swirl" == (await desk.next()).press
    await world.until(lambda: world.answers)
    assert "not yours" == world.answers[0]["text"]
    desk.answer = lambda incoming: [Reply(removes=True, toast=True)]
    await person.press(person.heard()[0], "go")
    await world.until(lambda: not person.heard())


@pytest.mark.parametrize("fault", list(Fault)[:4])
async def test_an_answer_survives_a_fault(desk: VkDesk, fault: Fault) -> None:
    """It is tried again, and stands there once, also when it had got through."""
    person = desk.server.person(7)
    desk.answer = lambda incoming: [Reply("here")]
    desk.server.faults.order("messages.send", fault)
    await person.say("hello")
    await person.hears("here")
    await desk.server.world.until(lambda: desk.server.calls["messages.send"] == 2)
    assert 1 == len(person.heard())


async def test_an_ending_sent_twice_is_shown_once(desk: VkDesk, redis_client: Redis) -> None:
    """A bot that died between sending and remembering that sends it again."""
    person = desk.server.person(7)
    for _ in range(2):
        await desk.front.send("7", done(file(picture()), once="receipt-1"))
        await redis_client.flushall()
    assert (1, 1) == (len(person.heard()), desk.server.world.repeated)


async def test_an_ending_that_is_not_sent_raises(desk: VkDesk) -> None:
    """So that it stays in the outbox; for who denies messages it is dropped."""
    desk.server.faults.order("upload", *[Fault.BROKEN] * 5)
    with pytest.raises(ValueError, match="Expecting value"):
        await desk.front.send("7", done(file(picture())))
    desk.server.world.denied.add(7)
    await desk.front.send("7", done(file(picture())))
    assert [] == desk.server.person(7).heard()


async def test_the_long_poll_recovers(desk: VkDesk) -> None:
    """From a key that expired and from lost history."""
    person, server = desk.server.person(7), desk.server
    for text in ("one", "two"):
        key = server.expire_key()
        await person.say(text)
        assert text == (await desk.next()).text
        await server.world.until(lambda key=key: server.polling == key)
    server.lost = True
    await person.say("three")
    assert "three" == (await desk.next()).text
    await server.world.until(lambda: not server.lost and server.polling)
    await person.say("four")
    assert "four" == (await desk.next()).text


async def test_events_not_dealt_with_come_again(redis_client: Redis) -> None:
    """A bot that dies over a message finds it at its next start."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def live(incoming: Incoming) -> list[Reply]:
        heard.put_nowait(incoming.text)
        return []

    async def die(incoming: Incoming) -> list[Reply]:
        heard.put_nowait(incoming.text)
        return await asyncio.Event().wait() or []

    async def dealt_with() -> bool:
        [key] = await redis_client.keys("*vk:since*")
        return await redis_client.get(key) == str(len(server.world.events))

    async with VkServer() as server:
        person = server.person(7)
        for handle, said, words in ((live, "one", "one"), (die, "two", "two"), (live, "", "two")):
            front = a_front(server, redis_client)
            running = asyncio.create_task(front.run(handle))
            if said == "one":
                await server.world.until(lambda: server.calls["poll"])
            if said:
                await person.say(said)
            assert words == await asyncio.wait_for(heard.get(), WAIT)
            if said == "one":
                await until(dealt_with)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


KEYBOARDS = {
    "as it is": ([1, 2, 3], True, [1, 2, 3]),
    "too many rows": ([1] * 8, True, [2, 2, 2, 2]),
    "too wide": ([7], True, [2, 2, 2, 1]),
    "too many keys": ([1] * 12, False, [2, 2, 2, 2, 2, 2]),
    "far too many": ([5] * 10, False, [4] * 10),
}


@pytest.mark.parametrize("case", KEYBOARDS)
def test_keyboards_fit(case: str) -> None:
    """Within VK's caps, and nothing lost that has room."""
    rows, inline, shown = KEYBOARDS[case]
    made = check_keyboard(keyboard([[Button("ы" * 60, "x")] * count for count in rows]))
    assert made is not None
    assert (inline, shown) == (made["inline"], [len(row) for row in made["buttons"]])


async def test_people_are_told_while_redis_is_away(own_redis: RedisServer) -> None:
    """What the front remembers there is no condition for an answer, nor for listening."""

    async def answer(incoming: Incoming) -> list[Reply]:
        return [Reply("no queue just now", slot="j", status=Status("j", "waiting"))]

    redis = Redis.from_url(own_redis.url, decode_responses=True)
    async with VkServer() as server, running(a_front(server, redis).run(answer)):
        await server.world.until(lambda: server.calls["poll"])
        own_redis.kill()
        person = server.person(7)
        for number in range(2):
            await person.say(f"hello {number}")
            said = await server.world.until(lambda: server.world.log[number:])  # noqa: B023
            assert "no queue just now" == said[0].text
    await redis.aclose()


async def test_a_press_is_answered_in_the_language_of_the_last_message(desk: VkDesk) -> None:
    """VK does not tell it; who never spoke is taken for Russian."""
    desk.answer = lambda incoming: [Reply("choose", buttons=((Button("Go", "go"),),))]
    for lang, number in (("en", 7), ("ru", 8)):
        person = desk.server.person(number, lang=lang)
        await person.say("hello")
        assert lang == (await desk.next()).lang
        await person.press(await person.hears("choose"), "go")
        assert lang == (await desk.next()).lang


@pytest.mark.parametrize(
    ("change", "variable"),
    [({"token": "vk1.wrong"}, "ATELIER_VK__TOKEN"), ({"group_id": 5}, "ATELIER_VK__GROUP_ID")],
)
@pytest.mark.parametrize("secret", ["", "hush"], ids=["poll", "callback"])
async def test_wrong_settings_are_told_at_once(
    redis_client: Redis, secret: str, change: dict[str, Any], variable: str
) -> None:
    """By polls and by callbacks alike."""
    async with VkServer() as server:
        given = {"token": server.token, "group_id": server.group} | change
        settings = VkSettings(
            group_id=given["group_id"], api_base=server.base, callback_secret=SecretStr(secret),
            callback_port=0,
        )  # fmt: skip
        front = VkFront(SecretStr(given["token"]), settings, redis_client)
        async with asyncio.timeout(WAIT):
            with pytest.raises(BadSettings, match=variable):
                await front.run(Desk(front).handle)
