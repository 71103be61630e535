"""Accounts, rules and filters of one service as a file, put into another."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.core.backup import Backup, BadBackup
from bot.core.preferences import MemoryPreferences, RedisPreferences, Settled
from bot.core.saved import MemorySavedFilters, SavedFilter
from bot.core.saved_redis import RedisSavedFilters
from tests.bot.process import ROOT
from tests.conftest import Clock, RedisServer
from tests.worker import record_wire
from tests.worker.cases import a_job, submit
from tests.worker.laws import balances
from worker.jobs.blobs import Blobs
from worker.jobs.memory import MemoryQueue
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Tier

BLOBS = {f"filters/f1/{name}": name.encode() * 1000 for name in (
    "picture", "vectors-learning", "thumbnail-learning",
)}  # fmt: skip
NAMES = ("telegram:1", "web:w", "telegram:2", "vk:3")


def bot(url: str, state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`python -m bot …` to its end."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ATELIER_")}
    place = {"ATELIER_STATE_DIR": str(state), "ATELIER_REDIS_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, env={**inherited, **place},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


async def test_from_one_redis_into_another(
    redis_url: str, own_redis: RedisServer, tmp_path: Path
) -> None:
    """All that is known of people comes along: tiers, allowances, boosts, bans, credits, links,
    preferences, filters with their pictures, and rules; once more it changes nothing.
    """
    clock, file = Clock(), tmp_path / "atelier.jsonl"
    one, two = RedisQueue(redis_url, clock=clock), RedisQueue(own_redis.url, clock=clock)
    rules = await one.office.rules()
    tiers = {**rules.tiers, "gold": Tier(daily=77)}
    await one.office.set_rules(rules.model_copy(update={"tiers": tiers}), who="admin")
    await record_wire.live(one, clock)
    await one.office.set_tier("vk:9", "gold", who="admin")
    blobs = Blobs.open(tmp_path / "one" / "blobs")
    for name, content in BLOBS.items():
        await blobs.put(name, content)
    said = bot(redis_url, tmp_path / "one", "export", str(file))
    assert (0, "Written: account 4, filter 1, rules 1, settings 1.\n") == (
        said.returncode, said.stdout,
    ), said.stderr  # fmt: skip
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert not list(tmp_path.glob("*.part"))  # noqa: ASYNC240
    # a living service: vk:3 is known there, and stays as it is
    await two.office.set_tier("vk:3", "pro", who="admin")
    said = bot(own_redis.url, tmp_path / "two", "import", str(file))
    assert 0 == said.returncode, said.stderr
    assert "New here: account 3, filter 1, rules 1, settings 1." in said.stdout
    assert "Known here, and left as they were: account 1." in said.stdout
    for name in NAMES[:3]:
        before, after = await one.office.person(name), await two.office.person(name)
        balances(after.account)
        assert 0 == after.account.held
        # what jobs held is returned, and jobs do not come along
        back = before.account.available + before.account.held
        assert back == after.account.available
        for field in ("user", "tier", "daily", "boost", "banned", "linked"):
            assert getattr(before, field) == getattr(after, field), (name, field)
        for field in ("granted", "spent", "expired", "bonus", "allowance"):
            assert getattr(before.account, field) == getattr(after.account, field), (name, field)
    assert "telegram:1" == await two.whose("web:w")
    known = await two.office.person("vk:3")
    assert ("pro", None) == (known.tier, known.banned)
    assert "gold" == (await two.office.person("vk:9")).tier
    assert 77 == (await two.office.rules()).tiers["gold"].daily
    settled = await RedisPreferences(two.client).get("telegram:1")
    assert Settled(lang="ru", size=768, as_files=True) == settled
    [dusk] = await RedisSavedFilters(two.client).of("telegram:1")
    assert await RedisSavedFilters(one.client).with_code("ABCDEFGH") == dusk
    there = Blobs.open(tmp_path / "two" / "blobs")
    assert BLOBS == {name: await there.get(name) for name in BLOBS}
    # they go on working there
    await submit(two, a_job("x", "web:w"))
    again = bot(own_redis.url, tmp_path / "two", "import", str(file))
    assert "New here: nothing." in again.stdout, again.stderr
    await one.close()
    await two.close()


async def test_an_account_is_put_in_place_once(queue: MemoryQueue | RedisQueue) -> None:
    """By either build; whoever is known, by one of the identities, stays as a whole; a tier that
    there is not becomes the usual one.
    """
    office, other = queue.office, MemoryQueue(clock=Clock())
    await office.set_tier("ann", "plus", who="admin")
    await office.grant("ann", 5, who="admin")
    await queue.link(await queue.link_code("ann"), user="bob")
    await office.ban("cem", "spam", who="admin")
    await office.grant("cem", 7, who="admin")
    copies = {next(iter(copy.terms)): copy async for copy in office.copies()}
    assert {"ann": {"ann", "bob"}, "cem": {"cem"}} == {n: {*c.terms} for n, c in copies.items()}
    assert await other.restore(copies["ann"])
    assert not await other.restore(copies["ann"])
    assert await office.person("ann") == await other.person("bob")
    assert not await office.restore(copies["cem"])
    await queue.erase("ann", who="ann")
    await office.grant("bob", 1, who="admin")
    assert not await office.restore(copies["ann"])
    assert "ann" == await queue.whose("ann")
    odd = copies["cem"].model_copy(
        update={"terms": {"dan": copies["cem"].terms["cem"].changed({"tier": "gold"})}}
    )
    assert await office.restore(odd)
    person = await office.person("dan")
    assert ("free", "spam", 7) == (person.tier, person.banned, person.account.bonus)


def a_backup(tmp_path: Path) -> Backup:
    """Of an empty service in memory."""
    office = MemoryQueue(clock=Clock()).office
    blobs = Blobs.open(tmp_path / "blobs")
    return Backup(office, blobs, MemoryPreferences(), MemorySavedFilters())


HEAD = {"atelier": "export", "version": 1}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "is no export"),
        (["x"], "is no export"),
        ([[1, 2]], "is no export"),
        ([{"atelier": "export", "version": 2}, {"end": 1}], "has version 2, and this program"),
        ([HEAD, {"settings": "ann", "settled": {}}], "is cut off"),
        ([HEAD, {"end": 7}], "is cut off"),
        ([HEAD, {"what": 1}, {"end": 2}], "Line 2 is damaged"),
        ([HEAD, {"account": {"terms": {"a b": {}}}}, {"end": 2}], "Line 2 is damaged"),
        (
            [
                HEAD,
                {
                    "filter": SavedFilter(
                        id="f", owner="ann", name="n", effect="style", digest="d", picture="p"
                    ).model_dump(),
                    "blobs": {"somebody/photo-0": ""},
                },
                {"end": 2},
            ],
            "Line 2 is damaged",
        ),
    ],
)
async def test_a_file_that_is_none(lines: list[Any], words: str, tmp_path: Path) -> None:
    """One sentence says what is wrong with it."""
    file = io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    with pytest.raises(BadBackup, match=words) as refused:
        await a_backup(tmp_path).read(file)
    assert "\n" not in str(refused.value)


def test_the_shell_says_what_is_wrong(redis_url: str, tmp_path: Path) -> None:
    """A file that there is not, or a folder that can't be written, ends with status 1."""
    for words in (["import", str(tmp_path / "none")], ["export", str(tmp_path / "no" / "file")]):
        said = bot(redis_url, tmp_path, *words)
        assert (1, 1) == (said.returncode, said.stderr.count("\n")), said.stderr
        assert "No such file" in said.stderr
