"""Telegram's front against the test server: what comes in, how replies are shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.core.messages import Button, Incoming, Reply, Status
from bot.fronts.telegram.front import TelegramFront
from bot.fronts.telegram.settings import TelegramSettings
from tests.bot.conftest import picture, running
from tests.bot.desk import Desk, done, file, waiting
from tests.conftest import WAIT, RedisServer
from tests.messengers.faults import Fault
from tests.messengers.rates import quick
from tests.messengers.telegram import Person, TelegramServer
from tests.worker.runtime_kit import until

SPEED = 10.0


class TelegramDesk(Desk):
    """A desk with its server."""

    def __init__(self, server: TelegramServer, front: TelegramFront) -> None:
        super().__init__(front)
        self.server = server


def a_front(server: TelegramServer, redis: Redis) -> TelegramFront:
    """A front that listens by long polling."""
    settings = TelegramSettings(api_base=server.base)
    menu = {"en": [("swirl", "Swirl")]}
    return TelegramFront(SecretStr(server.token), settings, redis, menu, speed=SPEED)


@pytest.fixture
async def desk(redis_client: Redis) -> AsyncIterator[TelegramDesk]:
    """A front at work."""
    async with TelegramServer(clock=quick(SPEED)) as server:
        front = a_front(server, redis_client)
        desk = TelegramDesk(server, front)
        running = asyncio.create_task(front.run(desk.handle))
        yield desk
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def kinds(person: Person) -> list[str]:
    """What stands in the chat of the bot's."""
    return [one.kind for one in person.heard()]


async def test_a_photo_with_words(desk: TelegramDesk) -> None:
    """Who, where, in which language, and the picture."""
    person = desk.server.person(7, lang="ru")
    sent = await person.photo(picture(type="JPEG"), "раскрась")
    incoming = await desk.next()
    assert ("telegram:7", "7", str(sent.id)) == (incoming.user, incoming.chat, incoming.message)
    assert ("раскрась", "ru", False) == (incoming.text, incoming.lang, incoming.group)
    assert (picture(type="JPEG"),) == incoming.photos


async def test_an_album_is_one_message(desk: TelegramDesk) -> None:
    """Its pictures in order, its caption once."""
    photos = [picture("red", type="JPEG"), picture("blue", type="JPEG")]
    await desk.server.person(7).album(photos, "/blend")
    incoming = await desk.next()
    assert (tuple(photos), "/blend") == (incoming.photos, incoming.text)
    assert desk.heard.empty()


async def test_a_document_and_a_quoted_photo(desk: TelegramDesk) -> None:
    """A picture sent as a file is not squeezed; a command may answer a photo."""
    person = desk.server.person(7)
    large = picture(size=(1500, 20))
    sent = await person.document(large, "large.png")
    assert (large,) == (await desk.next()).photos
    await person.say("/swirl", reply_to=sent)
    incoming = await desk.next()
    assert ((), (large,)) == (incoming.photos, incoming.quoted)


async def test_albums_that_cross(desk: TelegramDesk) -> None:
    """One that words come between, and one of the same name elsewhere, hold up no chat."""
    one, other = desk.server.person(7), desk.server.person(8)
    photo = picture(type="JPEG")
    await one.photo(photo, "first", group="same")
    await other.photo(photo, "elsewhere", group="same")
    await one.say("between")
    await one.photo(photo, "second", group="same")
    heard = [(await desk.next()).text for _ in range(4)]
    assert ["first", "between", "second"] == [text for text in heard if text != "elsewhere"]
    for person in (one, other):
        await person.say("still there?")
        assert "still there?" == (await desk.next()).text


async def test_a_picture_that_cannot_be_had(desk: TelegramDesk) -> None:
    """Its sender hears of it, and the log has no traceback."""
    person = desk.server.person(7)
    message = desk.server.world.post(7, 7, kind="photo")
    desk.server.world.set_photo(message, picture())
    desk.server.world.files.clear()
    await desk.server.world.tell("message", desk.server.world.shape(message))
    incoming = await desk.next()
    assert ((), "lost") == (incoming.photos, incoming.odd)
    await person.say("hello")
    assert "hello" == (await desk.next()).text


@pytest.mark.parametrize(
    ("kind", "odd"), [("sticker", "sticker"), ("voice", "voice"), ("video", "video")]
)
async def test_what_is_no_picture(desk: TelegramDesk, kind: str, odd: str) -> None:
    """Its kind is passed on."""
    await desk.server.person(7).odd(kind)
    assert odd == (await desk.next()).odd


