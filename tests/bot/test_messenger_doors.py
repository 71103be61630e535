"""The messengers' doors: who may bring updates, and what the logs never tell."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from bot.core.messages import Reply
from bot.fronts.telegram.front import TelegramFront
from bot.fronts.telegram.settings import TelegramSettings
from bot.fronts.vk.front import VkFront
from bot.fronts.vk.settings import VkSettings
from tests.bot.conftest import picture
from tests.bot.desk import Desk
from tests.bot.process import ROOT, BotProcess, kept_port
from tests.conftest import WAIT
from tests.messengers.faults import Fault
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import VkServer
from tests.worker.runtime_kit import until
from worker.jobs.errors import BadSettings

SECRET = "right-Secret_1"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
LARGE = 2**20 + 1


@pytest.fixture
def port() -> Iterator[int]:
    """One that nobody listens at."""
    with kept_port() as port:
        yield port


@asynccontextmanager
async def at_work(front: Any, port: int) -> AsyncIterator[Desk]:
    """A front that answers "here", once its door is open."""
    desk = Desk(front)
    desk.answer = lambda incoming: [Reply("here")]
    running = asyncio.create_task(front.run(desk.handle))

    def open_() -> bool:
        assert not running.done(), running.exception()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    await until(open_)
    yield desk
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def post(url: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and answer."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_what_is_no_http(
    redis_client: Redis, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """One line of the log, which is no error and tells nothing of what came."""
    async with TelegramServer() as server:
        settings = TelegramSettings(
            api_base=server.base, webhook_url=f"http://127.0.0.1:{port}/hook",
            webhook_secret=SecretStr(SECRET), webhook_port=port,
        )  # fmt: skip
        front = TelegramFront(SecretStr(server.token), settings, redis_client, {})
        async with at_work(front, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nmine\x00: own\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.0 400")
            writer.close()
    [record] = [record for record in caplog.records if record.name == "bot.http"]
    assert ("INFO", None) == (record.levelname, record.exc_info)
    assert "mine" not in record.getMessage()


def update(number: int) -> bytes:
    """As Telegram would bring it."""
    person = {"id": 7, "is_bot": False, "first_name": "x"}
    chat = {"id": 7, "type": "private"}
    message = {"message_id": 1, "date": 0, "chat": chat, "from": person, "text": "forged"}
    return json.dumps({"update_id": number, "message": message}).encode()


BAD_UPDATES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "no secret": (403, {}, update(1)),
    "another secret": (403, {HEADER: "wrong"}, update(2)),
    "a secret of odd bytes": (403, {HEADER: "ключ"}, update(3)),
    "a beginning of the secret": (403, {HEADER: SECRET[:-1]}, update(4)),
    "too large": (413, {HEADER: SECRET}, b"x" * LARGE),
    "too large, no secret": (403, {}, b"x" * LARGE),
    "no JSON": (400, {HEADER: SECRET}, b"{"),
    "no update": (400, {HEADER: SECRET}, b'{"message": {}}'),
    "a list": (400, {HEADER: SECRET}, b"[]"),
    "deep": (400, {HEADER: SECRET}, b"[" * 100_000),
    "no text": (400, {HEADER: SECRET}, b"\xff\xfe"),
}


async def test_telegram_webhook(redis_client: Redis, port: int) -> None:
    """Only who knows the secret brings an update that is one; nothing else does anything."""
    url = f"http://127.0.0.1:{port}/hook"
    async with TelegramServer() as server:
        settings = TelegramSettings(
            api_base=server.base, webhook_url=url, webhook_secret=SecretStr(SECRET),
            webhook_port=port,
        )  # fmt: skip
        front = TelegramFront(SecretStr(server.token), settings, redis_client, {})
        async with at_work(front, port) as desk:
            for case, (status, headers, body) in BAD_UPDATES.items():
                assert (case, status) == (case, (await post(url, body, headers))[0])
            assert 404 == (await post(url + "/other", update(9), {HEADER: SECRET}))[0]
            await server.person(7).say("hello")
            assert "hello" == (await desk.next()).text
            await server.person(7).hears("here")
            assert desk.heard.empty()
            assert 1 == len(server.person(7).heard())


MESSAGE = {
    "id": 1, "conversation_message_id": 1, "peer_id": 7, "from_id": 7, "date": 0,
    "text": "forged", "attachments": [], "fwd_messages": [],
}  # fmt: skip


def said(**changes: Any) -> bytes:
    """A message as VK would bring it."""
    return event(object={"message": MESSAGE | changes, "client_info": {}})


def event(**changes: Any) -> bytes:
    """As VK would bring it."""
    content = {"message": MESSAGE, "client_info": {}}
    whole = {"type": "message_new", "object": content, "group_id": 77, "secret": SECRET}
    return json.dumps(whole | changes).encode()


BAD_EVENTS: dict[str, tuple[int, bytes]] = {
    "no secret": (403, event(secret=None)),
    "another secret": (403, event(secret="wrong")),
    "a secret of half a letter": (403, event(secret="\ud800")),
    "another group": (403, event(group_id=78)),
    "another group's confirmation": (403, event(type="confirmation", group_id=78)),
    "a confirmation without the secret": (403, event(type="confirmation", secret="")),
    "too large": (413, b"x" * LARGE),
    "no JSON": (400, b"{"),
    "a list": (400, b"[]"),
    "deep": (400, b"[" * 100_000),
    "no type": (400, event(type=None)),
    "no object": (400, event(object=None)),
    "an empty object": (400, event(object={})),
    "no message": (400, event(object={"message": 5})),
    "an id of words": (400, said(from_id="7")),
    "a conversation of a list": (400, said(peer_id=[7])),
    "a number too many": (400, said(conversation_message_id=None)),
    "attachments that are none": (400, said(attachments=[5])),
    "a photo without sizes": (400, said(attachments=[{"type": "photo", "photo": {"sizes": []}}])),
    "words of a number": (400, said(text=5)),
}


async def test_vk_callback(
    redis_client: Redis, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Only who knows the secret, and of this group; the confirmation is answered. What has another
    shape is refused without a traceback.
    """
    url = f"http://127.0.0.1:{port}/"
    async with VkServer() as server:
        settings = VkSettings(
            group_id=server.group, api_base=server.base, callback_secret=SecretStr(SECRET),
            confirmation="a1b2c3", callback_port=port,
        )  # fmt: skip
        front = VkFront(SecretStr(server.token), settings, redis_client)
        async with at_work(front, port) as desk:
            for case, (status, body) in BAD_EVENTS.items():
                assert (case, status) == (case, (await post(url, body))[0])
            assert not [record for record in caplog.records if record.exc_info]
            assert (200, "ok") == await post(url, said(text="half \ud83d"))
            assert "half ?" == (await desk.next()).text
            confirmation = event(type="confirmation", object=None)
            assert (200, "a1b2c3") == await post(url, confirmation)
            await server.person(7).say("hello")
            assert desk.heard.empty()
            brought = server.world.events[-1]
            assert (200, "ok") == await server.call_back(url, brought, secret=SECRET)
            assert "hello" == (await desk.next()).text
            await server.person(7).hears("here")
            assert 1 == len(server.person(7).heard())


