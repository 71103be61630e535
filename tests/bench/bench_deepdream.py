"""Dreams: seconds, against a dream by VGG-16; memory.

`python -m tests.bench.bench_deepdream SIZE STEPS` dreams once and prints what it took, as JSON, in
a process of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from effects.backbones import efficientnet_lite0
from effects.deepdream import SPEC
from effects.deepdream.aims import aim_at
from effects.deepdream.runner import Dream
from effects.deepdream.schedule import octaves
from effects.deepdream.tiles import Measure, climb, spans
from effects.pictures import to_tensor
from effects.spec import Item
from effects.weights import WeightsStore
from tests.bench.bench_gatys import Quiet

SIZE, WANTED_SECONDS, WANTED_RATIO, MOST_MB = 512, 12, 5, 2000
# Of each octave, of which the fastest counts.
ROUNDS = 2


def main() -> None:
    """Print all figures."""
    usual = SPEC.parse({"size": SIZE})
    print(f"{torch.get_num_threads()} threads, longer side {SIZE}, photo 4:3, network lite0")
    found = _apart(SIZE, usual.steps)
    print(f"  {found['seconds']:.1f} s a dream of {usual.steps} steps ({WANTED_SECONDS} wanted)")
    _print_memory(SIZE, found)
    ours, theirs = _seconds_of_steps()
    print(
        f"  {ours:.1f} s in its gradients, {theirs:.1f} s in those of VGG-16 up to relu4_3 at the"
        f" same octaves: {theirs / ours:.1f}× faster ({WANTED_RATIO} wanted)"
    )
    for size in (1500, 4000):
        # More steps at an octave take no more memory.
        _print_memory(size, _apart(size, len(octaves(size, 1, 100))))


def _print_memory(size: int, found: dict[str, float]) -> None:
    print(f"  {found['mb']:.0f} MB peak memory of the whole process at {size} ({MOST_MB} allowed)")


def _seconds_of_steps() -> tuple[float, float]:
    """Of all gradients of one dream: ours, and those of VGG-16; they take turns."""
    generator = torch.Generator().manual_seed(0)
    lite0 = efficientnet_lite0(WeightsStore(), "cpu")
    measures = {
        "lite0": aim_at(lite0, SPEC.parse({}).subject)(generator),
        "vgg16": _energy_of(_vgg16()),
    }
    seconds = dict.fromkeys(measures, 0.0)
    for side, steps in octaves(SIZE, 1, SPEC.parse({}).steps):
        picture = to_tensor(_photo(side))
        rows, columns = (spans(length, generator) for length in picture.shape[2:])
        best = dict.fromkeys(measures, float("inf"))
        for _ in range(ROUNDS):
            for name, measure in measures.items():
                begin = time.perf_counter()
                climb(picture, measure, rows, columns)
                best[name] = min(best[name], time.perf_counter() - begin)
        for name in measures:
            seconds[name] += steps * best[name]
    return seconds["lite0"], seconds["vgg16"]


def _vgg16() -> nn.Sequential:
    """VGG-16 up to relu4_3 (Simonyan & Zisserman 2014), random weights."""
    layers: list[nn.Module] = []
    deep = 3
    for stage, (wide, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3))):
        layers += [nn.MaxPool2d(2)] if stage else []
        for _ in range(count):
            layers += [nn.Conv2d(deep, wide, 3, padding=1), nn.ReLU(inplace=True)]
            deep = wide
    return nn.Sequential(*layers).requires_grad_(False)


def _energy_of(net: nn.Module) -> Measure:
    def measure(picture: Tensor) -> tuple[Tensor, int]:
        # The layout in which it is faster.
        features = net(picture.contiguous())
        return features.square().sum() / 2, features[0, 0].numel()

    return measure


def _photo(side: int) -> Image.Image:
    """A photo of 4:3; what it shows changes no figure."""
    random = np.random.default_rng(0)
    small = Image.fromarray(random.integers(0, 256, (30, 40, 3), np.uint8))
    return small.resize((side, round(0.75 * side)))


def _apart(size: int, steps: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_deepdream", str(size), str(steps)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measure(size: int, steps: int) -> None:
    effect = Dream("cpu", WeightsStore())
    item = Item(SPEC.parse({"size": size, "steps": steps}), (_photo(size),))
    begin = time.perf_counter()
    effect.run(item, Quiet())
    seconds = time.perf_counter() - begin
    # Not ru_maxrss: that remembers the process which started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    print(json.dumps({"seconds": seconds, "mb": peak}))


if __name__ == "__main__":
    _measure(int(sys.argv[1]), int(sys.argv[2]))
