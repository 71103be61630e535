"""Dreams of a class: whether a network that had no part in them sees the class in them.

Pictures and the judge's weights are not part of the project; `ATELIER_BENCH_DATA` names their
folder (`photos-large/`, `weights/`). `ATELIER_BENCH_OUT` names a folder that keeps the results.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from effects.deepdream import SPEC
from effects.deepdream.runner import Dream
from effects.imagenet import find
from effects.spec import Item
from effects.weights import WeightsStore
from tests.bench.bench_gatys import Quiet
from tests.bench.class_judge import ClassJudge

DATA = Path(os.environ.get("ATELIER_BENCH_DATA", "../shared/data"))
CLASSES = (
    *("volcano", "goldfish", "peacock", "castle", "daisy", "zebra", "jellyfish", "pizza"),
    *("school bus", "tabby", "golden retriever", "tiger", "strawberry", "mushroom", "sunglasses"),
    *("monarch butterfly", "fire engine", "macaw", "teapot", "lighthouse"),
)
SIZE, WANTED = 256, 10.0


def main() -> None:
    """Print how often the probability of the class rises tenfold, and each try."""
    weights = DATA / "weights" / "squeezenet1_0_fp32.npz"
    if not weights.exists():
        print("  skipped: dreams of classes by the SqueezeNet judge (set ATELIER_BENCH_DATA)")
        return
    judge, effect = ClassJudge(weights), Dream("cpu", WeightsStore())
    rises = [rise(judge, effect, n) for n in range(len(CLASSES))]
    share = float(np.mean([each >= WANTED for each in rises]))
    print(
        f"  {share:.0%} of {len(rises)} dreams at {SIZE} px raise it at least {WANTED:.0f}-fold"
        f" (80 % wanted); median {np.median(rises):.0f}×"
    )


def rise(judge: ClassJudge, effect: Dream, n: int) -> float:
    """By what the probability of the class `n` is multiplied, on a photo of its own."""
    files, name = sorted((DATA / "photos-large").glob("*.jpg")), CLASSES[n]
    file = files[n * len(files) // len(CLASSES)]
    photo = Image.open(file).convert("RGB")
    output = effect.run(Item(SPEC.parse({"of": name, "size": SIZE}), (photo,)), Quiet())
    result = Image.open(io.BytesIO(output.media[0].content))
    before, after = (judge.probabilities(each) for each in (photo, result))
    label = find(name)
    times = float(after[label] / before[label])
    place = int((after > after[label]).sum()) + 1
    print(
        f"  {name} on {file.stem}: {before[label]:.1e} to {after[label]:.1e}, {times:.0f}×,"
        f" place {place} of 1000",
        flush=True,
    )
    if folder := os.environ.get("ATELIER_BENCH_OUT"):
        result.save(Path(folder) / f"{name}-{file.stem}.png")
    return times
