"""`make demo`: a photo in, an artwork out, by the door that the web page uses.

For each scene it starts an embedded Redis, a worker and the bot with a state folder and a port of
their own, sends a photograph over HTTP, saves what comes back under out/demo/, and stops all of it.
Nothing outlives this process, however it ends: its children leave when their stdin closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image
from tqdm import tqdm

from deploy.ornament import ornament

OUT = Path("out/demo")
START_LIMIT = 90.0
"""Seconds that the bot and the worker have to get ready; a first start compiles Python files."""


@dataclass(frozen=True)
class Scene:
    """One effect, asked for in a chat."""

    effect: str
    text: str
    pictures: Mapping[str, Image.Image]
    """Name -> picture, in the order of sending."""


def scenes(names: Sequence[str]) -> list[Scene]:
    """Those called `names`, or all; a trained style first, for it needs no torch."""
    from skimage import data

    photo = Image.fromarray(data.astronaut())  # type: ignore[no-untyped-call]
    both = {"photo": photo, "ornament": ornament()}
    found = [
        Scene("style", "/style starry", {"photo": photo}),
        Scene("gatys", "/gatys size=512 steps=150", both),
    ]
    return [scene for scene in found if not names or scene.effect in names]


class DemoFailed(Exception):
    """The demo can't go on; the message says why."""


@contextlib.contextmanager
def started(
    name: str, *args: str, env: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m name` until the block ends; its log goes to the file `log`."""
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", name, "--stop-with-stdin", *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=env,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the demo alone, which then stops them in order
        )
        try:
            yield process
        finally:
            with contextlib.suppress(BrokenPipeError):
                assert process.stdin
                process.stdin.close()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until_redis_is_gone(state: Path) -> None:
    """Return when the embedded Redis has stopped: its guardian holds a lock until then."""
    lock = state / "redis" / "guardian.lock"
    if lock.exists():
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)


async def address(bot: subprocess.Popen[str]) -> str:
    """The address that the bot prints once it listens."""
    assert bot.stdout
    while line := await asyncio.to_thread(bot.stdout.readline):
        if " at http" in line:
            return line.split()[-1]
    raise DemoFailed("the bot did not start")


async def until_ready(http: aiohttp.ClientSession, worker: subprocess.Popen[str]) -> None:
    """Wait until a worker has said that it can run the effect."""
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        if worker.poll() is not None:
            raise DemoFailed(f"the worker ended with status {worker.returncode}")
        async with http.get("/api/effects") as answer:
            if answer.ok and not (await answer.json())["notice"]:
                return
        await asyncio.sleep(0.2)
    raise DemoFailed(f"no worker was ready after {START_LIMIT:.0f} s")


async def statuses(http: aiohttp.ClientSession, job: str) -> AsyncIterator[dict[str, Any]]:
    """The job's states as they happen, first as of now, from the server-sent events."""
    timeout = aiohttp.ClientTimeout(total=None, sock_read=120)
    async with http.get("/api/events", timeout=timeout) as answer:
        event = ""
        async for raw in answer.content:
            line = raw.decode().rstrip("\n")
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
                if event == "jobs":
                    for view in data["jobs"]:
                        if view["id"] == job:
                            yield view
                elif event == "reply" and data["slot"] == job and data["status"]:
                    yield data["status"]


async def send(http: aiohttp.ClientSession, scene: Scene) -> str:
    """Send the pictures with the command; returns the job's id."""
    form = aiohttp.FormData()
    form.add_field("text", scene.text)
    form.add_field("message", uuid.uuid4().hex)
    for name, image in scene.pictures.items():
        form.add_field("photo", png(image), filename=f"{name}.png", content_type="image/png")
    async with http.post("/api/messages", data=form) as answer:
        body = await answer.json()
    reply = body["replies"][0] if body.get("replies") else body
    if reply.get("error"):
        raise DemoFailed(reply["text"])
    print(f"  {reply['text']}")
    return str(reply["slot"])


async def follow(http: aiohttp.ClientSession, job: str) -> dict[str, Any]:
    """Draw the progress until the job has ended; returns the job."""
    with tqdm(desc="  painting", unit="step", leave=True) as bar:
        async for status in statuses(http, job):
            if status["total"]:
                bar.total = status["total"]
                bar.n = status["done"]
                bar.refresh()
            if status["state"] in ("done", "failed", "cancelled"):
                break
    async with http.get(f"/api/jobs/{job}") as answer:
        ended: dict[str, Any] = await answer.json()
    if ended["state"] != "done":
        raise DemoFailed(ended["text"])
    return ended


def png(image: Image.Image) -> bytes:
    """The picture as PNG bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def sheet(scene: Scene, result: Image.Image, height: int = 512, gap: int = 12) -> Image.Image:
    """What was sent and what came back, side by side at one height, on white."""
    images = [*scene.pictures.values(), result]
    scaled = [
        image.resize((round(image.width * height / image.height), height)) for image in images
    ]
    wide = sum(image.width for image in scaled) + gap * (len(scaled) - 1)
    row = Image.new("RGB", (wide, height), "white")
    left = 0
    for image in scaled:
        row.paste(image, (left, 0))
        left += image.width + gap
    return row


async def show(scene: Scene) -> None:
    """Start, send, follow, save, stop."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    OUT.mkdir(parents=True, exist_ok=True)
    env = {key: value for key, value in os.environ.items() if not key.startswith("ATELIER_")}
    env["ATELIER_WORKER__EFFECTS"] = scene.effect
    clock = time.monotonic
    begun = clock()
    with contextlib.ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="atelier-demo-")))
        env["ATELIER_STATE_DIR"] = str(state)
        stack.callback(until_redis_is_gone, state)
        print("Starting an embedded Redis, a worker and the bot …")
        worker = stack.enter_context(started("worker", env=env, log=OUT / "worker.log"))
        bot = stack.enter_context(started("bot", "--port", "0", env=env, log=OUT / "bot.log"))
        url = await asyncio.wait_for(address(bot), START_LIMIT)
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address that is a number
        async with aiohttp.ClientSession(url, cookie_jar=jar, headers={"Origin": url}) as http:
            async with http.get("/") as page:
                page.raise_for_status()
            await until_ready(http, worker)
            ready = clock()
            print(f"Sending {' and '.join(scene.pictures)} to {url} as {scene.text!r} …")
            job = await send(http, scene)
            ended = await follow(http, job)
            async with http.get(ended["media"][0]["url"]) as answer:
                content = await answer.read()
            done = clock()
        print("Stopping …")
    stopped = clock()

    result = Image.open(io.BytesIO(content)).convert("RGB")
    files = {**scene.pictures, scene.effect: result, f"{scene.effect}-sheet": sheet(scene, result)}
    for name, image in files.items():
        image.save(OUT / f"{name}.png")
    print(f"\nIn {OUT}/: {', '.join(f'{name}.png' for name in files)}")
    print(
        f"start {ready - begun:.1f} s, effect {ended['took']:.1f} s,"
        f" queue and transport {done - ready - ended['took']:.1f} s, stop {stopped - done:.1f} s\n"
    )


async def demo(names: Sequence[str]) -> None:
    """One scene after the other."""
    for scene in scenes(names):
        await show(scene)


def main() -> int:
    """Run the demo; the exit status for the shell."""

    try:
        asyncio.run(demo(sys.argv[1:]))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("\nStopped; nothing is left running.")
        return 130
    except (DemoFailed, TimeoutError, aiohttp.ClientError) as error:
        print(f"The demo failed: {error or 'no answer in time'}; see {OUT}/worker.log and bot.log")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
