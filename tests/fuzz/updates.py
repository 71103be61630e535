"""Mutated updates of Telegram and VK, and requests of pages, to the real bot on a real Redis; the
messengers are the test servers, and a hand in place of a worker ends the jobs.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp
import psutil
from tqdm import tqdm

from effects.catalogue import Catalogue
from tests.bot.conftest import picture
from tests.bot.process import BotProcess, kept_port
from tests.conftest import WAIT, RedisServer
from tests.fuzz.logs import Watch
from tests.fuzz.mutate import paths, shape_of
from tests.fuzz.report import Report
from tests.fuzz.requests import ask, request_of
from tests.fuzz.shapes import Shape, shapes_of
from tests.fuzz.words import press_of, words_of
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import VkServer
from worker.jobs.blobs import Blobs
from worker.jobs.model import Done, MediaRef, WorkerInfo
from worker.jobs.redis_queue import RedisQueue

__all__ = ["fuzz_updates"]

_SECRET = "right-Secret_1"
_HEADER = {"X-Telegram-Bot-Api-Secret-Token": _SECRET, "Content-Type": "application/json"}
_AT_ONCE = 48
_PEOPLE = 400
_MOST_MEMORY = 500 * 2**20
"""Of the bot's process."""
_PATIENCE = 120.0
_LOOK = 50
"""Updates between two looks at the log."""


@dataclass
class _Scene:
    """All that is at hand while the bot runs."""

    report: Report
    telegram: TelegramServer
    vk: VkServer
    bot: BotProcess
    hooks: dict[str, str]
    http: aiohttp.ClientSession
    shapes: dict[str, list[Shape]]
    cookies: list[str]
    jobs: deque[str] = field(default_factory=lambda: deque(maxlen=50))
    sent: deque[bytes] = field(default_factory=lambda: deque(maxlen=2 * _AT_ONCE))


async def fuzz_updates(count: int, report: Report, program: str, *, quiet: bool = False) -> None:
    """Send so many, and see that the bot lives, answers, and has nothing to complain of."""
    begun, largest = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        async with _scene(Path(folder), report, program) as scene:
            watch, process = (
                Watch(scene.bot.log_file, report),
                psutil.Process(scene.bot.process.pid),
            )
            numbers, bar = iter(range(count)), tqdm(
                total=count, desc="updates", unit="", disable=quiet, mininterval=1
            )  # fmt: skip

            async def send() -> None:
                nonlocal largest
                for number in numbers:
                    if scene.bot.process.poll() is not None:
                        return
                    await _send(scene, number)
                    bar.update()
                    if number % _LOOK == 0:
                        watch.look(scene.sent)
                        with suppress(psutil.Error):
                            largest = max(largest, process.memory_info().rss)

            await asyncio.gather(*(send() for _ in range(_AT_ONCE)))
            bar.close()
            await _take_leave(scene, watch)
    if largest > _MOST_MEMORY:
        report.fault(f"the bot took {largest / 2**20:.0f} MB", *scene.sent)
    report.figures |= {
        "updates a second": f"{count / (time.monotonic() - begun):,.0f}",
        "largest the bot was, MB": f"{largest / 2**20:.0f}",
    }


async def _take_leave(scene: _Scene, watch: Watch) -> None:
    """The bot still answers people, and ends when it is told to."""
    status = scene.bot.process.poll()
    if status is not None:
        watch.look(scene.sent)
        scene.report.fault(f"the bot has ended with status {status}", *scene.sent)
        return
    person = scene.telegram.person(10**6)
    await person.say("/help")
    try:
        await person.hears("/style")
    except AssertionError:
        scene.report.fault("the bot does not answer any more", *scene.sent)
    status = await asyncio.to_thread(scene.bot.stop)
    watch.look(scene.sent)
    if status:
        scene.report.fault(f"the bot ended with status {status}")
    said = [one.message.text for one in scene.telegram.world.log]
    said += [one.text for one in scene.vk.world.log]
    scene.report.counts["answers in messengers"] = len(said)
    for text in said:
        if "Traceback" in text or 'File "' in text:
            scene.report.fault(f"somebody was told: {text}")


