"""The web front against those who mean no good, or send nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pydantic import SecretStr

from bot.fronts.web.account import Cookies
from tests.bot.conftest import House, WebDoor, browser, picture

PHOTO = picture()


@pytest.fixture
async def door(house: House) -> AsyncIterator[WebDoor]:
    """One account on the web front."""
    async with house.web() as address, browser(address) as door:
        yield door


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["/", "/api/jobs", "/static/main.js"])
async def test_foreign_host(door: WebDoor, host: str, path: str) -> None:
    """A name that was rebound to this machine gets nothing, not even a cookie."""
    async with door.http.get(path, headers={"Host": host}) as answer:
        assert 421 == answer.status
        assert "Set-Cookie" not in answer.headers
        assert "wrong_host" == (await answer.json())["error"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_own_hosts(door: WebDoor, host: str) -> None:
    """The machine's own names are served."""
    port = door.address.rsplit(":", 1)[1]
    async with door.http.get("/healthz", headers={"Host": f"{host}:{port}"}) as answer:
        assert (200, {"ok": True}) == (answer.status, await answer.json())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/api/messages", "/api/jobs/ab/cancel"])
async def test_foreign_origin(
    door: WebDoor, house: House, headers: dict[str, str], path: str
) -> None:
    """Another site's page can't speak for the person."""
    form = {"text": "/help", "message": "m"}
    async with door.http.post(path, data=form, headers=headers) as answer:
        assert 403 == answer.status
        assert "foreign_origin" == (await answer.json())["error"]


async def test_missing_origin(door: WebDoor) -> None:
    """A browser always names the origin of a POST; who does not is refused."""
    async with (
        aiohttp.ClientSession(door.address) as http,
        http.post("/api/messages", data={"text": "/help"}) as answer,
    ):
        assert 403 == answer.status


async def test_no_cookie(door: WebDoor) -> None:
    """Without the cookie there is no account; one that we did not sign is none."""
    made = Cookies("a secret of others").make()
    for cookie in ({}, {"atelier": "short"}, {"atelier": "x" * 43 + "\u0434"}, {"atelier": made}):
        async with aiohttp.ClientSession(door.address, cookies=cookie) as http:
            for path in ("/api/jobs", "/api/events", "/api/jobs/ab"):
                async with http.get(path) as answer:
                    assert 401 == answer.status


@pytest.mark.parametrize(
    ("name", "path", "status"), [("atelier", "/api/jobs", b"401"), ("admin", "/admin", b"200")]
)
async def test_a_cookie_of_odd_bytes(house: House, name: str, path: str, status: bytes) -> None:
    """What can't be a word is no account either, nor an admin's, and no incident."""
    async with house.web(admin_password=SecretStr("a password of tests")) as address:
        host = address.removeprefix("http://")
        reader, writer = await asyncio.open_connection(*host.split(":"))
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nCookie: {name}="
        writer.write(head.encode() + b"\xf9.\xf9\r\n\r\n")
        assert status == (await reader.readline()).split()[1]
        writer.close()


async def test_a_body_that_is_not_what_it_says(door: WebDoor) -> None:
    """Compressed, as it is said, and not so: a form that can't be read."""
    host = door.address.removeprefix("http://")
    [cookie] = door.http.cookie_jar
    reader, writer = await asyncio.open_connection(*host.split(":"))
    head = (
        f"POST /api/messages HTTP/1.1\r\nHost: {host}\r\nOrigin: {door.address}\r\n"
        f"Cookie: {cookie.key}={cookie.value}\r\nConnection: close\r\nContent-Length: 40\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Encoding: deflate\r\n"
    )
    # The body comes when the form is asked for: else it is refused before.
    writer.write(f"{head}Expect: 100-continue\r\n\r\n".encode())
    assert b"100" == (await reader.readline()).split()[1]
    writer.write(b"-" * 40)
    answer = await reader.read()
    writer.close()
    assert b" 400 " in answer
    assert b"not_multipart" in answer


async def test_cookie(door: WebDoor) -> None:
    """The cookie is random, long, out of reach of scripts and other sites, and stays the same."""
    async with aiohttp.ClientSession(door.address) as http, http.get("/") as answer:
        first = answer.cookies["atelier"]
        said = answer.headers["Set-Cookie"]
    async with (
        aiohttp.ClientSession(door.address, cookies={"atelier": first.value}) as http,
        http.get("/") as answer,
    ):
        assert first.value == answer.cookies["atelier"].value
    token, _, signature = first.value.partition(".")
    assert (43, 43) == (len(token), len(signature))
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said


