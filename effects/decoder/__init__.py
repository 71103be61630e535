"""Pictures of strangers, decoded in a process of its own that has little memory, little time and
nothing to write to. A file that makes a decoder crash, hang or swell ends that process alone.
"""

from __future__ import annotations

import json
import mmap
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import IO, Any, TypeVar

from PIL import Image

from effects.decoder.wire import ANSWER, ASK, DECODE, DONE, INSPECT, ROOM, SHRINK
from effects.errors import BadPicture
from effects.image import MAX_PIXELS, Info

__all__ = ["Decoder"]

SECONDS = 15.0
# Transparent pictures take most: RGBA three times, RGB twice, and the file itself.
MEMORY = 2**29 + 24 * MAX_PIXELS
_START = 10.0
_KEPT = 2**24
"""Bytes that stay with a child when no file is looked at."""

_Told = dict[str, Any]
T = TypeVar("T")


class Decoder:
    """`image.inspect` and `image.decode` for bytes that nobody has looked at yet.

    Safe from any thread; so many files at a time as there are `children`, each of which is started
    when it is first needed.
    """

    def __init__(self, children: int = 2, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        """A file that takes more than `seconds` of processor time is refused, and one that takes a
        child's whole `memory`, bytes of address space: some 300 MB are its own.
        """
        self._limits = seconds, memory
        # The child used last is the next: the others may never be needed.
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(children):
            self._idle.put(None)

    @property
    def pids(self) -> list[int]:
        """Of the children that have nothing to do."""
        with self._idle.mutex:
            return [child.pid for child in self._idle.queue if child is not None]

    def inspect(self, content: bytes, *, max_pixels: int = MAX_PIXELS) -> Info:
        """Size and format. Raises `BadPicture`."""
        return self._ask(INSPECT, content, max_pixels, _Child.info)

    def decode(self, content: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
        """The picture, as `image.decode`. Raises `BadPicture`."""
        return self._ask(DECODE, content, min(max_pixels, MAX_PIXELS), _Child.photo)

    def shrink(self, content: bytes, side: int) -> bytes:
        """A JPEG of at most `side` pixels a side, without metadata. Raises `BadPicture`."""
        return self._ask(SHRINK, content, side, _Child.file)

    def close(self) -> None:
        """End the idle children; a file that comes later starts others."""
        for child in [self._idle.get() for _ in range(self._idle.qsize())]:
            self._idle.put(None)
            if child is not None:
                child.end()

    def _ask(self, what: int, content: bytes, most: int, take: Callable[[_Child, _Told], T]) -> T:
        child = self._idle.get()
        try:
            if child is None or not child.alive:
                child = _Child(*self._limits)
            return take(child, child.ask(what, content, most))
        except (OSError, EOFError, ValueError, LookupError, TypeError):
            # It died over the file, or talks nonsense: then it is its own no more.
            if child is not None:
                child.end()
            raise BadPicture(
                "the picture is damaged or incomplete; please send it again", reason="broken"
            ) from None
        finally:
            self._idle.put(child if child is not None and child.alive else None)


class _Child:
    """One process; it ends when its standard input is closed, and so with us. Pixels come by shared
    memory, all else by pipes.
    """

    def __init__(self, seconds: float, memory: int) -> None:
        # It counts its own time, but may be asleep; and at first it has to start.
        self._patience = _START + 2 * seconds
        self._seconds = seconds
        room = _open_room()
        self._room = mmap.mmap(room, ROOM)
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "effects.decoder.child", str(room), str(seconds), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[room],
            env=_environment(),
        )
        os.close(room)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it is not known to have ended."""
        return self._process.poll() is None

    def ask(self, what: int, content: bytes, most: int) -> _Told:
        """What it tells of a file. Raises `BadPicture`; and `OSError`, `EOFError` or `ValueError`
        when it died, was killed for taking too long, or can't be understood.
        """
        asking, answering = self._process.stdin, self._process.stdout
        if asking is None or answering is None:
            raise AssertionError("pipes were asked for")
        watch = threading.Timer(self._patience, self._process.kill)
        watch.start()
        try:
            asking.write(ASK.pack(what, most, len(content)))
            asking.write(content)
            asking.flush()
            how, size = ANSWER.unpack(_read(answering, ANSWER.size))
            told: _Told = json.loads(_read(answering, size))
        finally:
            watch.cancel()
        self._patience = 2 * self._seconds
        if how != DONE:
            raise BadPicture(told.pop("message"), **told)
        return told

    def info(self, told: _Told) -> Info:
        """What `INSPECT` was answered."""
        return Info(**told)

    def photo(self, told: _Told) -> Image.Image:
        """What `DECODE` was answered."""
        size = told["width"], told["height"]
        with memoryview(self._room)[: 3 * size[0] * size[1]] as pixels:
            photo = Image.frombytes("RGB", size, pixels)
            large = len(pixels) > _KEPT
        if large and sys.platform == "linux":
            self._room.madvise(mmap.MADV_REMOVE)
        return photo

    def file(self, told: _Told) -> bytes:
        """What `SHRINK` was answered."""
        return self._room[: told["size"]]

    def end(self) -> None:
        """At once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not yet written
                    continue


def _environment() -> dict[str, str]:
    """Ours without settings, which hold tokens and passwords."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATELIER_")}
    # One thread: the memory that others would reserve counts as used.
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _open_room() -> int:
    """A file in memory, or at least without a name, of which only what is written takes place."""
    if sys.platform == "linux":
        room = os.memfd_create("atelier-pixels", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            room = os.dup(file.fileno())
    os.truncate(room, ROOM)
    return room


def _read(file: IO[bytes], size: int) -> bytes:
    found = file.read(size)
    if len(found) < size:
        raise EOFError
    return found
