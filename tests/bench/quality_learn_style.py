"""Learning a style: artworks that no training saw, by the measure of the shipped styles.

`ATELIER_BENCH_DATA` names the folder of pictures; `ATELIER_BENCH_PHOTOS` the number of
photographs (4); `ATELIER_BENCH_OUT` a folder that keeps thumbnails, vectors and what Gatys reaches.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from effects.fast_style.names import ARTWORKS
from effects.fast_style.network import StyleNetwork
from effects.fast_style.restore import restore
from effects.fast_style.styles import Styles
from effects.learn_style import SPEC
from effects.learn_style.runner import LearnStyle
from effects.pictures import to_tensor
from effects.spec import Item
from effects.weights import WeightsStore
from tests.bench.bench_gatys import Quiet
from tests.bench.fast_style_measure import open_photos, ratios

DATA = Path(os.environ.get("ATELIER_BENCH_DATA", "../shared/data"))
HELD_OUT = ("klimt-the-kiss", "picabia-udnie", "turner-wreck-of-the-minotaur")


def main() -> None:
    """Print a row for each artwork, and the mean of the shipped styles beside them."""
    if not (DATA / "artworks").is_dir():
        print("  skipped: learning of styles (set ATELIER_BENCH_DATA)")
        return
    model = Path(WeightsStore().path("fast_style"))
    net, styles = restore(model), Styles.load(model.with_suffix(".npz"))
    count = int(os.environ.get("ATELIER_BENCH_PHOTOS", "4"))
    photos = torch.cat([to_tensor(picture) for picture in open_photos(DATA, count)])
    print(f"  {len(photos)} photographs of 256 px; median loss: ours / Gatys of 60 steps")
    print("  style                            loss   minutes", flush=True)
    learned = []
    for artwork in HELD_OUT:
        minutes, content = learn(artwork)
        learned.append(loss(net, styles, artwork, "new", {"new": content}, photos))
        print(f"  {artwork:<30} {learned[-1]:6.2f} {minutes:9.1f}", flush=True)
    shipped = [loss(net, styles, each, name, {}, photos) for each, name in ARTWORKS.items()]
    mean = float(np.mean(shipped))
    print(f"  {'mean of the shipped styles':<30} {mean:6.2f}")
    print(f"  the worst is {max(learned) / mean:.2f} of it (at most 1.2 wanted)")


def learn(artwork: str) -> tuple[float, bytes]:
    """Minutes, and the vectors."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="atelier-") as cache:
        # Nothing of an earlier run to go on with.
        os.environ["ATELIER_CACHE_DIR"] = cache
        effect = LearnStyle("cpu", WeightsStore())
        output = effect.run(Item(SPEC.parse({"name": "new"}), (_artwork(artwork),)), Quiet())
        effect.close()
    if folder := os.environ.get("ATELIER_BENCH_OUT"):
        Path(folder, f"{artwork}.jpg").write_bytes(output.media[0].content)
        Path(folder, f"{artwork}.npz").write_bytes(output.data["new"])
    return (time.monotonic() - begin) / 60, output.data["new"]


def loss(
    net: StyleNetwork,
    styles: Styles,
    artwork: str,
    name: str,
    own: dict[str, bytes],
    photos: Tensor,
) -> float:
    """Median over the photos of the painting's loss, divided by that of Gatys."""
    gamma, beta = (torch.from_numpy(each) for each in styles.vectors(name, own))
    with torch.no_grad():
        paintings = torch.cat([net(photo[None], gamma, beta) for photo in photos])
    return float(np.median(ratios(_artwork(artwork), paintings, photos)))


def _artwork(name: str) -> Image.Image:
    return Image.open(DATA / "artworks" / f"{name}.jpg").convert("RGB")