async def test_a_group_is_heard_only_when_the_bot_is_meant(desk: TelegramDesk) -> None:
    """Commands, mentions and replies to the bot; nothing else, nor what is for another bot."""
    person = desk.server.person(7, chat=-5)
    desk.answer = lambda incoming: [Reply("here")]
    await person.photo(picture())
    await person.say("just talking")
    await person.say("/swirl@other_bot")
    await person.say("/swirl@Atelier_bot strength=1")
    assert "/swirl@Atelier_bot strength=1" == (await desk.next()).text
    await person.photo(picture(), "@atelier_bot swirl")
    assert "swirl" == (await desk.next()).text
    await person.say("and now?", reply_to=await person.hears("here"))
    assert "and now?" == (await desk.next()).text


async def test_a_status_is_one_message_until_the_result(desk: TelegramDesk) -> None:
    """Edited while it changes, gone when the result comes; the result answers the request."""
    person = desk.server.person(7)
    desk.answer = lambda incoming: [waiting(3)]
    asked = await person.photo(picture())
    status = await person.hears("place 3")
    await desk.front.send("7", waiting(1))
    await person.hears("place 1")
    preview = (file(picture("red"), "preview.jpg", "image/jpeg"),)
    running = Reply("40 %", preview, slot="j", status=Status("j", "running"))
    await desk.front.send("7", running)
    shown = await person.hears("40 %", kind="photo")
    assert status.id == shown.id
    await desk.front.send("7", Reply("50 %", slot="j", status=Status("j", "running")))
    assert "photo" == (await person.hears("50 %")).kind
    await desk.front.send("7", done(file(picture("blue")), answers=str(asked.id)))
    result = await person.hears("done", kind="photo")
    assert asked.id == result.reply_to
    assert ["photo"] == kinds(person)


async def test_what_comes_after_the_end_is_not_shown(desk: TelegramDesk) -> None:
    """A place that was told while the job ended; that it is cancelled, a second time."""
    person = desk.server.person(7)
    cancelled = Reply("Cancelled", slot="k", status=Status("k", "cancelled"))
    await desk.front.send("7", done(file(picture())))
    await desk.front.send("7", cancelled)
    desk.answer = lambda incoming: [waiting(3), cancelled, Reply("bye")]
    await person.say("go")
    await person.hears("bye")
    assert ["done", "Cancelled", "bye"] == [one.text for one in person.heard()]


async def test_equal_statuses_are_not_sent(desk: TelegramDesk) -> None:
    """Only the first of two equal ones is."""
    person = desk.server.person(7)
    desk.answer = lambda incoming: [waiting(3)]
    await person.say("go")
    await person.hears("place 3")
    await desk.front.send("7", waiting(3))
    await desk.front.send("7", Reply("bye"))
    await person.hears("bye")
    assert 0 == desk.server.calls["editMessageText"]


async def test_a_large_result_comes_as_a_file_too(desk: TelegramDesk) -> None:
    """What a client would squeeze; or the file alone, when asked for."""
    person = desk.server.person(7)
    large = picture(size=(1400, 1000))
    await desk.front.send("7", done(file(large)))
    assert ["photo", "document"] == kinds(person)
    assert large == person.heard()[1].file.content
    await desk.front.send("7", done(file(picture()), job="k", as_files=True))
    assert ["photo", "document", "document"] == kinds(person)
    await desk.front.send("7", done(file(b"GIF89a...", "a.gif", "image/gif"), job="l"))
    assert "animation" == kinds(person)[-1]


async def test_a_large_result_is_deleted_whole(desk: TelegramDesk) -> None:
    """The photo has the button, the file goes with it."""
    person = desk.server.person(7)
    ended = done(file(picture(size=(1400, 1000))))
    await desk.front.send("7", replace(ended, buttons=((Button("Delete", "delete:j"),),)))
    desk.answer = lambda incoming: [Reply(removes=True, toast=True)]
    assert ["photo", "document"] == kinds(person)
    await person.press(person.heard()[0], "Delete")
    await desk.server.world.until(lambda: not person.heard())


async def test_a_press_is_answered(desk: TelegramDesk) -> None:
    """With a toast, or by taking the message away."""
    person = desk.server.person(7)
    await desk.front.send("7", Reply("choose", buttons=((Button("Go", "effect:swirl"),),)))
    desk.answer = lambda incoming: [Reply("not yours", toast=True)]
    await person.press(await person.hears("choose"), "go")
    assert "effect:swirl" == (await desk.next()).press
    await desk.server.world.until(lambda: desk.server.world.answers)
    assert "not yours" == desk.server.world.answers[0]["text"]
    desk.answer = lambda incoming: [Reply(removes=True, toast=True)]
    await person.press(person.heard()[0], "go")
    await desk.server.world.until(lambda: not person.heard())


