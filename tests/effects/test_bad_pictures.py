"""Whatever bytes come, the answer is a picture or one clear sentence."""

from __future__ import annotations

import resource
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from effects.errors import BadPicture
from effects.image import decode, inspect
from tests.effects.odd_pictures import png, save, scene

pytestmark = [
    # pytest undoes the filter that effects.image sets for Pillow's warnings.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
GIF = save(scene(), "GIF")
HUGE = png((30000, 30000, 8, 2), bytes(200))


def scans(count: int) -> bytes:
    """A JPEG with its scan again and again."""
    content = save(scene(), "JPEG")
    start = content.index(b"\xff\xda")
    return content[:start] + content[start:-2] * count + content[-2:]


def tile(side: int) -> bytes:
    """A grey TIFF of 16×16 pixels that says that its one tile is `side`×`side`."""
    data = zlib.compress(bytes(256))
    tags = {256: 16, 257: 16, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side}
    tags |= {324: 8 + 2 + 12 * 10 + 4, 325: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\x00" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


REFUSED = {
    "empty": (b"", "empty", "empty"),
    "words": (b"Dear sirs, here is my photo.", "not_a_picture", "not a picture"),
    "zeros": (bytes(50 * 2**20), "not_a_picture", "not a picture"),
    "too many bytes": (bytes(65 * 2**20), "too_many_bytes", "64 MB"),
    "huge in 1 KB": (HUGE, "too_many_pixels", "50 million"),
    "large": (png((9000, 9000, 8, 2), bytes(200)), "too_many_pixels", "9000×9000"),
    "huge GIF": (GIF[:6] + b"\xff" * 4 + GIF[10:], "too_many_pixels", "50 million"),
    "1×1": (save(Image.new("RGB", (1, 1)), "PNG"), "too_small", "1×1"),
    "5000×20": (save(Image.new("RGB", (5000, 20)), "JPEG"), "too_thin", "5000×20"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic" + bytes(100), "unsupported", "HEIC"),
    "AVIF": (b"\x00\x00\x00\x18ftypavif" + bytes(100), "unsupported", "AVIF"),
    "video": (b"\x00\x00\x00\x18ftypisom" + bytes(100), "unsupported", "video"),
    "PDF": (b"%PDF-1.7\n" + bytes(100), "unsupported", "PDF"),
    "SVG": (b'<?xml version="1.0"?><svg width="9">', "unsupported", "SVG"),
    "huge tile": (tile(60000), "too_many_pixels", "too many pixels"),
    "unusual": (save(scene(), "TIFF")[:8] + bytes(100), "broken", "unusual kind"),
    "header alone": (save(scene(), "PNG")[:20], "broken", "damaged"),
    "endless scans": (scans(300), "broken", "scans"),
}


@pytest.mark.parametrize("look", [decode, inspect])
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, look: Callable[[bytes], object]) -> None:
    """Each kind of bad file gets its own sentence and reason, at the look and at the decoding."""
    content, reason, words = REFUSED[name]
    with pytest.raises(BadPicture, match=words) as caught:
        look(content)
    assert reason == caught.value.details["reason"]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("look", [decode, inspect])
@pytest.mark.parametrize("format", FORMATS)
def test_truncated(format: str, look: Callable[[bytes], object]) -> None:
    """A file that breaks off is refused, not half shown."""
    content = save(scene(400, 300), format)
    with pytest.raises(BadPicture, match="damaged or incomplete"):
        look(content[: len(content) // 2])


def test_huge_takes_no_memory() -> None:
    """30000×30000 declared in 1 KB is refused from the header."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadPicture):
        decode(HUGE)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_tiles() -> None:
    """A TIFF in tiles of a sensible size is decoded."""
    assert (16, 16) == decode(tile(16)).size


def test_limit_of_pixels_is_a_parameter() -> None:
    """A caller may want less."""
    content = save(scene(100, 60), "PNG")
    assert (100, 60) == decode(content, max_pixels=6000).size
    with pytest.raises(BadPicture, match="100×60"):
        decode(content, max_pixels=5999)


SEEDS = [
    *(save(scene(), format) for format in FORMATS),
    save(scene(), "JPEG", progressive=True),
    save(scene().convert("CMYK"), "JPEG"),
    save(scene().convert("P"), "PNG", transparency=3),
    save(scene(), "TIFF", compression="tiff_lzw"),
    save(scene(), "TIFF", compression="jpeg"),
    save(scene(), "WEBP", lossless=True),
]


@settings(
    max_examples=600, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(data=st.data())
def test_mutated_files(data: st.DataObject) -> None:
    """Real files with bytes changed, cut out or put in: a picture or `BadPicture`, no third."""
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["change", "cut", "insert"]))
        some = data.draw(st.binary(min_size=1, max_size=8))
        if kind == "change":
            content[at : at + len(some)] = some
        elif kind == "insert":
            content[at:at] = some
        elif len(content) > 100:
            del content[at : at + len(some)]
    try:
        inspect(bytes(content))
    except BadPicture:
        return
    assert "RGB" == decode(bytes(content)).mode
