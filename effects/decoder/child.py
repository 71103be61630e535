"""The child of a decoder: `python -m effects.decoder.child ROOM SECONDS MEMORY`, spoken
to by pipes; pixels go to shared memory, the file descriptor ROOM.

It can take no more address space than MEMORY bytes, no more processor time for one file than
SECONDS, and can neither write files nor open many. It trusts nothing but its parent.
"""

from __future__ import annotations

import json
import mmap
import resource
import signal
import sys
from dataclasses import asdict
from typing import Any

from PIL import Image

from effects.decoder.wire import ANSWER, ASK, DONE, INSPECT, REFUSED, ROOM, SHRINK
from effects.errors import BadPicture
from effects.image import bound, decode, encode, inspect

_FILES = 32
_STRIP = 2**18

Told = dict[str, Any]


def main() -> None:
    """Serve until the parent is gone."""
    # Ctrl-C is the parent's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    room, seconds = mmap.mmap(int(sys.argv[1]), ROOM), float(sys.argv[2])
    _limit(int(sys.argv[3]))
    inbox, outbox = sys.stdin.buffer, sys.stdout.buffer
    while head := inbox.read(ASK.size):
        what, most, size = ASK.unpack(head)
        # Whoever takes more is ended by the kernel.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        how, told = _look(room, what, inbox.read(size), most)
        said = json.dumps(told).encode()
        outbox.write(ANSWER.pack(how, len(said)) + said)
        outbox.flush()


def _look(room: mmap.mmap, what: int, content: bytes, most: int) -> tuple[int, Told]:
    try:
        if what == INSPECT:
            return DONE, asdict(inspect(content, max_pixels=most))
        if what == SHRINK:
            small = encode(bound(decode(content), most), "image/jpeg")
            room[: len(small)] = small
            return DONE, {"size": len(small)}
        photo = decode(content, max_pixels=most)
    except BadPicture as error:
        return REFUSED, {"message": str(error), **error.details}
    _lay_out(photo, room)
    return DONE, {"width": photo.width, "height": photo.height}


def _lay_out(photo: Image.Image, room: mmap.mmap) -> None:
    """In strips: a copy of all at once would take as much memory again."""
    room.seek(0)
    rows = max(1, _STRIP // photo.width)
    for top in range(0, photo.height, rows):
        strip = photo.crop((0, top, photo.width, min(photo.height, top + rows)))
        room.write(strip.tobytes())


def _limit(memory: int) -> None:
    """For good. macOS knows no limit of memory that it keeps."""
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
