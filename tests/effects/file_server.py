"""A file server over real HTTP that can misbehave."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """One file, `content`, at any path; each request takes the next of `faults`, then none."""

    content: bytes
    faults: list[str] = field(default_factory=list)
    etag: str = '"one"'
    asked: list[dict[str, str]] = field(default_factory=list)
    """The headers of all requests."""
    sent: int = 0
    """Bytes of bodies."""
    released: threading.Event = field(default_factory=threading.Event)
    """Set by the test to end a stall."""
    url: str = ""


@contextmanager
def serving(content: bytes, *faults: str) -> Iterator[FileServer]:
    """A server on a free port of this machine. Faults: `cut`, `stall`, `corrupt`, `longer`,
    `ignore range`, `other piece`, `redirect`, `loop`, `404`, `500`."""
    state = FileServer(content, list(faults))

    class Handler(_Handler):
        server_state = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_state: FileServer

    def do_GET(self) -> None:
        state = self.server_state
        state.asked.append(dict(self.headers))
        fault = state.faults.pop(0) if state.faults else ""
        if fault.isdigit():
            self.send_error(int(fault))
        elif fault in ("redirect", "loop"):
            if fault == "loop":
                state.faults.append("loop")
            self.send_response(302)
            self.send_header("Location", f"{state.url}/elsewhere")
            self.end_headers()
        else:
            with suppress(ConnectionError):
                self._answer(state, fault)

    def _answer(self, state: FileServer, fault: str) -> None:
        content, start = state.content, 0
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range", state.etag) == state.etag
        if wanted and same and fault != "ignore range":
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            start -= fault == "other piece"
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[start:]
        if fault == "corrupt":
            body = bytes([body[0] ^ 1]) + body[1:]
        elif fault == "longer":
            body *= 8
        self.send_header("Content-Length", str(len(body)))
        if state.etag:
            self.send_header("ETag", state.etag)
        self.end_headers()
        if fault in ("cut", "stall"):
            body = body[: len(body) // 2]
        self.wfile.write(body)
        state.sent += len(body)
        if fault == "stall":
            self.wfile.flush()
            state.released.wait()

    def log_message(self, *_: object) -> None:
        pass
