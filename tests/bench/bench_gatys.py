"""Gatys: seconds, memory, arithmetic."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from effects import pictures
from effects.backbones import efficientnet_lite0
from effects.gatys import SPEC
from effects.gatys.objective import LITE0, Objective
from effects.gatys.optimise import Pyramid
from effects.gatys.runner import Gatys
from effects.spec import Item
from effects.weights import WeightsStore

SIZE, STEPS = 512, 150


class Quiet:
    """A context that nobody looks at."""

    def step(self, done: int, total: int, preview: object = None) -> None:
        pass


def main() -> None:
    """Print all figures."""
    peak = _matmul_peak()
    # Pictures of a quarter of the steps are enough to time one; a fresh process shows its memory.
    steps = STEPS // 3
    command = [sys.executable, "-m", "tests.bench.bench_gatys", str(steps)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    arithmetic = _flops_per_step()
    last = found["seconds_per_step"]
    print(f"{torch.get_num_threads()} threads, long side {SIZE}, photo 4:3, network lite0")
    print(f"  {last:.3f} s a step at the last scale (0.25 wanted)")
    print(f"  {found['seconds'] * STEPS / steps:.0f} s a picture of {STEPS} steps")
    print(f"  {found['peak_mb']:.0f} MB peak memory of the whole process (2000 allowed)")
    print(f"  {arithmetic / 1e9:.1f} GFLOP a step: convolutions and Gram matrices, both ways")
    print(f"  {peak / 1e9:.0f} GFLOP/s measured peak of an fp32 matrix product")
    print(f"  {arithmetic / last / peak:.0%} of it reached: depthwise convolutions wait for memory")


def item(steps: int, photo: Image.Image, style: Image.Image) -> Item[Any]:
    """A request of the benchmark's size."""
    return Item(SPEC.parse({"size": SIZE, "steps": steps}), (photo, style))


def _pictures() -> tuple[Image.Image, Image.Image]:
    """A photo of 4:3 and a style; what they show changes no figure."""
    random = np.random.default_rng(0)
    return tuple(  # type: ignore[return-value]  # a tuple of two by construction
        Image.fromarray(random.integers(0, 256, (30, 40, 3), np.uint8)).resize((1024, 768))
        for _ in range(2)
    )


def _matmul_peak(side: int = 2048) -> float:
    a = torch.rand(side, side)
    best = float("inf")
    for _ in range(5):
        begin = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - begin)
    return 2 * side**3 / best


def _flops_per_step() -> int:
    photo, style = _pictures()
    backbone = efficientnet_lite0(WeightsStore(), "cpu")
    small = [pictures.to_tensor(pictures.resize(each, (512, 384))) for each in (photo, style)]
    objective = Objective(backbone, LITE0, small[0], small[1], 1.0, torch.Generator())
    canvas = Pyramid(small[0])
    shift = objective.shifts[0]
    objective(canvas.picture(), shift)
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(objective(canvas.picture(), shift).total)
    return counter.get_total_flops()


def _measure(steps: int) -> None:
    """In a process of its own: paint one picture and print what it took, as JSON."""
    times: list[float] = []

    class Clock(Quiet):
        def step(self, done: int, total: int, preview: object = None) -> None:
            times.append(time.perf_counter())

    effect = Gatys("cpu", WeightsStore())
    begin = time.perf_counter()
    effect.run(item(steps, *_pictures()), Clock())
    found = {
        "seconds": time.perf_counter() - begin,
        "seconds_per_step": float(np.median(np.diff(times[len(times) // 2 :]))),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _measure(int(sys.argv[1]))
