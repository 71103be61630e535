"""Requests of a browser that is none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from random import Random
from urllib.parse import quote, urlsplit

from tests.fuzz.images import seeds
from tests.fuzz.mutate import bytes_of
from tests.fuzz.words import press_of, words_of

__all__ = ["ask", "request_of"]

_BOUNDARY = b"--------x1"
_PATHS = (
    "/", "/healthz", "/api/effects", "/api/jobs", "/api/jobs/{job}", "/api/jobs/{job}/photos/0",
    "/api/jobs/{job}/media/0", "/api/jobs/{job}/media/999", "/api/jobs/{job}/preview",
    "/api/effects/style/samples/udnie", "/static/page.js", "/static/../bot.py", "/admin",
    "/api/jobs/%00", "/api/jobs/\u0663", "/?lang=ru", "/?lang=%ff", "/api/nothing",
)  # fmt: skip
_TAKEN_BACK = 5.0
"""Seconds until a request is taken back whose changed head promises more than comes."""
_HEADERS = (
    b"X-Forwarded-For: \xff, ::1", b"Accept-Language: ;;q=x,\xd1", b"Range: bytes=9-1,-,x",
    b"Cookie: =;;lang=\x7f", b"Cookie: admin=\xf9.x", b"If-Modified-Since: never",
    b"Sec-Fetch-Site: cross-site",
    b"Content-Encoding: deflate", b"Transfer-Encoding: chunked", b"Expect: 100-continue",
    b"Upgrade: h2c", b"X: " + b"a" * 9000,
)  # fmt: skip


def request_of(chance: Random, address: str, cookies: Sequence[str], jobs: Sequence[str]) -> bytes:
    """A whole HTTP request, mostly changed somewhere."""
    host = urlsplit(address).netloc
    head = [b"Host: " + host.encode(), b"Connection: close"]
    if chance.random() < 0.95:
        head.append(b"Cookie: atelier=" + chance.choice(cookies).encode())
    job = chance.choice(jobs) if jobs and chance.random() < 0.7 else f"{chance.getrandbits(128):x}"
    body = b""
    if chance.random() < 0.7:
        post = chance.random() < 0.9
        path = "/api/messages" if post else f"/api/jobs/{job}/cancel"
        method, body = b"POST", _form(chance, jobs) if post else b""
        head += [
            b"Origin: " + address.encode(),
            b"Content-Type: multipart/form-data; boundary=" + _BOUNDARY,
            b"Content-Length: %d" % len(body),
        ]
    else:
        method, path = chance.choice((b"GET", b"GET", b"HEAD", b"PUT")), chance.choice(_PATHS)
        path = quote(path.replace("{job}", job), safe="/%?=.")
    if chance.random() < 0.1:
        head.append(chance.choice(_HEADERS))
    lines = b"\r\n".join([method + b" " + path.encode() + b" HTTP/1.1", *head])
    if chance.random() < 0.15:
        lines = bytes_of(chance, [lines])
    return lines + b"\r\n\r\n" + body


def _form(chance: Random, jobs: Sequence[str]) -> bytes:
    parts = [("message", f"m{chance.getrandbits(60)}".encode())]
    if chance.random() < 0.3:
        parts.append(("press", press_of(chance, jobs).encode(errors="surrogatepass")))
    else:
        parts.append(("text", words_of(chance).encode(errors="surrogatepass")))
    for _ in range(chance.choice((0, 0, 1, 2))):
        content = chance.choice(_files())
        photo = bytes_of(chance, _files()) if chance.random() < 0.5 else content
        parts.append((chance.choice(("photo", "photo", "quoted", "x")), photo))
    body = b""
    for name, content in parts:
        file = '; filename="a.png"' if name in ("photo", "quoted") else ""
        body += b"--" + _BOUNDARY + b"\r\n"
        body += f'Content-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
        body += content + b"\r\n"
    body += b"--" + _BOUNDARY + b"--\r\n"
    return bytes_of(chance, [body]) if chance.random() < 0.4 else body


@cache
def _files() -> list[bytes]:
    return seeds()


async def ask(address: str, content: bytes) -> tuple[int, bytes]:
    """Status and the beginning of the answer; 0 where none came to what is not HTTP."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    answer = b""
    try:
        with suppress(ConnectionError):
            writer.write(content)
            await writer.drain()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_TAKEN_BACK):
                answer = await reader.read(2**16)
    finally:
        writer.close()
    status = answer.split(b" ", 2)[1:2] if answer.startswith(b"HTTP/") else []
    return int(status[0]) if status else 0, answer
