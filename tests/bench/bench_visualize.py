"""Visualize: seconds of each method at its defaults, beside a bare pass forward and back."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import torch
from PIL import Image
from skimage import data

from effects.backbones import efficientnet_lite0
from effects.pictures import resize, to_tensor, working_size
from effects.spec import Item
from effects.visualize import SPEC
from effects.visualize.gradients import slope
from effects.visualize.runner import Visualize
from effects.weights import WeightsStore
from tests.bench.bench_gatys import Quiet

TIMES = 5
METHODS = (
    "saliency",
    "guided",
    "occlusion",
    "gradient",
    "deconvnet",
    "features",
    "class_model",
    "reconstruct",
)


def main() -> None:
    """Print each method's time, and how many bare passes would take as long."""
    effect = Visualize("cpu", WeightsStore())
    photo = Image.fromarray(data.coffee())
    usual = SPEC.parse({})
    net = efficientnet_lite0(WeightsStore(), "cpu")
    small = to_tensor(resize(photo, working_size(photo.size, usual.size)))
    passes = [_timed(lambda: slope(lambda x: net.logits(x)[:, 0], small)) for _ in range(TIMES)]
    bare = min(passes)
    print(f"{torch.get_num_threads()} threads, {usual.size} px, {usual.steps} steps, on lite0")
    print(f"  {bare:7.3f} s  a pass forward and back")
    for method in METHODS:
        # VGG-19, on which deconvnet is best, would have to be fetched.
        item = Item(SPEC.parse({"method": method, "backbone": "lite0"}), (photo,))
        seconds = _timed(partial(effect.run, item, Quiet()))
        expected = SPEC.cost(item.params, photo.width * photo.height)
        print(
            f"  {seconds:7.3f} s  {method}, {seconds / bare:.0f} passes;"
            f" the queue expects {expected:.1f} s"
        )


def _timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