async def _send(scene: _Scene, number: int) -> None:
    """Update `number`, whatever its door."""
    chance = Random(f"{scene.report.seed} update {number}")
    kind = ("telegram", "vk", "web")[number % 3]
    if kind == "web":
        content = request_of(chance, scene.bot.address, scene.cookies, scene.jobs)
        talk: Awaitable[tuple[int, bytes]] = ask(scene.bot.address, content)
    else:
        make = {"telegram": _telegram_update, "vk": _vk_event}[kind]
        content = _pack(make(scene, chance, number))
        talk = _post(scene, kind, content)
    scene.sent.append(content)
    try:
        async with asyncio.timeout(_PATIENCE):
            status, answer = await talk
    except TimeoutError:
        scene.report.fault(f"{kind}: no answer to update {number}", content)
        return
    except (OSError, aiohttp.ClientError) as error:
        scene.report.fault(f"{kind}: update {number}: {error!r}", content)
        return
    scene.report.counts[f"{kind}: status {status or 'none'}"] += 1
    if status >= 500 or b"Traceback" in answer:
        scene.report.fault(f"{kind}: update {number}: {status} {answer[:200]!r}", content)


async def _post(scene: _Scene, kind: str, content: bytes) -> tuple[int, bytes]:
    async with scene.http.post(scene.hooks[kind], data=content, headers=_HEADER) as answer:
        return answer.status, await answer.read()


def _pack(shape: Shape) -> bytes:
    return json.dumps(shape).encode()


def _telegram_update(scene: _Scene, chance: Random, number: int) -> Shape:
    shape = json.loads(json.dumps(chance.choice(scene.shapes["telegram"])))
    shape["update_id"], who = number + 10**6, chance.randrange(1, _PEOPLE)
    body = shape.get("message") or shape["callback_query"]
    chat = (body.get("message") or body)["chat"]
    body["from"]["id"] = who
    chat["id"] = who if chat["type"] == "private" else -who
    scene.telegram.chat(chat["id"])
    if "data" in body:
        scene.telegram.world.queries[str(number)] = (who, time.time())
        body |= {"id": str(number), "data": press_of(chance, scene.jobs)}
    else:
        body["message_id"] = number
        body["text" if "text" in body else "caption"] = words_of(chance)
    return shape_of(chance, shape) if chance.random() < 0.75 else shape


def _vk_event(scene: _Scene, chance: Random, number: int) -> Shape:
    shape = json.loads(json.dumps(chance.choice(scene.shapes["vk"])))
    content, who = shape["object"], chance.randrange(1, _PEOPLE)
    body = content.get("message", content)
    body["user_id" if "user_id" in body else "from_id"] = who
    body["peer_id"] = who if body["peer_id"] < 10**9 else 2 * 10**9 + who
    body["conversation_message_id"] = number
    if "event_id" in body:
        scene.vk.world.pressed[str(number)] = (who, body["peer_id"])
        body |= {"event_id": str(number), "payload": {"p": press_of(chance, scene.jobs)}}
    else:
        body["text"] = words_of(chance)
    if chance.random() < 0.75:
        shape = shape_of(chance, shape)
    # Those who don't know it come no further.
    shape |= {"secret": _SECRET, "group_id": scene.vk.group} if chance.random() < 0.98 else {}
    # No address leads away from here.
    for place, key in paths(shape):
        if "url" in str(key) and isinstance(place[key], str):
            known = place[key].startswith(f"{scene.vk.base}/files/")
            place[key] = place[key] if known else f"{scene.vk.base}/files/none"
    return shape


