"""Gatys: how much of the way to the style it goes, by a network that had no part in it.

Pictures and the judge's weights are not part of the project; `ATELIER_BENCH_DATA` names their
folder (`artworks/`, `photos-large/`, `weights/`). `ATELIER_BENCH_OUT` names a folder that keeps
the results.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
from PIL import Image

from effects.gatys.runner import Gatys
from effects.weights import WeightsStore
from tests.bench.bench_gatys import STEPS, Quiet, item
from tests.bench.style_judge import StyleJudge, distance

DATA = Path(os.environ.get("ATELIER_BENCH_DATA", "../shared/data"))
ARTWORKS = (
    "van-gogh-starry-night",
    "hokusai-great-wave",
    "munch-scream",
    "kandinsky-composition-vii",
    "roman-mosaic-ducks",
)
PHOTOS = ("p00161", "p00006")


def main() -> None:
    """Print the distance left for each picture, and the mean."""
    weights = DATA / "weights" / "vgg19_conv1_1-conv3_1_fp32.npz"
    if not weights.exists():
        print("  skipped: distance left by the VGG-19 judge (set ATELIER_BENCH_DATA)")
        return
    judge = StyleJudge(weights)
    effect = Gatys("cpu", WeightsStore())
    left: list[float] = []
    for artwork in ARTWORKS:
        style = Image.open(DATA / "artworks" / f"{artwork}.jpg").convert("RGB")
        for name in PHOTOS:
            photo = Image.open(DATA / "photos-large" / f"{name}.jpg").convert("RGB")
            output = effect.run(item(STEPS, photo, style), Quiet())
            result = Image.open(io.BytesIO(output.media[0].content))
            ours, before, wanted = (judge.look(each) for each in (result, photo, style))
            left.append(distance(ours, wanted) / distance(before, wanted))
            style_loss = json.loads(output.data["losses.json"])["style"]
            print(
                f"  {artwork} on {name}: {left[-1]:.2f} of the VGG-19 distance left, "
                f"style loss {style_loss['first']:.3f} to {style_loss['last']:.4f}",
                flush=True,
            )
            if folder := os.environ.get("ATELIER_BENCH_OUT"):
                result.save(Path(folder) / f"{artwork}-{name}.png")
    print(f"  mean of {len(left)} pictures: {np.mean(left):.2f} (at most 0.40 wanted)")
