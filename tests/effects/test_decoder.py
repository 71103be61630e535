"""Tests of the decoder: it says what `image` says, and what goes wrong in it stays in it."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psutil
import pytest
from PIL import Image

from effects import image
from effects.decoder import Decoder
from effects.errors import BadPicture
from tests.conftest import WAIT
from tests.effects.odd_pictures import png, save, scene

FINE = save(scene(), "JPEG")
# Legal, but it takes hundreds of megabytes and a second or so.
VAST = save(Image.new("RGBA", (6000, 5000)), "PNG")


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    """One child."""
    with closing(Decoder(1)) as one:
        yield one


def the_child(decoder: Decoder) -> psutil.Process:
    """The only one, which is idle."""
    [pid] = decoder.pids
    return psutil.Process(pid)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_the_same_picture(decoder: Decoder, format: str) -> None:
    """Pixels, size and format are those that are decoded here."""
    content = save(scene(301, 47), format)
    assert image.inspect(content) == decoder.inspect(content)
    here, there = image.decode(content), decoder.decode(content)
    assert ("RGB", here.size, here.tobytes()) == (there.mode, there.size, there.tobytes())


def test_the_same_small_picture(decoder: Decoder) -> None:
    """A preview is the JPEG that is made here."""
    content = save(scene(400, 100), "PNG")
    assert image.encode(image.bound(image.decode(content), 64), "image/jpeg") == decoder.shrink(
        content, 64
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"words", FINE[:200], png((30000, 30000, 8, 2), bytes(200)), save(scene(4, 4), "PNG")],
)
@pytest.mark.parametrize("look", ["inspect", "decode"])
def test_the_same_refusal(decoder: Decoder, content: bytes, look: str) -> None:
    """Sentence and details are those that are said here, and the child goes on."""
    with pytest.raises(BadPicture) as here:
        getattr(image, look)(content)
    with pytest.raises(BadPicture) as there:
        getattr(decoder, look)(content)
    assert (str(here.value), here.value.details) == (str(there.value), there.value.details)
    child = the_child(decoder).pid
    assert image.inspect(FINE) == decoder.inspect(FINE)
    assert child == the_child(decoder).pid


def test_it_knows_no_secrets(decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, which hold tokens, don't get into the child."""
    monkeypatch.setenv("ATELIER_TELEGRAM__TOKEN", "42:secret")
    decoder.inspect(FINE)
    assert "42:secret" not in the_child(decoder).environ().values()


def test_limit_of_pixels(decoder: Decoder) -> None:
    """The caller's own limit holds."""
    with pytest.raises(BadPicture, match="too many pixels"):
        decoder.decode(FINE, max_pixels=1000)


def test_many_at_once() -> None:
    """Threads get each their own picture."""
    sizes = [(40 + n, 30) for n in range(24)]
    with closing(Decoder(2)) as two, ThreadPoolExecutor(8) as threads:
        contents = [save(scene(*size), "PNG") for size in sizes]
        assert sizes == [each.size for each in threads.map(two.decode, contents)]


def test_no_memory() -> None:
    """A file that takes too much is refused, and the next one is seen."""
    with closing(Decoder(1, memory=2**29)) as small:
        with pytest.raises(BadPicture):
            small.decode(VAST)
        assert (48, 32) == small.decode(FINE).size


def test_no_time() -> None:
    """So is one that takes too long; seconds count for each file anew."""
    with closing(Decoder(1, seconds=0.1)) as hasty:
        with pytest.raises(BadPicture, match="damaged"):
            hasty.decode(VAST)
        child, began = None, 0.0
        while began < 0.1:
            assert (48, 32) == hasty.decode(FINE).size
            child = child or the_child(hasty)
            began = child.cpu_times().user
        assert child == the_child(hasty)


def _falls_asleep(child: psutil.Process) -> None:
    child.suspend()


def _is_killed(child: psutil.Process) -> None:
    child.kill()
    child.wait(WAIT)


@pytest.mark.parametrize("fate", [_falls_asleep, _is_killed])
def test_another_child(fate: Callable[[psutil.Process], None]) -> None:
    """One that is gone is replaced; one that says nothing is given up with its file."""
    with closing(Decoder(1, seconds=0.2)) as decoder:
        decoder.inspect(FINE)
        fate(the_child(decoder))
        if fate is _falls_asleep:
            with pytest.raises(BadPicture, match="damaged"):
                decoder.inspect(FINE)
        assert image.inspect(FINE) == decoder.inspect(FINE)


def test_killed_over_a_file(decoder: Decoder) -> None:
    """A decoder that crashes costs one sentence."""
    decoder.inspect(FINE)
    child = the_child(decoder)
    child.suspend()
    with ThreadPoolExecutor(1) as thread:
        looking = thread.submit(decoder.inspect, FINE)
        child.send_signal(signal.SIGSEGV)
        child.resume()
        with pytest.raises(BadPicture, match="damaged"):
            looking.result(WAIT)
    assert image.inspect(FINE) == decoder.inspect(FINE)


def test_it_can_do_little(decoder: Decoder) -> None:
    """Neither write a file nor dump its memory, and open few."""
    decoder.inspect(FINE)
    child = the_child(decoder)
    limits = [
        child.rlimit(what)
        for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE)
    ]
    assert [(0, 0), (0, 0), (32, 32)] == limits


def test_it_dies_with_us() -> None:
    """Also when nobody can tell it."""
    words = (
        "import os; from effects.decoder import Decoder; from tests.effects.test_decoder import *;"
        "one = Decoder(1); one.inspect(FINE); print(*one.pids, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        child = psutil.Process(int(program.stdout.readline()))
        os.kill(program.pid, signal.SIGKILL)
        child.wait(WAIT)
