"""Updates as the messengers bring them, of every kind: what is mutated."""

from __future__ import annotations

from typing import Any

from tests.bot.conftest import picture
from tests.fuzz.images import seeds
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import VkServer

__all__ = ["Shape", "shapes_of"]

Shape = dict[str, Any]


async def shapes_of(telegram: TelegramServer, vk: VkServer) -> dict[str, list[Shape]]:
    """By the messenger; none of them is left to be brought."""
    large = [file for file in seeds() if file[:2] in (b"\xff\xd8", b"\x89P")]
    here, there = telegram.person(7), telegram.person(7, chat=-5)
    said = await here.say("hello")
    await here.say("/style", reply_to=await here.photo(picture(type="JPEG"), "/style"))
    await here.album([picture("red"), picture("blue")], "/gatys")
    await there.say("/help@atelier_bot", reply_to=said)
    await there.photo(picture(type="JPEG"), "/style", forwarded=True)
    for number, content in enumerate(large):
        await here.document(content, f"{number}.png", "/style udnie")
    for odd in ("sticker", "voice", "video", "animation"):
        await here.odd(odd)
    for _ in range(4):
        await here.press_data(said, "help")
    someone, group = vk.person(7), vk.person(7, peer=2 * 10**9 + 5)
    greeting = await someone.say("hello")
    photo = await someone.photo(picture(type="JPEG"), "/style")
    await someone.say("/style", reply_to=photo)
    await someone.album([picture("red", type="JPEG"), picture("blue", type="JPEG")], "/gatys")
    await someone.forward(photo, "/style")
    await group.say("[club77|Atelier] /help")
    for number, content in enumerate(large):
        await someone.document(content, f"{number}.png", "/style udnie")
    for odd in ("sticker", "audio_message", "video"):
        await someone.odd(odd)
    for _ in range(3):
        await someone.press_payload(greeting, {"p": "help"})
    shapes = {"telegram": list(telegram.world.updates.values()), "vk": list(vk.world.events)}
    telegram.world.updates.clear()
    return shapes