async def test_others_see_nothing(door: WebDoor, house: House) -> None:
    """Another account gets the same 404 for a job as for one that never was, on every address."""
    job = (await door.say("/swirl", [PHOTO]))["slot"]
    claim = await house.claim()
    await house.progress(claim, 1, 2, preview=picture(type="JPEG"))
    async with browser(door.address) as other:
        for path in ("", "/photos/0", "/preview"):
            assert 200 == (await door.get(f"/api/jobs/{job}{path}"))[0]
            theirs = await other.get(f"/api/jobs/{job}{path}")
            never = await other.get(f"/api/jobs/{'0' * 32}{path}")
            assert (404, "no_such_job") == (theirs[0], theirs[1]["error"])
            assert theirs == never
        await house.finish(claim)
        assert 200 == (await door.get(f"/api/jobs/{job}/media/0"))[0]
        assert 404 == (await other.get(f"/api/jobs/{job}/media/0"))[0]
        async with other.http.post(f"/api/jobs/{job}/cancel") as answer:
            assert 404 == answer.status
        assert [] == (await other.get("/api/jobs"))[1]["jobs"]


async def test_private_data_is_not_kept(door: WebDoor) -> None:
    """No cache keeps what is private, nothing is sniffed, framed or fetched from elsewhere."""
    job = (await door.say("/swirl", [PHOTO]))["slot"]
    for path in ("/", "/api/jobs", f"/api/jobs/{job}/photos/0"):
        async with door.http.get(path) as answer:
            assert "no-store" == answer.headers["Cache-Control"]
            assert "nosniff" == answer.headers["X-Content-Type-Options"]
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy
            assert "default-src 'none'" in policy
    async with door.http.get("/") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_photo_too_large(door: WebDoor) -> None:
    """A photo above the limit is 413 with a sentence, whether its size is declared or not."""
    form = aiohttp.FormData({"text": "/swirl", "message": "m"})
    form.add_field("photo", b"\0" * (2**20 + 1), filename="a.png")
    async with door.http.post("/api/messages", data=form) as answer:
        assert 413 == answer.status
        assert "at most 1 MB" in (await answer.json())["text"]
    huge = aiohttp.FormData({"text": "/swirl", "message": "m"})
    huge.add_field("photo", b"\0" * (6 * 2**20), filename="a.png")
    async with door.http.post("/api/messages", data=huge) as answer:
        assert 413 == answer.status


@pytest.mark.parametrize(
    ("photos", "words", "status"), [(4, 20, 422), (5, 20, 413), (1, 9999, 413)]
)
async def test_too_much(door: WebDoor, photos: int, words: int, status: int) -> None:
    """Many photos and long texts are refused before they fill the memory; the order of the parts
    does not matter."""
    form = aiohttp.FormData()
    for _ in range(photos):
        form.add_field("photo", PHOTO, filename="a.png")
    form.add_field("text", "/swirl" + " " * words)
    form.add_field("message", "m")
    async with door.http.post("/api/messages", data=form) as answer:
        assert status == answer.status


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("multipart/form-data; boundary=b", b"junk"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx"),
        ("multipart/form-data; boundary=b", b"--b\r\n\xff\xfe: \r\n\r\n\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n'
            b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c--\r\n--b--\r\n",
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\xff\r\n--b--\r\n',
        ),
        ("multipart/form-data", b""),
        ("application/json", b'{"text": "/help"}'),
        ("text/plain", b"/help"),
        ("", b""),
    ],
)
async def test_junk(door: WebDoor, type: str, body: bytes) -> None:
    """Whatever is no message is 400 with one sentence, and never a traceback."""
    headers = {"Content-Type": type}
    async with door.http.post("/api/messages", data=body, headers=headers) as answer:
        assert 400 == answer.status
        assert "multipart/form-data" in (await answer.json())["text"]


@pytest.mark.parametrize("message", ["", "x" * 65, "../../x", "ю", "a b"])
async def test_message_id(door: WebDoor, message: str) -> None:
    """The message's id is checked: it becomes part of a key."""
    form = aiohttp.FormData({"text": "/help", "message": message}, default_to_multipart=True)
    async with door.http.post("/api/messages", data=form) as answer:
        assert 400 == answer.status
        assert "no_message" == (await answer.json())["error"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/jobs/../../etc/passwd", 404),
        ("GET", "/static/../front.py", 404),
        ("GET", "/static/%2e%2e/front.py", 404),
        ("GET", "/api/jobs/zz", 404),
        ("GET", "/api/jobs/ab/media/-1", 404),
        ("POST", "/api/jobs", 405),
        ("DELETE", "/api/jobs/ab", 405),
        ("GET", "/api/messages", 405),
    ],
)
async def test_wrong_addresses(door: WebDoor, method: str, path: str, status: int) -> None:
    """Addresses that are none say so in JSON."""
    async with door.http.request(method, path) as answer:
        assert status == answer.status
        assert (await answer.json())["text"]


async def test_words_stay_words(door: WebDoor) -> None:
    """What people write comes back as text, never as HTML."""
    reply = await door.say("/<script>alert(1)</script>")
    assert "unknown_effect" == reply["error"]
    async with door.http.get("/?lang=%22%3E%3Cscript%3E") as answer:
        page = await answer.text()
        assert "<script>" not in page
        assert 'lang="en"' in page
