"""Admins at work on a live service: bot, worker and shell are processes of their own."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from yarl import URL

from bot.fronts.vk.languages import Languages
from bot.fronts.web.account import Cookies
from tests.bot.conftest import WebDoor, browser, picture
from tests.bot.process import ROOT, bot
from tests.conftest import WAIT
from tests.worker.runtime_kit import LEASE, House, until
from worker.jobs.redis_queue import RedisQueue

PHOTO = picture()
SECRET = "the secret of this test"
COOKIES = Cookies(SECRET)
COOKIE = COOKIES.make()
BOSS = f"web:{COOKIES.account(COOKIE)}"


def shell(url: str, *words: str, lang: str = "en_US.UTF-8") -> tuple[int, str]:
    """`python -m bot admin …`; its exit status and all that it says."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("ATELIER_", "LC_"))}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "admin", *words],
        env={**inherited, "ATELIER_REDIS_URL": url, "LANG": lang},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return ended.returncode, ended.stdout


@pytest.fixture
def house(redis_queue: RedisQueue, redis_url: str, tmp_path: Path) -> Iterator[House]:
    """The real queue, and workers with effects that are quick."""
    house = House(redis_queue, tmp_path, redis_url)
    yield house
    house.close()


async def test_at_once(house: House, redis_url: str, tmp_path: Path) -> None:
    """What an admin changes, in a chat or in the shell, counts for bot and worker at once."""
    worker = await house.worker(effects="invert", lease=LEASE)
    environment = {
        "ATELIER_REDIS_URL": redis_url,
        "ATELIER_STATE_DIR": str(tmp_path),
        "ATELIER_WEB__SECRET": SECRET,
        "ATELIER_ADMINS": f"telegram:1, {BOSS}",
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "plugins"), str(ROOT)]),
    }
    with bot(tmp_path, environment) as process:
        async with browser(process.address) as ann, browser(process.address) as boss:
            boss.http.cookie_jar.update_cookies({"atelier": COOKIE}, URL(process.address))

            async def done(words: str) -> str:
                reply = await boss.say(f"/admin {words}")
                assert "" == reply["error"], reply["text"]
                return str(reply["text"])

            assert "one — cpu" in await done("workers")
            assert 0 == shell(redis_url, "pause", "effect", "invert")[0]
            assert "effect_paused" == (await ann.say("/invert", [PHOTO]))["error"]
            assert 0 == shell(redis_url, "resume", "effect", "invert")[0]
            job = (await ann.say("/invert"))["slot"]
            await until(lambda: _is(ann, job, "done"))

            await done("pause pool cpu")
            job = (await ann.say("/invert", [PHOTO]))["slot"]
            _, said = shell(redis_url, "queue")
            assert "Waiting: 1, running: 0" in said
            await done("resume pool cpu")
            await until(lambda: _is(ann, job, "done"))

            await done("set tiers.pro.day 9")
            assert "tiers.pro.day 9\n" in shell(redis_url, "rules", "pro")[1]

            assert 0 == shell(redis_url, "drain", "one")[0]
            assert 0 == await worker.ended()
            assert "No worker is there." == await done("workers")
            audit = await done("audit")
            assert 6 == len(audit.splitlines()[1:])
            assert f"{BOSS}: rules: tiers.pro.day 6 → 9" in audit
        assert 0 == process.stop()
    assert "Traceback" not in process.log + worker.log


async def _is(door: WebDoor, job: str, wanted: str) -> bool:
    return wanted == str((await door.get(f"/api/jobs/{job}"))[1]["state"])


def test_shell(redis_url: str) -> None:
    """Refusals have an exit status of their own; the language is the terminal's; who is known."""
    assert (0, "Nothing has been changed yet.\n") == shell(redis_url, "audit")
    status, said = shell(redis_url, "set", "tiers.free.day", "-1")
    assert 1 == status
    assert said.startswith("tiers.free.day must be a whole number from 1 to 1,000, not “-1”.")
    status, said = shell(redis_url, "set", "tiers.free.day", "3", lang="ru_RU.UTF-8")
    assert (0, "Действует с этого момента (версия 1):\n• tiers.free.day: 1 → 3\n") == (status, said)
    assert f" shell:{getpass.getuser()}: rules:" in shell(redis_url, "audit")[1]
    status, said = shell("redis://127.0.0.1:1", "rules")
    assert (1, "The queue can’t be reached just now.") == (status, said[:36])


@pytest.mark.parametrize("name", ["ATELIER_ADMINS", "ATELIER_MODERATORS"])
def test_wrong_roles(tmp_path: Path, name: str) -> None:
    """A wrong account stops the start with a line that names the setting and the account."""
    with bot(tmp_path, {name: "telegram:1, bob"}) as process:
        assert 2 == process.process.wait(WAIT)
    assert f"the setting {name} is wrong" in process.log
    assert "'bob'" in process.log


async def test_what_fronts_keep_is_forgotten(redis_queue: RedisQueue, redis_url: str) -> None:
    """The language of somebody on VK goes with the account, also when the shell forgets it."""
    languages = Languages(redis_queue.client)
    for user in ("vk:501", "vk:502"):
        await languages.note(user, "en")
    assert 0 == shell(redis_url, "bonus", "vk:501", "5")[0]
    assert 0 == shell(redis_url, "forget", "vk:501")[0]
    assert ["ru", "en"] == [await languages.of(user) for user in ("vk:501", "vk:502")]
