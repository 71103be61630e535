"""The admin page: who gets in, and what it does."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.bot.conftest import House, browser, picture

PASSWORD = "correct horse battery"


class Desk:
    """A browser without scripts: it reads pages and sends their forms."""

    def __init__(self, address: str, lang: str) -> None:
        self.http = aiohttp.ClientSession(
            address,
            headers={"Origin": address, "Accept-Language": lang},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
        )
        self.page = ""
        self.token = ""
        self.status = 0

    async def open(self) -> None:
        """GET the page."""
        await self._read(self.http.get("/admin"))

    async def send(self, path: str, **fields: str) -> None:
        """Send a form of the page, with its token unless another is given."""
        await self._read(self.http.post(path, data={"token": self.token, **fields}))

    async def enter(self, password: str = PASSWORD) -> None:
        """Open the page and log in."""
        await self.open()
        await self.send("/admin/login", password=password)

    async def order(self, text: str) -> str:
        """Type a command; gives what is answered."""
        await self.send("/admin", text=text)
        found = re.search(r'<div class="said[ "].*?</div>', self.page, re.S)
        return html.unescape(re.sub(r"<[^>]+>", "", found[0])) if found else ""

    @property
    def is_in(self) -> bool:
        """Whether the page is that of somebody who has logged in."""
        return "/admin/logout" in self.page

    async def _read(self, asked: object) -> None:
        async with asked as answer:  # type: ignore[attr-defined]
            self.status, self.page = answer.status, await answer.text()
            self.headers = answer.headers
        if tokens := re.findall(r'name="token" value="([^"]+)"', self.page):
            self.token = tokens[-1]


@asynccontextmanager
async def desk(address: str, lang: str = "en") -> AsyncIterator[Desk]:
    """Somebody who may open the admin page."""
    one = Desk(address, lang)
    async with one.http:
        yield one


@pytest.fixture
async def address(house: House) -> AsyncIterator[str]:
    """A front that has the page."""
    async with house.web(admin_password=PASSWORD) as address:
        yield address


async def _is_in(address: str, **cookies: str) -> bool:
    async with (
        aiohttp.ClientSession(address, cookies=cookies) as http,
        http.get("/admin") as answer,
    ):
        return "/admin/logout" in await answer.text()


async def test_no_password_no_page(house: House) -> None:
    """Without a password in the settings there is nothing to log in to."""
    async with house.web() as address, desk(address) as one:
        for path in ("/admin", "/admin/login", "/admin/logout"):
            async with one.http.get(path) as answer:
                assert (404, "not_found") == (answer.status, (await answer.json())["error"])
            async with one.http.post(path) as answer:
                assert 404 == answer.status


async def test_login(address: str) -> None:
    """The password opens the page, a wrong one does not, and says so."""
    async with desk(address) as one:
        await one.open()
        assert "Queue" not in one.page
        for wrong in ("", "correct horse batterY", PASSWORD + "\u0434", "x" * 4000):
            await one.send("/admin/login", password=wrong)
            assert (403, False) == (one.status, one.is_in)
            assert "That is not the password." in one.page
        await one.enter()
        assert (200, True) == (one.status, one.is_in)
        assert "no-store" == one.headers["Cache-Control"]
        assert "frame-ancestors 'none'" in one.headers["Content-Security-Policy"]
        await one.send("/admin/logout")
        assert not one.is_in
        await one.open()
        assert not one.is_in


async def test_cookie(house: House, address: str) -> None:
    """The session's cookie is signed, out of reach of scripts and other sites, not the one from
    before the login, and ends by itself.
    """
    async with desk(address) as one:
        await one.open()
        async with one.http.post(
            "/admin/login",
            data={"token": one.token, "password": PASSWORD},
            allow_redirects=False,
        ) as answer:
            said, cookie = answer.headers["Set-Cookie"], answer.cookies["admin"].value
        assert "HttpOnly" in said
        assert "SameSite=Strict" in said
        before = [each for each in one.http.cookie_jar if each.key == "admin"]
        assert [cookie] == [each.value for each in before]
        for made_up in (cookie[:-1], "in-x.1.x", cookie.replace("in-", "on-", 1)):
            assert not await _is_in(address, admin=made_up)
        house.clock.advance(12 * 3600 - 60)
        await one.open()
        assert one.is_in
        house.clock.advance(120)
        await one.send("/admin", text="pause effect swirl")
        assert (403, False) == (one.status, one.is_in)
        assert "nothing was done" in one.page
    assert () == (await house.queue.office.rules()).paused_effects


async def test_before_the_login(address: str) -> None:
    """Whoever knows the cookie from before somebody's login is not let in by it."""
    async with desk(address) as one:
        await one.open()
        known = {each.key: each.value for each in one.http.cookie_jar}
        await one.enter()
        assert not await _is_in(address, **known)