@asynccontextmanager
async def bot(folder: Path, environment: dict[str, str]) -> AsyncIterator[BotProcess]:
    """The real program, beside servers that live in this loop."""
    process = await asyncio.to_thread(BotProcess, folder, environment)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            await asyncio.to_thread(process.stop)
        assert process.process.stdin
        assert process.process.stdout
        process.process.stdin.close()
        process.process.stdout.close()


def on_vk(server: VkServer, token: str = "", group: int = 77) -> dict[str, str]:
    """A bot's settings for it."""
    return {
        "ATELIER_VK__TOKEN": token or server.token,
        "ATELIER_VK__GROUP_ID": str(group),
        "ATELIER_VK__API_BASE": server.base,
    }


REFUSED = {"the token": ("vk1.WRONG", 77, "VK__TOKEN"), "the group": ("", 78, "VK__GROUP_ID")}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_vk_refuses_stops_the_bot(tmp_path: Path, redis_url: str, case: str) -> None:
    """One line says which setting; the token is not in it."""
    token, group, expected = REFUSED[case]
    async with VkServer() as vk:
        environment = on_vk(vk, token, group) | {"ATELIER_REDIS_URL": redis_url}
        async with bot(tmp_path, environment) as process:
            assert 2 == await asyncio.to_thread(process.process.wait, WAIT)
    _is_refusal(process.log, expected)
    assert "WRONG" not in process.log
    assert vk.token not in process.log


