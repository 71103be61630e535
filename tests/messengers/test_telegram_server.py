"""The Telegram server, spoken to by aiogram as the bot does."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    Update,
)
from PIL import Image

from tests.conftest import WAIT
from tests.messengers.faults import Fault
from tests.messengers.telegram import TelegramServer


def picture(size: tuple[int, int] = (60, 40), type: str = "PNG") -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, type)
    return file.getvalue()


def upload(content: bytes, name: str = "a.png") -> BufferedInputFile:
    """A file to send."""
    return BufferedInputFile(content, name)


def keyboard(*data: str) -> InlineKeyboardMarkup:
    """One row of buttons."""
    row = [InlineKeyboardButton(text=word, callback_data=word) for word in data]
    return InlineKeyboardMarkup(inline_keyboard=[row])


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """A server with one person who has begun a chat."""
    async with TelegramServer() as server:
        server.person(7)
        yield server


def client(server: TelegramServer, token: str | None = None) -> Bot:
    """aiogram's client of it."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(server.base))
    return Bot(token or server.token, session=session)


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Bot]:
    """The bot's side."""
    bot = client(server)
    yield bot
    await bot.session.close()


async def updates_of(bot: Bot, offset: int = 0) -> list[Update]:
    """What has come so far."""
    return await bot.get_updates(offset=offset, timeout=1)


async def test_words_go_both_ways(server: TelegramServer, bot: Bot) -> None:
    """A message comes as an update, is answered, and is confirmed by the offset."""
    person = server.person(7, lang="ru")
    await person.say("/help now")
    [update] = await updates_of(bot)
    assert update.message is not None
    assert ("/help now", "ru") == (update.message.text, update.message.from_user.language_code)
    assert ["bot_command"] == [one.type for one in update.message.entities]
    await bot.send_message(7, "here", reply_parameters={"message_id": update.message.message_id})
    heard = await person.hears("here")
    assert update.message.message_id == heard.reply_to
    assert [] == await updates_of(bot, update.update_id + 1)


async def test_a_photo_is_squeezed_and_can_be_fetched(server: TelegramServer, bot: Bot) -> None:
    """A person's photo has sizes up to 1280 px; the largest is fetched as a JPEG."""
    await server.person(7).photo(picture((2000, 1000)), "look")
    [update] = await updates_of(bot)
    assert update.message is not None
    largest = update.message.photo[-1]
    assert ("look", 1280, 640) == (update.message.caption, largest.width, largest.height)
    file = await bot.download(largest)
    assert b"\xff\xd8" == file.read(2)


async def test_a_document_stays_as_it_is(server: TelegramServer, bot: Bot) -> None:
    """What is sent as a file comes back byte for byte."""
    content = picture((2000, 1000))
    await server.person(7).document(content, "big.png")
    [update] = await updates_of(bot)
    assert update.message is not None
    assert content == (await bot.download(update.message.document)).read()


async def test_an_album_is_several_updates(server: TelegramServer, bot: Bot) -> None:
    """They share a media group; the caption is on the first."""
    await server.person(7).album([picture(), picture((50, 50))], "two")
    messages = [update.message for update in await updates_of(bot)]
    assert 1 == len({one.media_group_id for one in messages})
    assert ["two", None] == [one.caption for one in messages]


async def test_pictures_are_sent_and_replaced(server: TelegramServer, bot: Bot) -> None:
    """sendPhoto, editMessageMedia with an attached file, sendMediaGroup, deleteMessage."""
    person = server.person(7)
    sent = await bot.send_photo(7, upload(picture()), caption="one", reply_markup=keyboard("a"))
    media = InputMediaPhoto(media=upload(picture((30, 90))), caption="two")
    await bot.edit_message_media(media, chat_id=7, message_id=sent.message_id)
    changed = await person.hears("two", kind="photo")
    assert ((30, 90), []) == (changed.file.size, changed.buttons)
    await bot.send_media_group(7, [InputMediaPhoto(media=upload(picture())) for _ in range(2)])
    await bot.delete_message(7, sent.message_id)
    assert ["photo", "photo"] == [one.kind for one in person.heard()]


async def test_a_press_is_a_callback_query(server: TelegramServer, bot: Bot) -> None:
    """It can be answered once."""
    person = server.person(7)
    await bot.send_message(7, "choose", reply_markup=keyboard("yes", "no"))
    await person.press(await person.hears("choose"), "no")
    [update] = await updates_of(bot)
    assert update.callback_query is not None
    assert "no" == update.callback_query.data
    await bot.answer_callback_query(update.callback_query.id)
    with pytest.raises(TelegramBadRequest, match="too old"):
        await bot.answer_callback_query(update.callback_query.id)


