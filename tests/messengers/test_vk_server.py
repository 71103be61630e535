"""The VK server, spoken to by vk_api as the bot does."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from PIL import Image
from requests.adapters import HTTPAdapter
from vk_api import ApiError, VkApiError, VkApiGroup, VkUpload
from vk_api.bot_longpoll import VkBotEventType, VkBotLongPoll

from tests.conftest import WAIT
from tests.messengers.faults import Fault
from tests.messengers.vk import GROUPS, VkServer


class Elsewhere(HTTPAdapter):
    """Sends requests for VK's host to another one."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = urlsplit(base)

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """With the other host in its address."""
        parts = urlsplit(request.url)
        request.url = urlunsplit(parts._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        return super().send(request, *args, **kwargs)


def picture(size: tuple[int, int] = (60, 40)) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


def keyboard(*rows: int, inline: bool = True) -> str:
    """So many buttons in each row."""
    button = {"action": {"type": "callback", "label": "x", "payload": '{"p":"x"}'}}
    return json.dumps({"inline": inline, "buttons": [[button] * count for count in rows]})


@pytest.fixture
async def server() -> AsyncIterator[VkServer]:
    """A server with one person who has written to the community."""
    async with VkServer() as server:
        await server.person(7).say("hello")
        yield server


def client(server: VkServer, token: str | None = None) -> VkApiGroup:
    """vk_api's client of it."""
    session = requests.Session()
    session.mount("https://api.vk.", Elsewhere(server.base))
    return VkApiGroup(token=token or server.token, session=session, api_version="5.199")


async def call(server: VkServer, method: str, **values: Any) -> Any:
    """One method, in a thread as vk_api blocks."""
    return await asyncio.to_thread(client(server).method, method, values)


async def send(server: VkServer, **values: Any) -> Any:
    """messages.send to person 7 in its newer form."""
    return await call(server, "messages.send", **{"peer_ids": 7, "random_id": 1} | values)


async def events_of(server: VkServer, change: Callable[[], Any] | None = None) -> list[Any]:
    """What the next poll brings after `change`."""
    poll = await asyncio.to_thread(VkBotLongPoll, client(server), server.group, 1)
    if change is not None:
        await change()
    found: list[Any] = await asyncio.to_thread(poll.check)
    return found


async def test_words_go_both_ways(server: VkServer) -> None:
    """A message comes by long poll, with the person's language, and is answered."""
    person = server.person(7, lang="ru")
    [event] = await events_of(server, lambda: person.say("привет"))
    assert VkBotEventType.MESSAGE_NEW == event.type
    assert ("привет", 0) == (event.message["text"], event.client_info["lang_id"])
    [sent] = await send(server, message="here")
    assert sent["conversation_message_id"] == (await person.hears("here")).cmid


async def test_a_repeated_random_id_is_one_message(server: VkServer) -> None:
    """The answer is that of the first time."""
    assert await send(server, message="once") == await send(server, message="once")
    assert (1, 1) == (len(server.person(7).heard()), server.world.repeated)


async def test_pictures_come_and_go(server: VkServer) -> None:
    """Photos and documents are fetched by their addresses, and uploaded in two steps."""
    person = server.person(7)
    [event] = await events_of(server, lambda: person.album([picture(), picture((90, 30))]))
    url = event.message["attachments"][1]["photo"]["sizes"][-1]["url"]
    fetched = await asyncio.to_thread(requests.get, url, timeout=WAIT)
    assert (90, 30) == Image.open(io.BytesIO(fetched.content)).size
    upload = VkUpload(client(server))
    [photo] = await asyncio.to_thread(upload.photo_messages, io.BytesIO(picture()), 7)
    name = f"photo{photo['owner_id']}_{photo['id']}_{photo['access_key']}"
    await send(server, attachment=name)
    file = io.BytesIO(picture())
    file.name = "full.png"
    doc = (await asyncio.to_thread(upload.document_message, file, "full.png", None, 7))["doc"]
    name = f"doc{doc['owner_id']}_{doc['id']}_{doc['access_key']}"
    await send(server, attachment=name, random_id=2)
    assert ["photo", "doc"] == [one.kind for one in person.heard()]
    assert picture() == person.heard()[1].attachments[0].content


async def test_a_picture_that_is_none_is_not_taken(server: VkServer) -> None:
    """The upload server says so by an empty list, and saving fails."""
    upload = VkUpload(client(server))
    with pytest.raises(ApiError, match="100"):
        await asyncio.to_thread(upload.photo_messages, io.BytesIO(b"nothing"), 7)


async def test_edits_and_deletions(server: VkServer) -> None:
    """By the number in the conversation, also in group chats."""
    chat = server.person(7, peer=GROUPS + 1)
    await chat.say("hi all")
    [sent] = await send(server, peer_ids=GROUPS + 1, message="one", keyboard=keyboard(1))
    where = {"peer_id": GROUPS + 1, "cmid": sent["conversation_message_id"]}
    assert 0 == sent["message_id"]
    await call(server, "messages.edit", message="two", **where)
    assert [("two", None)] == [(one.text, one.keyboard) for one in chat.heard()]
    await call(server, "messages.delete", peer_id=GROUPS + 1, cmids=where["cmid"], delete_for_all=1)
    assert [] == chat.heard()


async def test_a_press_is_an_event(server: VkServer) -> None:
    """It can be answered once."""
    person = server.person(7)
    await send(server, message="choose", keyboard=keyboard(2))
    message = await person.hears("choose")
    [event] = await events_of(server, lambda: person.press(message, "x"))
    answer = {"event_id": event.object["event_id"], "user_id": 7, "peer_id": 7}
    assert {"p": "x"} == event.object["payload"]
    await call(server, "messages.sendMessageEventAnswer", **answer)
    with pytest.raises(ApiError, match="event_id"):
        await call(server, "messages.sendMessageEventAnswer", **answer)


REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "nothing": (100, {}),
    "too many words": (914, {"message": "x" * 9001}),
    "no random id": (100, {"message": "x", "random_id": ""}),
    "huge random id": (100, {"message": "x", "random_id": 2**31}),
    "unknown attachment": (100, {"attachment": "photo1_2_x"}),
    "unknown peer": (901, {"message": "x", "peer_ids": 8}),
    "unknown chat": (901, {"message": "x", "peer_ids": GROUPS + 8}),
    "six in a row": (911, {"message": "x", "keyboard": keyboard(6)}),
    "seven inline rows": (911, {"message": "x", "keyboard": keyboard(*[1] * 7)}),
    "eleven inline keys": (911, {"message": "x", "keyboard": keyboard(5, 5, 1)}),
    "eleven rows": (911, {"message": "x", "keyboard": keyboard(*[1] * 11, inline=False)}),
    "no keyboard": (911, {"message": "x", "keyboard": "[]"}),
    "unknown field": (100, {"message": "x", "mesage": "y"}),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_the_documents_forbid(server: VkServer, case: str) -> None:
    """Each has its code, and nothing is sent."""
    code, values = REFUSED[case]
    with pytest.raises(ApiError) as refused:
        await send(server, **values)
    assert code == refused.value.code
    assert [] == server.person(7).heard()


async def test_a_peer_may_deny_messages(server: VkServer) -> None:
    """901, as when somebody blocked the community."""
    server.world.denied.add(7)
    with pytest.raises(ApiError, match="901"):
        await send(server, message="x")


async def test_a_wrong_token_is_refused(server: VkServer) -> None:
    """5: authorization failed."""
    with pytest.raises(ApiError, match="authorization"):
        await asyncio.to_thread(client(server, "wrong").method, "messages.setActivity", {})


async def test_more_than_twenty_a_second_are_counted(server: VkServer) -> None:
    """Each too fast call is told so by code 6."""
    body = {
        "access_token": server.token, "v": "5.199", "peer_id": 7, "type": "typing",
    }  # fmt: skip

    def hammer() -> list[Any]:
        address = f"{server.base}/method/messages.setActivity"
        return [requests.post(address, data=body, timeout=WAIT).json() for _ in range(21)]

    server.world.clock = lambda: 1000.0
    answers = await asyncio.to_thread(hammer)
    assert (6, 1) == (answers[-1]["error"]["error_code"], server.broken_limits)


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.BROKEN, Fault.FLOOD])
async def test_faults_come_as_ordered(server: VkServer, fault: Fault) -> None:
    """Sent again with its random id, the message stands there once."""
    server.faults.order("messages.send", fault)
    with pytest.raises((VkApiError, requests.RequestException)):
        await send(server, message="x")
    await send(server, message="x")
    assert 1 == len(server.person(7).heard())


async def test_the_long_poll_fails_in_three_ways(server: VkServer) -> None:
    """History gone, key expired, all lost: vk_api recovers from each."""
    poll = await asyncio.to_thread(VkBotLongPoll, client(server), server.group, 1)
    server.expire_key()
    assert [] == await asyncio.to_thread(poll.check)
    server.lost = True
    assert [] == await asyncio.to_thread(poll.check)
    poll.ts = "999"
    assert [] == await asyncio.to_thread(poll.check)
    await server.person(7).say("after all")
    [event] = await asyncio.to_thread(poll.check)
    assert "after all" == event.message["text"]