@pytest.mark.parametrize("fault", [Fault.FLOOD, Fault.BROKEN, Fault.CUT_BEFORE])
async def test_an_answer_survives_a_fault(desk: TelegramDesk, fault: Fault) -> None:
    """It is tried again, and stands there once."""
    person = desk.server.person(7)
    desk.answer = lambda incoming: [Reply("here")]
    desk.server.faults.order("sendMessage", fault)
    await person.say("hello")
    await person.hears("here")
    assert 1 == len(person.heard())


async def test_an_ending_that_is_not_sent_raises(desk: TelegramDesk) -> None:
    """So that it stays in the outbox; to who blocked the bot it is dropped."""
    person = desk.server.person(7)
    desk.server.faults.order("sendPhoto", *[Fault.BROKEN] * 5)
    with pytest.raises(Exception, match="decode"):
        await desk.front.send("7", done(file(picture())))
    desk.server.chat(7).blocked = True
    await desk.front.send("7", done(file(picture())))
    assert [] == person.heard()


async def test_a_group_that_moved_gets_its_result(desk: TelegramDesk) -> None:
    """Under its new id, also the next time."""
    person = desk.server.person(7, chat=-5)
    new = await desk.server.migrate(-5)
    moved = person.inside(new)
    await desk.front.send("-5", done(file(picture())))
    await desk.front.send("-5", done(file(picture()), job="k"))
    assert ["photo", "photo"] == kinds(moved)


@pytest.mark.parametrize("people", [1, 130], ids=["one", "more than a poll brings"])
async def test_updates_not_dealt_with_come_again(redis_client: Redis, people: int) -> None:
    """A bot that dies over messages finds them at its next start; when they are dealt with, no
    more.
    """
    heard: asyncio.Queue[str] = asyncio.Queue()
    ready = asyncio.Event()

    async def answer(incoming: Incoming) -> list[Reply]:
        heard.put_nowait(incoming.user)
        await ready.wait()
        return []

    async def nothing_kept() -> bool:
        return not await redis_client.keys("*telegram:updates*")

    async with TelegramServer() as server, asyncio.timeout(2 * WAIT):
        for number in range(people):
            await server.person(1000 + number).say("hello")
        everybody = {f"telegram:{1000 + number}" for number in range(people)}
        for _ in range(2):
            async with running(a_front(server, redis_client).run(answer)):
                assert everybody == {await heard.get() for _ in range(people)}
        ready.set()
        async with running(a_front(server, redis_client).run(answer)):
            assert everybody == {await heard.get() for _ in range(people)}
            await until(nothing_kept)
            await server.person(7).say("hello")
            assert "telegram:7" == await heard.get()


async def test_people_are_told_while_redis_is_away(own_redis: RedisServer) -> None:
    """What the front remembers there is no condition for an answer."""

    async def answer(incoming: Incoming) -> list[Reply]:
        return [Reply("no queue just now", slot="j", status=Status("j", "waiting"))]

    redis = Redis.from_url(own_redis.url, decode_responses=True)
    async with TelegramServer() as server, running(a_front(server, redis).run(answer)):
        own_redis.kill()
        person = server.person(7)
        await person.say("hello")
        await person.hears("no queue just now")
    await redis.aclose()


async def test_what_stands_outlives_the_bot(desk: TelegramDesk, redis_client: Redis) -> None:
    """The next bot knows whose jobs are shown, edits the same message, and shows nothing of a
    job after its end.
    """
    person = desk.server.person(7)
    status = Status("j", "waiting", place=3, user="telegram:7")
    await desk.front.send("7", Reply("place 3", slot="j", status=status))
    stands = await person.hears("place 3")
    other = a_front(desk.server, redis_client)
    assert [("j", "telegram:7")] == await until(other.standing)
    await other.send("7", waiting(1))
    assert stands.id == (await person.hears("place 1")).id
    await other.send("7", done(file(picture())))
    assert [] == await other.standing()
    for late in (waiting(1), done(file(picture()))):
        await desk.front.send("7", late)
    await desk.front.send("7", Reply("bye"))
    await person.hears("bye")
    assert ["photo", "text"] == kinds(person)