REFUSED = {
    "no words": lambda bot: bot.send_message(7, " "),
    "too many words": lambda bot: bot.send_message(7, "x" * 4097),
    "unknown chat": lambda bot: bot.send_message(8, "x"),
    "long caption": lambda bot: bot.send_photo(7, upload(picture()), caption="x" * 1025),
    "not a picture": lambda bot: bot.send_photo(7, upload(b"nothing")),
    "too long a picture": lambda bot: bot.send_photo(7, upload(picture((21, 1)))),
    "too large a picture": lambda bot: bot.send_photo(7, upload(picture((9000, 1001)))),
    "unknown file": lambda bot: bot.send_photo(7, "nothing"),
    "empty file": lambda bot: bot.send_document(7, upload(b"")),
    "one is no album": lambda bot: bot.send_media_group(7, [InputMediaPhoto(media="x")]),
    "long data": lambda bot: bot.send_message(7, "x", reply_markup=keyboard("ы" * 33)),
    "wide keyboard": lambda bot: bot.send_message(7, "x", reply_markup=keyboard(*"abcdefghi")),
    "unknown action": lambda bot: bot.send_chat_action(7, "sleeping"),
    "unknown message": lambda bot: bot.edit_message_text("x", chat_id=7, message_id=9999),
    "reply to nothing": lambda bot: bot.send_message(7, "x", reply_to_message_id=9999),
    "bad command": lambda bot: bot.set_my_commands([BotCommand(command="Dream", description="x")]),
    "unknown field": lambda bot: bot.send_message(7, "x", message_effect_id="1"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_the_documents_forbid(server: TelegramServer, bot: Bot, case: str) -> None:
    """Each is a 400, and nothing is sent."""
    with pytest.raises(TelegramBadRequest):
        await REFUSED[case](bot)
    assert [] == server.person(7).heard()


async def test_a_photo_over_ten_megabytes_is_too_large(server: TelegramServer, bot: Bot) -> None:
    """As a photo; as a document it goes."""
    big = picture() + bytes(10 * 2**20)
    with pytest.raises(TelegramEntityTooLarge):
        await bot.send_photo(7, upload(big))
    await bot.send_document(7, upload(big))


async def test_an_edit_that_changes_nothing_is_refused(server: TelegramServer, bot: Bot) -> None:
    """Text and buttons both count."""
    sent = await bot.send_message(7, "same", reply_markup=keyboard("a"))
    with pytest.raises(TelegramBadRequest, match="not modified"):
        await bot.edit_message_text(
            "same", chat_id=7, message_id=sent.message_id, reply_markup=keyboard("a")
        )
    await bot.edit_message_text("same", chat_id=7, message_id=sent.message_id)


async def test_blocked_and_moved_chats(server: TelegramServer, bot: Bot) -> None:
    """403 from who blocked the bot; a group that moved says where to."""
    server.person(7, chat=-5)
    server.chat(7).blocked = True
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(7, "x")
    new = await server.migrate(-5)
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(-5, "x")
    assert new == moved.value.migrate_to_chat_id
    await bot.send_message(new, "x")


async def test_too_fast_is_refused_and_counted(server: TelegramServer, bot: Bot) -> None:
    """The sixth message to one chat within a second is told to wait."""
    server.world.clock = lambda: 1000.0
    for number in range(5):
        await bot.send_message(7, f"{number}")
    with pytest.raises(TelegramRetryAfter) as late:
        await bot.send_message(7, "one more")
    assert 1 <= late.value.retry_after <= 2
    assert 1 == server.broken_limits


FAULTS = {
    Fault.FLOOD: (TelegramRetryAfter, 0),
    Fault.BROKEN: (ClientDecodeError, 0),
    Fault.CUT_BEFORE: (TelegramNetworkError, 0),
    Fault.CUT_AFTER: (TelegramNetworkError, 1),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_faults_come_as_ordered(server: TelegramServer, bot: Bot, fault: Fault) -> None:
    """Cut after acceptance, the message stands there all the same."""
    error, stands = FAULTS[fault]
    server.faults.order("sendMessage", fault)
    with pytest.raises(error):
        await bot.send_message(7, "x")
    assert stands == len(server.person(7).heard())
    await bot.send_message(7, "y")


async def test_a_webhook_gets_updates_with_its_secret(server: TelegramServer, bot: Bot) -> None:
    """It is called again until it answers well; long polling is refused meanwhile."""
    from aiohttp import web  # the bot's side of the webhook

    got: list[tuple[str | None, int]] = []
    enough = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        update = await request.json()
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        got.append((secret, update["update_id"]))
        if len(got) == 1:
            return web.Response(status=500)
        enough.set()
        return web.json_response({"method": "sendMessage", "chat_id": 7, "text": "by hook"})

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.set_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/hook", secret_token="s3")
    with pytest.raises(TelegramConflictError):
        await bot.get_updates()
    await server.person(7).say("hello")
    await asyncio.wait_for(enough.wait(), WAIT)
    await server.person(7).hears("by hook")
    assert ("s3", "s3") == tuple(secret for secret, _ in got)
    assert got[0][1] == got[1][1]
    await runner.cleanup()


async def test_a_second_poll_ends_the_first(server: TelegramServer, bot: Bot) -> None:
    """Two programs with one token are told so."""
    first = asyncio.create_task(bot.get_updates(timeout=round(WAIT)))
    await server.world.until(lambda: server.calls["getUpdates"] == 1 and server.polling)
    second = asyncio.create_task(bot.get_updates(timeout=round(WAIT)))
    with pytest.raises(TelegramConflictError):
        await first
    await server.person(7).say("x")
    assert 1 == len(await second)


async def test_a_wrong_token_is_unauthorized(server: TelegramServer) -> None:
    """As with the real one."""
    other = client(server, "43:wrong")
    with pytest.raises(TelegramUnauthorizedError):
        await other.get_me()
    await other.session.close()
