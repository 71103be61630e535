"""An S3 server of another make."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import WAIT

BUCKET = "atelier"


class S3Server:
    """`moto_server`, which many test S3 clients with: the protocol with buckets, listings in pages
    and XML errors, over HTTP, from a process of its own. It keeps all in memory, unless `disk`
    names a folder, and checks no signatures.
    """

    def __init__(self, disk: Path | None = None) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            self.port = int(server.getsockname()[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **({} if disk is None else _on_disk(disk))},
        )
        end = time.monotonic() + WAIT
        while True:
            try:
                self.call("POST", "moto-api/reset")
            except OSError:
                assert time.monotonic() < end, "the S3 server does not answer"
                time.sleep(0.05)
            else:
                break

    @staticmethod
    def settings(url: str) -> dict[str, str]:
        """For our programs, to find it at this address."""
        return {
            "ATELIER_BLOBS_URL": f"s3://{BUCKET}",
            "AWS_ENDPOINT_URL": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }

    def empty(self) -> None:
        """One bucket, with nothing in it."""
        self.call("POST", "moto-api/reset")
        self.call("PUT", BUCKET)

    def call(self, method: str, path: str) -> bytes:
        """Ask it something."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", method=method)
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def s3_server() -> Iterator[S3Server]:
    """Ended at the end of the block."""
    server = S3Server()
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()


def _on_disk(folder: Path) -> dict[str, str]:
    """Each object is a temporary file there."""
    return {"TMPDIR": str(folder), "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": "1"}
