"""The real program: what it loads, how it starts, lives without Redis, and leaves."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.bot.conftest import browser, picture
from tests.bot.process import bot, kept_port
from tests.bot.test_web_api import Events
from tests.conftest import WAIT, RedisServer
from tests.worker.runtime_kit import until
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Rules

PHOTO = picture()


async def test_no_model_is_loaded(tmp_path: Path, redis_url: str) -> None:
    """A bot that has served its page and all effects has imported neither torch nor onnxruntime.

    Python itself tells what it imports (-X importtime).
    """
    with bot(tmp_path, {"ATELIER_REDIS_URL": redis_url}, "-X", "importtime") as process:
        async with browser(process.address) as door:
            _, body = await door.get("/api/effects")
            assert {"gatys", "recognize"} <= {effect["name"] for effect in body["effects"]}
            assert (await door.say("/gatys", [PHOTO, PHOTO]))["slot"]
        assert 0 == process.stop()
    imported = set(re.findall(r"\|\s+([\w.]+)$", process.log, re.MULTILINE))
    assert {"jinja2", "effects.spec", "PIL.Image"} <= imported
    heavy = ("torch", "onnxruntime", "efficientnet_lite_pytorch", "worker.runtime")
    assert [] == [name for name in imported if name.startswith(heavy)]


async def test_plugin_appears(tmp_path: Path, redis_url: str, plugin_path: Path) -> None:
    """An effect of another package is on the page, in both languages, with no edit of ours."""
    environment = {"ATELIER_REDIS_URL": redis_url, "PYTHONPATH": str(plugin_path)}
    with bot(tmp_path, environment) as process:
        for lang in ("en", "ru"):
            async with browser(process.address, lang) as door:
                _, body = await door.get("/api/effects")
                (negative,) = [e for e in body["effects"] if e["name"] == "negative"]
                assert negative["title"]
                assert "/negative" in (await door.say("/help negative"))["text"]
                assert (await door.say("/negative", [PHOTO] * negative["fewest"]))["slot"]


async def test_redis_away_and_back(tmp_path: Path, own_redis: RedisServer) -> None:
    """Without Redis the page is there and says so; when Redis is back everything goes on."""
    own_redis.kill()
    with bot(tmp_path, {"ATELIER_REDIS_URL": own_redis.url}) as process:
        async with browser(process.address, "ru") as door:
            status, body = await door.get("/api/jobs")
            assert (503, "queue_away") == (status, body["error"])
            _, body = await door.get("/api/effects")
            assert "Очередь сейчас недоступна" in body["notice"]
            reply = await door.say("/gatys", [PHOTO, PHOTO], message="same")
            assert "queue_away" == reply["error"]
            async with door.http.get("/api/events") as answer:
                events = Events(answer)
                assert "away" == (await events.next())[0]
                own_redis.start()
                name, data = await events.next()
                while name == "away":
                    name, data = await events.next()
                assert {"jobs": []} == data
            job = (await door.say("/gatys", [PHOTO, PHOTO], message="same"))["slot"]
            assert job == (await door.get("/api/jobs"))[1]["jobs"][0]["id"]

            own_redis.kill()
            assert 503 == (await door.get(f"/api/jobs/{job}"))[0]
            own_redis.start()
            assert "waiting" == (await door.get(f"/api/jobs/{job}"))[1]["state"]
        assert 0 == process.stop()
    assert "Traceback" not in process.log


async def test_restart_keeps_account_and_talk(tmp_path: Path, redis_url: str) -> None:
    """After a restart the cookie still is the account, and half-said requests go on."""
    with kept_port() as port:
        environment = {"ATELIER_REDIS_URL": redis_url, "ATELIER_WEB__PORT": str(port)}
        with bot(tmp_path, environment) as first:
            async with browser(first.address) as door:
                job = (await door.say("/gatys", [PHOTO, PHOTO]))["slot"]
                await door.say("/gatys", [PHOTO])
                assert 0 == first.stop()
                with bot(tmp_path, environment) as second:
                    assert first.address == second.address
                    _, body = await door.get("/api/jobs")
                    assert [job] == [each["id"] for each in body["jobs"]]
                    reply = await door.say("", [PHOTO], message="after")
                    assert "waiting" == reply["status"]["state"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_leaves_when_told(tmp_path: Path, redis_url: str, number: signal.Signals) -> None:
    """A signal ends the bot in order, open pages or not."""
    with bot(tmp_path, {"ATELIER_REDIS_URL": redis_url}) as process:
        async with browser(process.address) as door, door.http.get("/api/events") as answer:
            await Events(answer).next()
            assert 0 == process.stop(number)
    assert "Traceback" not in process.log


def test_leaves_with_its_parent(tmp_path: Path) -> None:
    """When standard input closes, the bot and its embedded Redis leave."""
    with bot(tmp_path, {}) as process:
        assert process.process.stdin is not None
        process.process.stdin.close()
        assert 0 == process.process.wait(WAIT)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ATELIER_WEB__PORT", "seventy", "ATELIER_WEB__PORT"),
        ("ATELIER_WEB__COLOUR", "red", "ATELIER_WEB__COLOUR"),
        ("ATELIER_WEB__SECRET", "short", "ATELIER_WEB__SECRET"),
        ("ATELIER_WEB__HOST", "192.0.2.1", "can't listen at 192.0.2.1"),
        ("ATELIER_REDIS_URL", "nonsense", "ATELIER_REDIS_URL"),
    ],
)
def test_wrong_settings(tmp_path: Path, name: str, value: str, expected: str) -> None:
    """A wrong setting is one line that names it, and exit status 2."""
    with bot(tmp_path, {name: value}) as process:
        assert 2 == process.process.wait(WAIT)
    assert expected in process.log
    assert "Traceback" not in process.log


RULES = """\
zone = "Europe/Moscow"
nights = [{ begins = "22:00", ends = "07:00" }]

