"""Mutated files through the decoder of bot and worker, as both use it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from random import Random

import numpy as np
import psutil
from PIL import Image, ImageCms
from tqdm import tqdm

from effects.decoder import Decoder
from effects.errors import BadPicture
from tests.effects.odd_pictures import png16, save, scene
from tests.fuzz.mutate import bytes_of
from tests.fuzz.report import Report

__all__ = ["fuzz_images", "seeds"]

_CHILDREN = 2
_GROWTH = 200 * 2**20
"""Bytes by which this process, which stands for the bot, may grow."""
_SAMPLE = 500
_ANIMATED = ("GIF", "WEBP", "PNG", "TIFF")
_SLOW = 20.0
"""Seconds for one file, on a busy machine."""


def seeds() -> list[bytes]:
    """A small file of every kind that is accepted."""
    one, grey = scene(), np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = io.BytesIO(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    icc, frames = profile.getvalue(), [scene(48, 32), scene(48, 32).rotate(180)]
    kinds = {
        "JPEG": ({}, {"progressive": True}, {"exif": exif}, {"icc_profile": icc}),
        "PNG": ({}, {"icc_profile": icc}, {"exif": exif}),
        "WEBP": ({}, {"lossless": True}, {"exif": exif, "icc_profile": icc}),
        "GIF": ({}, {"interlace": 0}),
        "BMP": ({},),
        "TIFF": (
            {}, {"compression": "tiff_lzw"}, {"compression": "jpeg"}, {"compression": "packbits"},
            {"compression": "tiff_adobe_deflate"}, {"icc_profile": icc},
        ),
    }  # fmt: skip
    files = [save(one, kind, **more) for kind, all in kinds.items() for more in all]
    for mode, kind in (
        ("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"),
        ("RGBA", "WEBP"), ("P", "BMP"), ("1", "BMP"), ("L", "TIFF"), ("1", "TIFF"),
        ("CMYK", "TIFF"), ("F", "TIFF"), ("I", "TIFF"), ("RGBA", "TIFF"),
    ):  # fmt: skip
        files.append(save((one.convert("L") if mode in "FI" else one).convert(mode), kind))
    files += [png16(grey, 0), png16(np.stack([grey] * 3, axis=-1), 2)]
    files += [save(frames[0], kind, save_all=True, append_images=frames[1:]) for kind in _ANIMATED]
    return files


def fuzz_images(count: int, report: Report, *, quiet: bool = False) -> None:
    """Look at and decode so many; everything but a picture or one sentence is a fault."""
    files, lock, me = seeds(), threading.Lock(), psutil.Process()
    before, pids, slowest, largest = me.memory_info().rss, set[int](), 0.0, 0
    begun = time.monotonic()

    def look(decoder: Decoder, number: int) -> None:
        nonlocal slowest
        content = bytes_of(Random(f"{report.seed} image {number}"), files)
        start = time.monotonic()
        said = ""
        try:
            decoder.inspect(content)
            said = "passed the look, refused at the decoding"
            decoder.decode(content)
            said = "decoded"
        except BadPicture as error:
            said = said or "refused"
            if "\n" in str(error) or "Traceback" in str(error):
                report.fault(f"file {number}: not one sentence: {error}", content)
        except Exception as error:
            report.fault(f"file {number}: {error!r}", content)
        took = time.monotonic() - start
        with lock:
            slowest = max(slowest, took)
            report.counts[f"files {said}" if said else "files at fault"] += 1
            if took > _SLOW:
                report.fault(f"file {number}: took {took:.0f} s", content)

    with (
        closing(Decoder(_CHILDREN)) as decoder,
        ThreadPoolExecutor(_CHILDREN) as pool,
        tqdm(total=count, desc="files", unit="", disable=quiet, mininterval=1) as bar,
    ):
        for first in range(0, count, _SAMPLE):
            numbers = range(first, min(count, first + _SAMPLE))
            list(pool.map(lambda number: look(decoder, number), numbers))
            bar.update(len(numbers))
            pids |= set(decoder.pids)
            largest = max(largest, *_sizes(decoder.pids), 0)
    growth = me.memory_info().rss - before
    if growth > _GROWTH:
        report.fault(f"the process has grown by {growth / 2**20:.0f} MB")
    seconds = time.monotonic() - begun
    report.figures |= {
        "files a second": f"{count / seconds:,.0f}",
        "slowest file, s": f"{slowest:.2f}",
        "children that were needed (2 work)": str(len(pids)),
        "largest child between files, MB": f"{largest / 2**20:.0f}",
        "growth of the parent, MB": f"{growth / 2**20:.0f}",
    }


def _sizes(pids: list[int]) -> Iterator[int]:
    for pid in pids:
        with suppress(psutil.Error):
            yield psutil.Process(pid).memory_info().rss