@asynccontextmanager
async def _scene(folder: Path, report: Report, program: str) -> AsyncIterator[_Scene]:
    redis = RedisServer(program, folder, appendfsync="no")
    redis.start()
    try:
        with kept_port() as one, kept_port() as two:
            async with (
                TelegramServer(enforce=False) as telegram,
                VkServer(enforce=False) as vk,
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            ):
                shapes = await shapes_of(telegram, vk)
                settings = _settings(redis.url, telegram, vk, one, two)
                bot = await asyncio.to_thread(BotProcess, folder, settings, module="tests.fuzz.bot")
                try:
                    hooks = {
                        "telegram": settings["ATELIER_TELEGRAM__WEBHOOK_URL"],
                        "vk": f"http://127.0.0.1:{two}/",
                    }
                    await _until_open(bot, http, hooks)
                    cookies = [await _cookie(http, bot.address) for _ in range(20)]
                    scene = _Scene(report, telegram, vk, bot, hooks, http, shapes, cookies)
                    hand = asyncio.create_task(_work(folder, redis.url, scene))
                    yield scene
                    hand.cancel()
                    with suppress(asyncio.CancelledError):
                        await hand
                finally:
                    if bot.process.poll() is None:
                        await asyncio.to_thread(bot.stop)
                    if report.faults:
                        shutil.copy(bot.log_file, report.folder)
                    for pipe in (bot.process.stdin, bot.process.stdout):
                        assert pipe
                        pipe.close()
    finally:
        redis.kill()


def _settings(
    redis: str, telegram: TelegramServer, vk: VkServer, one: int, two: int
) -> dict[str, str]:
    limits = ("ACCOUNT_POSTS", "ADDRESS_POSTS", "ACCOUNT_READS", "ADDRESS_READS")
    return {
        "ATELIER_REDIS_URL": redis,
        "ATELIER_ADMINS": "telegram:7",
        "ATELIER_MODERATORS": "vk:7",
        "ATELIER_TELEGRAM__TOKEN": telegram.token,
        "ATELIER_TELEGRAM__API_BASE": telegram.base,
        "ATELIER_TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{one}/hook",
        "ATELIER_TELEGRAM__WEBHOOK_SECRET": _SECRET,
        "ATELIER_TELEGRAM__WEBHOOK_PORT": str(one),
        "ATELIER_VK__TOKEN": vk.token,
        "ATELIER_VK__GROUP_ID": str(vk.group),
        "ATELIER_VK__API_BASE": vk.base,
        "ATELIER_VK__CALLBACK_SECRET": _SECRET,
        "ATELIER_VK__CALLBACK_PORT": str(two),
        "ATELIER_WEB__UPLOAD_SECONDS": "3",
        "ATELIER_WEB__ADMIN_PASSWORD": "not the right one at all",
    } | {f"ATELIER_WEB__LIMITS__{name}": str(10**8) for name in limits}


async def _until_open(bot: BotProcess, http: aiohttp.ClientSession, hooks: dict[str, str]) -> None:
    """Wait for the doors of both messengers."""
    async with asyncio.timeout(WAIT):
        for hook in hooks.values():
            while True:
                assert bot.process.poll() is None, bot.log
                with suppress(aiohttp.ClientError):
                    async with http.get(hook):
                        break
                await asyncio.sleep(0.05)


async def _cookie(http: aiohttp.ClientSession, address: str) -> str:
    """Of a new account."""
    async with http.get(address, headers={"Cookie": ""}) as answer:
        return answer.cookies["atelier"].value


async def _work(folder: Path, redis: str, scene: _Scene) -> None:
    """Be a worker that can do everything, and end each job with the same picture."""
    queue, blobs = RedisQueue(redis), Blobs.open(folder / "state" / "blobs")
    effects, content = tuple(spec.name for spec in Catalogue.load()), picture("red")
    try:
        while True:
            await queue.announce(WorkerInfo(name="hand", device="cpu", effects=effects), ttl=600)
            for claim in await queue.claim("hand", effects, lease=600, wait=0.5):
                job = claim.job
                scene.jobs.append(job.id)
                name = f"{job.id}/hand/0.png"
                await blobs.put(name, content)
                media = (MediaRef(blob=name, type="image/png"),)
                await queue.finish(claim, Done(job=job.id, media=media, text={}, seconds=0.1))
    finally:
        await queue.close()
