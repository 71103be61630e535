"""`python -m bot doctor` as a real program, against the test servers."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
import redis

from tests.conftest import RedisServer
from tests.messengers.telegram import TelegramServer
from tests.messengers.vk import VkServer
from tests.worker.runtime_kit import ROOT


async def _doctor(folder: Path, environment: dict[str, str]) -> tuple[int, list[str]]:
    """Exit status and lines; with weights in a folder of their own, and no messenger's real one."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
    own = {
        "ATELIER_STATE_DIR": str(folder / "state"),
        "ATELIER_WEIGHTS_DIR": str(folder / "weights"),
        "ATELIER_WORKER__DEVICE": "cpu",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor"),
        env={**inherited, **own, **environment},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode().splitlines()


async def test_all_is_well(tmp_path: Path, redis_url: str) -> None:
    """Redis, pictures, both tokens and the machine are looked at; what is only not so good is
    said, and is no failure.
    """
    async with TelegramServer() as telegram, VkServer() as vk:
        environment = {
            "ATELIER_REDIS_URL": redis_url,
            "ATELIER_TELEGRAM__TOKEN": telegram.token,
            "ATELIER_TELEGRAM__API_BASE": telegram.base,
            "ATELIER_VK__TOKEN": vk.token,
            "ATELIER_VK__GROUP_ID": "77",
            "ATELIER_VK__API_BASE": vk.base,
        }
        status, lines = await _doctor(tmp_path, environment)
    assert 0 == status, lines
    for expected in (
        "ok    Redis: ",
        "ok    Redis: writes all changes to its append-only file",
        "ok    pictures: are written, read and deleted in ",
        "warn  pictures: lie in a folder of this machine alone; set ATELIER_BLOBS_URL",
        "warn  workers: none is alive; start one: python -m worker",
        "ok    Telegram: knows the bot as @",
        "ok    VK: knows the community 77",
        "ok    device: the CPU: is asked for",
        "ok    weights efficientnet_lite0: are good: ",
    ):
        assert [line for line in lines if line.startswith(expected)], (expected, lines)
    assert {"ok", "warn"} == {line[:4].strip() for line in lines}
    assert not list((tmp_path / "state" / "blobs").iterdir())


async def test_what_is_wrong(tmp_path: Path, own_redis: RedisServer) -> None:
    """Each fault is a line that says what to do; tokens are not in it."""
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("appendonly", "no")
        client.config_set("maxmemory-policy", "allkeys-lru")
    weights = tmp_path / "weights" / "vgg19-dcbb9e9d.pth"
    weights.parent.mkdir()
    weights.write_bytes(b"damaged")
    (tmp_path / "file").write_text("no folder")
    async with TelegramServer() as telegram, VkServer() as vk:
        environment = {
            "ATELIER_REDIS_URL": own_redis.url,
            "ATELIER_BLOBS_URL": f"file://{tmp_path}/file",
            "ATELIER_TELEGRAM__TOKEN": "43:ANOTHER",
            "ATELIER_TELEGRAM__API_BASE": telegram.base,
            "ATELIER_VK__TOKEN": "vk1.WRONG",
            "ATELIER_VK__GROUP_ID": "77",
            "ATELIER_VK__API_BASE": vk.base,
        }
        status, lines = await _doctor(tmp_path, environment)
    assert 1 == status
    for expected in (
        "warn  Redis: has no append-only file: a crash loses jobs; set appendonly yes",
        "fail  Redis: drops keys when it is full (allkeys-lru); set maxmemory-policy noeviction",
        "fail  pictures: can't be kept in ATELIER_BLOBS_URL",
        "fail  Telegram: refuses the token: ",
        "fail  VK: refuses: ",
        "fail  weights vgg19: ",
    ):
        found = [line for line in lines if line.startswith(expected)]
        assert found, (expected, lines)
    text = "\n".join(lines)
    assert [] == [word for word in ("ANOTHER", "WRONG", "Traceback") if word in text]


async def test_nobody_there(tmp_path: Path) -> None:
    """No Redis and no messenger answer: that is said, nothing hangs."""
    environment = {
        "ATELIER_REDIS_URL": f"unix://{tmp_path}/nobody.sock",
        "ATELIER_TELEGRAM__TOKEN": "43:ANOTHER",
        "ATELIER_TELEGRAM__API_BASE": "http://127.0.0.1:9",
    }
    status, lines = await _doctor(tmp_path, environment)
    assert 1 == status
    assert [line for line in lines if line.startswith("fail  Redis: does not answer: ")]
    assert [line for line in lines if line.startswith("fail  Telegram: does not answer; look")]


async def test_mistakes(tmp_path: Path, redis_url: str) -> None:
    """What newcomers get wrong is named by the variable, with what to do."""
    environment = {
        "ATELIER_REDIS_URL": redis_url,
        "ATELIER_WEB_PORT": "81",
        "ATELIER_WORKER_DEVICE": "cuda",
        "ATELIER_TELEGRAM__TOKEN": "'1:A'",
        "ATELIER_BLOBS_URL": "s3://x",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "ATELIER_WORKER__EFFECTS": "stile",
    }
    _, lines = await _doctor(tmp_path, environment)
    for begin, end in (
        ("warn  settings: ATELIER_WEB_PORT is none; did you mean ATELIER_WEB__PORT?", ""),
        ("warn  settings: ATELIER_WORKER_DEVICE is none; did you mean ATELIER_WORKER__DEVICE?", ""),
        ("fail  Telegram: the token does not look like 123456:ABC…; ", ", without quotes"),
        ("fail  pictures: can't be kept in ATELIER_BLOBS_URL: ", "AWS_ENDPOINT_URL with https"),
        ("fail  effects: there is no effect 'stile'; did you mean 'style'? correct ", "EFFECTS"),
    ):
        assert [line for line in lines if line.startswith(begin) and line.endswith(end)], lines


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "ATELIER_WEB__PORT",
            "many",
            "ATELIER_WEB__PORT is wrong: Input should be a valid integer",
        ),
        ("ATELIER_VK__TOKEN", "x", "is wrong: a token needs ATELIER_VK__GROUP_ID"),
    ],
)
async def test_settings_that_can_t_be_read(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    """The variable is named as it was written."""
    status, lines = await _doctor(tmp_path, {name: value})
    assert (2, 1) == (status, len(lines))
    assert said in lines[0]


async def test_a_wrong_password(tmp_path: Path, own_redis: RedisServer) -> None:
    """It is no Redis that is away; the password isn't told."""
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("requirepass", "right")
    url = own_redis.url.replace("://", "://:WRONG@", 1)
    _, lines = await _doctor(tmp_path, {"ATELIER_REDIS_URL": url})
    assert [line for line in lines if line.startswith("fail  Redis: lets us not in: ")], lines
    assert "WRONG" not in "\n".join(lines)