[tiers.free]
daily = 100

[tiers.plus]
daily = 1000

[tiers.pro]
"""


@pytest.mark.parametrize(
    ("before", "after", "line", "expected"),
    [
        ("Europe/Moscow", "Moscow", 1, "There is no time zone 'Moscow'."),
        ('"07:00"', '"22:00"', 2, "nights.0: the window 22:00–22:00 is empty."),
        (
            "}]",
            '},\n  { begins = "02:00", ends = "03:00" },\n]',
            3,
            "The windows 22:00–07:00 and 02:00–03:00 overlap.",
        ),
        ("daily = 100\n", "daily = -1\n", 5, "tiers.free.daily: must be from 1 to 1000000, not -1"),
    ],
)  # fmt: skip
def test_bad_rules_stop_the_boot(
    tmp_path: Path, before: str, after: str, line: int, expected: str
) -> None:
    """A file of rules that can't be stops the bot before it does anything: one line that names
    file, line and fault, and exit status 2.
    """
    file = tmp_path / "rules.toml"
    assert before in RULES
    file.write_text(RULES.replace(before, after))
    with bot(tmp_path, {"ATELIER_RULES": str(file)}) as process:
        assert 2 == process.process.wait(WAIT)
    assert f"{file}:{line}: {expected}" in process.log
    assert 1 == len(process.log.splitlines())
    assert not (tmp_path / "state").exists()


async def test_rules_from_a_file(tmp_path: Path, redis_url: str) -> None:
    """They are in force after the start, until an admin or another content of the file changes
    them; tiers that it does not name stay.
    """
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    environment = {"ATELIER_REDIS_URL": redis_url, "ATELIER_RULES": str(file)}
    queue = RedisQueue(redis_url)
    office = queue.office

    async def version(number: int) -> bool:
        return (await office.rules()).version == number

    with bot(tmp_path, environment) as process:
        await until(lambda: version(1))
        rules = await office.rules()
        assert ("Europe/Moscow", 100) == (rules.zone, rules.tiers["free"].daily)
        assert Rules().tiers["staff"] == rules.tiers["staff"]
        assert 0 == process.stop()
    await office.set_rules(rules.model_copy(update={"zone": "UTC"}), who="admin")
    file.write_text(RULES.replace("daily = 100\n", "daily = 200\n"))
    with bot(tmp_path, environment):
        await until(lambda: version(3))
        rules = await office.rules()
        assert ("Europe/Moscow", 200) == (rules.zone, rules.tiers["free"].daily)
    assert ["rules.toml", "admin", "rules.toml"] == [c.who for c in await office.changes()]
    await queue.close()