async def test_guessing(house: House, address: str) -> None:
    """Passwords can't be tried for long, the right one neither; the wait is told."""
    async with desk(address, "ru") as one:
        await one.open()
        for _ in range(10):
            await one.send("/admin/login", password="guess")
            assert 403 == one.status
        await one.send("/admin/login", password=PASSWORD)
        assert 429 == one.status
        assert "60" == one.headers["Retry-After"]
        assert "через 60 секунд" in one.page
        house.clock.advance(60)
        await one.enter()
        assert one.is_in


async def test_foreign_forms(house: House, address: str) -> None:
    """A form without the session's own token does nothing, nor one that comes from elsewhere."""
    async with desk(address) as one, desk(address) as other:
        await one.enter()
        await other.enter()
        token = one.token
        for foreign in ("", "x", "x.y", other.token):
            await one.send("/admin", token=foreign, text="pause effect swirl")
            assert 403 == one.status
            await one.send("/admin/logout", token=foreign)
            assert 403 == one.status
        form = {"token": token, "text": "pause effect swirl"}
        headers = {"Origin": "http://evil.example"}
        async with one.http.post("/admin", data=form, headers=headers) as answer:
            assert 403 == answer.status
        async with one.http.post("/admin", json=form) as answer:
            assert 415 == answer.status
        async with one.http.post("/admin", data={**form, "text": "x" * 9000}) as answer:
            assert 413 == answer.status
        assert () == (await house.queue.office.rules()).paused_effects
        await one.open()
        assert one.is_in


async def test_commands(house: House, address: str) -> None:
    """What is typed is done as in a chat, with or without "/admin", under a name of its own."""
    async with desk(address) as one:
        await one.enter()
        assert "swirl" in await one.order("pause effect swirl")
        assert ("swirl",) == (await house.queue.office.rules()).paused_effects
        await one.order("/admin resume effect swirl")
        assert () == (await house.queue.office.rules()).paused_effects
        assert "set" in await one.order("sett tiers.free.day 2")
        change, *_ = await house.queue.office.changes(limit=1)
        assert "web admin" == change.who
        assert "web admin: " in await one.order("audit")


async def test_read_anew(house: House, address: str) -> None:
    """A page that is read anew sends its form again: nothing is granted twice."""
    async with desk(address) as one:
        await one.enter()
        token = one.token
        assert "1,000" in await one.order("bonus telegram:1 1000")
        await one.send("/admin", token=token, text="bonus telegram:1 1000")
        assert "This form was sent before" in one.page
        assert 1 == len(await house.queue.office.changes(limit=9))


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("en", ("Waiting: 1", "blend 1", "Failed jobs")), ("ru", ("Ждут: 1", "blend 1", "Неудавш"))],
)
async def test_overview(house: House, address: str, lang: str, expected: tuple[str, ...]) -> None:
    """It shows what waits, who works, what failed, the rules; words of people stay words."""
    async with browser(address) as ann, desk(address, lang) as boss:
        await ann.say("/blend", [picture(), picture("orange")])
        await house.announce("blend", swirl="<b>no weights</b>")
        await boss.enter()
        await boss.order("ban telegram:1 <script>alert(1)</script>")
    for words in (*expected, "hand — ", "&lt;b&gt;no weights", "tiers.free: ", "&lt;script&gt;"):
        assert words in boss.page
    assert "<script" not in boss.page
    assert "<b>no" not in boss.page
