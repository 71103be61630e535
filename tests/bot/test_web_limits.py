"""The web front against those who ask for too much."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.fronts.web.peers import _warn
from bot.fronts.web.rates import Rate
from bot.fronts.web.secret import kept_secret
from tests.bot.conftest import House, WebDoor, browser
from tests.conftest import WAIT, Clock
from worker.jobs.errors import BadSettings


def limits(**most: int) -> dict[str, Any]:
    """Settings of the front with these limits."""
    return {"limits": most}


async def post(door: WebDoor) -> aiohttp.ClientResponse:
    """Ask for help, whatever comes."""
    form = aiohttp.FormData({"text": "/help", "message": "m"}, default_to_multipart=True)
    async with door.http.post("/api/messages", data=form) as answer:
        await answer.read()
        return answer


async def reads(door: WebDoor, **headers: str) -> int:
    """The status of a request that comes with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with door.http.get("/api/effects", headers=named) as answer:
        return answer.status


async def test_posts_of_an_account(house: House) -> None:
    """So many at once, then one sentence with the time to wait; others are not held up."""
    async with (
        house.web(**limits(account_posts=3)) as address,
        browser(address, "ru") as ann,
        browser(address) as bob,
    ):
        assert [200, 200, 200, 429, 429] == [(await post(ann)).status for _ in range(5)]
        assert 200 == (await post(bob)).status
        refused = await post(ann)
        assert "20" == refused.headers["Retry-After"]
        assert "через 20 секунд" in (await refused.json())["text"]
        assert "too_many" == (await refused.json())["error"]
        assert 200 == (await ann.get("/api/jobs"))[0]
        house.clock.advance(20)
        assert [200, 429] == [(await post(ann)).status for _ in range(2)]
        house.clock.advance(3600)
        assert [200, 200, 200, 429] == [(await post(ann)).status for _ in range(4)]


async def test_cancel_is_counted(house: House) -> None:
    """Every POST is, whatever its address."""
    async with house.web(**limits(account_posts=1)) as address, browser(address) as door:
        await post(door)
        async with door.http.post("/api/jobs/ab/cancel") as answer:
            assert 429 == answer.status


async def test_posts_of_an_address(house: House) -> None:
    """More accounts are no more posts, with none or a made-up cookie neither."""
    async with house.web(**limits(address_posts=2)) as address:
        async with browser(address) as ann, browser(address) as bob:
            assert [200, 200, 429] == [(await post(each)).status for each in (ann, bob, ann)]
        headers = {"Origin": address, "Cookie": "atelier=x"}
        async with aiohttp.ClientSession(address, headers=headers) as http:
            async with http.post("/api/messages") as answer:
                assert 429 == answer.status
            async with http.get("/healthz") as answer:
                assert 200 == answer.status


async def test_reads(house: House) -> None:
    """What is fetched is counted by itself; files that are the same for all are not."""
    async with (
        house.web(**limits(account_reads=2)) as address,
        browser(address) as ann,
        browser(address) as bob,
    ):
        statuses = [(await ann.get("/api/jobs/ab/photos/0"))[0] for _ in range(3)]
        assert [404, 404, 429] == statuses
        assert 200 == (await ann.get("/static/main.js"))[0]
        assert 200 == (await post(ann)).status
        assert 200 == await reads(bob)


