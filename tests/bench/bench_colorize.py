"""Colorize: seconds from bytes to bytes, and peak memory by size, in processes of their own.

`python -m tests.bench.bench_colorize WIDTH HEIGHT TIMES` measures one size and prints JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from effects import image
from effects.colorize import SPEC
from effects.colorize.runner import Colorize
from effects.spec import Item
from effects.weights import WeightsStore

MOST_MB = 1500
SIZES = ((512, 512, 1), (1024, 768, 5), (2048, 2048, 1), (6000, 4000, 1))


class Quiet:
    """A context that nobody looks at; no torch comes with it."""

    def step(self, done: int, total: int, preview: object = None) -> None:
        pass


def main() -> None:
    """Print seconds and memory of every size."""
    for width, height, times in SIZES:
        command = [sys.executable, "-m", "tests.bench.bench_colorize"]
        done = subprocess.run(
            [*command, str(width), str(height), str(times)],
            check=True,
            capture_output=True,
            text=True,
        )
        found = json.loads(done.stdout)
        wanted = " (1.5 wanted)" if (width, height) == (1024, 768) else ""
        print(
            f"  {width}×{height}: {found['seconds']:.2f} s bytes to bytes{wanted}, of it"
            f" {found['network']:.2f} s the network; {found['mb']:.0f} MB peak memory of the"
            f" whole process ({MOST_MB} allowed), {found['sent'] / 2**20:.1f} MB sent"
        )


def measure(width: int, height: int, times: int) -> None:
    """Colour a photo `times` times after once that is not counted."""
    effect = Colorize("cpu", WeightsStore())
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (height // 16, width // 16), np.uint8)
    photo = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
    content = image.encode(photo, "image/jpeg")
    whole, network, sent = [], [], 0
    for _ in range(times + 1):
        begin = time.perf_counter()
        item = Item(SPEC.parse({}), (image.decode(content),))
        (media,) = effect.run(item, Quiet()).media
        whole.append(time.perf_counter() - begin)
        sent = len(media.content)
        begin = time.perf_counter()
        effect._network.chroma(item.photos[0], 0 * effect._network.prior, 1.0)
        network.append(time.perf_counter() - begin)
    status = Path("/proc/self/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    seconds, inner = np.median(whole[1:]), np.median(network[1:])
    print(json.dumps({"seconds": seconds, "network": inner, "mb": peak, "sent": sent}))


if __name__ == "__main__":
    measure(*(int(word) for word in sys.argv[1:]))