def _is_refusal(log: str, setting: str) -> None:
    """One line of the log says that the setting is wrong."""
    (line,) = [line for line in log.splitlines() if " C " in line]
    assert f"ATELIER_{setting}" in line
    assert "Traceback" not in log


@pytest.mark.parametrize("token", ["43:WRONG", "WRONG"])
async def test_a_token_that_telegram_refuses(redis_client: Redis, token: str) -> None:
    """The setting is named, the token is not told."""

    async def listen(settings: TelegramSettings) -> None:
        front = TelegramFront(SecretStr(token), settings, redis_client, {})
        await front.run(Desk(front).handle)

    async with TelegramServer() as server:
        with pytest.raises(BadSettings, match="ATELIER_TELEGRAM__TOKEN") as caught:
            await listen(TelegramSettings(api_base=server.base))
    assert "WRONG" not in str(caught.value)


async def test_tokens_are_in_no_log(tmp_path: Path, redis_url: str) -> None:
    """Not while the messengers are away, which is said once, nor in what their errors bring, nor
    when a token is taken back, which stops the bot.
    """
    async with TelegramServer() as telegram, VkServer() as vk:
        for server in (telegram, vk):
            server.faults.rates[Fault.CUT_BEFORE] = 1.0
        environment = on_vk(vk) | {
            "ATELIER_REDIS_URL": redis_url,
            "ATELIER_TELEGRAM__TOKEN": telegram.token,
            "ATELIER_TELEGRAM__API_BASE": telegram.base,
        }
        async with bot(tmp_path, environment) as process:
            await until(lambda: telegram.calls["setMyCommands"] > 2)
            await until(lambda: vk.calls["groups.getLongPollServer"] > 2)
            for name, server in (("telegram", telegram), ("vk", vk)):
                assert 1 == process.log.count(f"{name} does not answer")
                server.faults.rates.clear()
            await until(lambda: telegram.polling and vk.polling)
            await until(lambda: "answers again" in process.log)
            every = (Fault.BROKEN, Fault.FLOOD, Fault.CUT_BEFORE)
            for method in ("getUpdates", "file", "getFile", "sendMessage"):
                telegram.faults.order(method, *every)
            for method in ("poll", "messages.send", "groups.getLongPollServer"):
                vk.faults.order(method, *every)
            # each meets one of the faults
            people = [server.person(7 + n) for server in (telegram, vk) for n in range(len(every))]
            await asyncio.gather(*(person.photo(picture()) for person in people))
            await until(lambda: all(person.heard() for person in people))
            assert {1} == {
                telegram.faults.seen[method, fault]
                for method in ("file", "getFile", "sendMessage")
                for fault in every
            }
            token, telegram.token = telegram.token, "43:ANOTHER"
            await telegram.person(7).say("still there?")
            assert 2 == await asyncio.to_thread(process.process.wait, WAIT)
        log = process.log
    assert "/file/bot***/" in log
    assert token not in log
    assert token.partition(":")[2] not in log
    assert vk.token not in log
    _is_refusal(log, "TELEGRAM__TOKEN")


def test_secrets_are_hidden_in_tracebacks() -> None:
    """Those that are logged and those that nobody catches, also as part of an address."""
    program = """
import logging
from worker.jobs.logs import hide_in_logs, set_up_logging
set_up_logging("test")
hide_in_logs(["1:s3cret", ""])
try:
    raise ValueError("of http://x/bot1%3As3cret/getMe")
except ValueError:
    logging.exception("over 1:s3cret")
raise RuntimeError("again 1:s3cret")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    assert 1 == done.returncode
    assert "s3cret" not in done.stderr.replace('hide_in_logs(["1:s3cret", ""])', "")
    assert 2 == done.stderr.count("Traceback")