async def test_streams(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many pages are open at once; one that is closed makes room."""
    monkeypatch.setattr("bot.fronts.web.events._LOOK", 0.01)
    most = limits(account_streams=2, account_reads=10**6, address_reads=10**6)
    async with house.web(**most) as address, browser(address) as door:
        one, two = [await door.http.get("/api/events") for _ in range(2)]
        status, body = await door.get("/api/events")
        assert (429, "too_many_pages") == (status, body["error"])
        async with browser(address) as bob, bob.http.get("/api/events") as answer:
            assert 200 == answer.status
        one.close()
        async with asyncio.timeout(WAIT):
            while 429 == (three := await door.http.get("/api/events")).status:
                three.release()
        for stream in (two, three):
            stream.close()


async def test_new_accounts(house: House) -> None:
    """An address gets so many an hour; who has one already is let in."""
    async with (
        house.web(**limits(address_accounts=2)) as address,
        browser(address) as ann,
        browser(address),
        browser(address) as late,
    ):
        assert 401 == (await late.get("/api/jobs"))[0]
        status, body = await late.get("/")
        assert (429, "too_many_accounts") == (status, body["error"])
        assert "30 minutes" in body["text"]
        assert 200 == (await ann.get("/"))[0]
        house.clock.advance(1800)
        assert 200 == (await late.get("/"))[0]


async def test_behind_a_proxy(house: House) -> None:
    """The proxy tells who asks; what the client itself has written before it does not count."""
    async with (
        house.web(
            trusted_proxies=["127.0.0.1", "10.0.0.0/8"], **limits(address_reads=3)
        ) as address,
        browser(address) as door,
    ):
        assert 200 == await reads(door, X_Forwarded_For="203.0.113.1")
        assert 200 == await reads(door, X_Forwarded_For="198.51.100.7, 203.0.113.1, 10.1.2.3")
        assert 200 == await reads(door, X_Forwarded_For="junk, 203.0.113.1")
        assert 429 == await reads(door, X_Forwarded_For="198.51.100.8, 203.0.113.1")
        assert 200 == await reads(door, X_Forwarded_For="203.0.113.2")
        same = [f"2001:db8:1:2::{n}" for n in range(4)]
        assert [200, 200, 200, 429] == [await reads(door, X_Forwarded_For=each) for each in same]
        assert 200 == await reads(door, X_Forwarded_For="2001:db8:1:3::1")


async def test_no_proxy(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever comes directly can't choose their address; that it may be a forgotten proxy is said
    once.
    """
    _warn.cache_clear()
    async with house.web(**limits(address_reads=3)) as address, browser(address) as door:
        chosen = [await reads(door, X_Forwarded_For=f"203.0.113.{n}") for n in range(3)]
        assert [200, 200, 429] == chosen  # to open the page was one
    assert 1 == caplog.text.count("ATELIER_WEB__TRUSTED_PROXIES")


@pytest.mark.parametrize("proxies", [[], ["127.0.0.1"]])
async def test_cookie_by_https(house: House, proxies: list[str]) -> None:
    """Behind a proxy with TLS the cookie goes by TLS alone and can't be set by other names of the
    domain; anybody else who says https is not believed.
    """
    async with house.web(trusted_proxies=proxies) as address, browser(address) as door:
        async with door.http.get("/", headers={"X-Forwarded-Proto": "https"}) as answer:
            said = answer.headers.getall("Set-Cookie")
        secure = [each for each in said if each.startswith("__Host-") and "Secure" in each]
        assert len(proxies) == len(secure)


async def test_slow_upload(house: House) -> None:
    """A message that dribbles in holds nothing for long."""
    answered = asyncio.Event()

    async def dribble() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n/he'
        await answered.wait()

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    async with (
        house.web(upload_seconds=0.2) as address,
        browser(address) as door,
        door.http.post("/api/messages", data=dribble(), headers=headers) as answer,
    ):
        assert (408, "too_slow") == (answer.status, (await answer.json())["error"])
        answered.set()
        assert 200 == (await post(door)).status


def test_memory_is_bounded(clock: Clock) -> None:
    """Whoever comes from ever new addresses neither fills the memory nor frees those who have
    asked for most.
    """
    rate = Rate(2, 60, clock, remembered=100)
    assert [0, 0, 30] == [rate.take("greedy") for _ in range(3)]
    for number in range(1000):
        rate.take(f"new {number}")
    assert len(rate._full) <= 100
    assert rate.take("greedy") == 30
    clock.advance(61)
    rate.take("new")
    assert 0 == rate.take("greedy")


async def test_secret_is_kept(tmp_path: Path) -> None:
    """Bots that begin at once make one secret, which their own user alone can read."""
    path = tmp_path / "state" / "web-secret"
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(kept_secret, [path] * 16))
    assert 1 == len(made)
    assert len(made.pop()) >= 32
    assert [(path, 0o600)] == [
        (each, each.stat().st_mode & 0o777) for each in path.parent.iterdir()
    ]
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSettings, match="ATELIER_WEB__SECRET"):
        kept_secret(tmp_path / "file" / "web-secret")
