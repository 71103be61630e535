"""Fast styles: their loss beside that of Gatys, and how far a network without a part in it sees
them go to the artwork. A table, a row for each style.

`ATELIER_BENCH_DATA` names the folder of pictures and of the judge's weights;
`ATELIER_BENCH_PHOTOS` the number of photographs (40); `ATELIER_BENCH_OUT` a folder that keeps
what Gatys reaches.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from effects.fast_style.names import ARTWORKS
from effects.fast_style.restore import restore
from effects.fast_style.styles import Styles
from effects.pictures import to_image, to_tensor
from effects.weights import WeightsStore
from tests.bench.fast_style_measure import open_photos, ratios
from tests.bench.style_judge import SIDE, StyleJudge, distance

DATA = Path(os.environ.get("ATELIER_BENCH_DATA", "../shared/data"))


def main() -> None:
    """Print the table and what was wanted."""
    weights = DATA / "weights" / "vgg19_conv1_1-conv3_1_fp32.npz"
    if not weights.exists():
        print("  skipped: losses of the fast styles (set ATELIER_BENCH_DATA)")
        return
    model = Path(WeightsStore().path("fast_style"))
    net, styles = restore(model), Styles.load(model.with_suffix(".npz"))
    pictures = open_photos(DATA, int(os.environ.get("ATELIER_BENCH_PHOTOS", "40")))
    photos = torch.cat([to_tensor(picture) for picture in pictures])
    vgg = StyleJudge(weights)
    # Painted at the size at which it is judged: enlarging a painting would blur its strokes.
    larger = [picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS) for picture in pictures]
    looks = [vgg.look(picture) for picture in larger]
    medians, nearer = [], []
    print(
        f"  {len(photos)} photographs; loss: ours / Gatys of 60 steps, at 256 pixels; nearer: the"
    )
    print("  part of the VGG-19 distance between photo and artwork that is gone, at 384 pixels")
    print("  style        median loss   nearer", flush=True)
    for artwork, name in ARTWORKS.items():
        art = Image.open(DATA / "artworks" / f"{artwork}.jpg").convert("RGB")
        gamma, beta = (torch.from_numpy(each) for each in styles.vectors(name))
        with torch.no_grad():
            paintings = torch.cat([net(photo[None], gamma, beta) for photo in photos])
            seen = [to_image(net(to_tensor(picture), gamma, beta)) for picture in larger]
        medians.append(float(np.median(ratios(art, paintings, photos))))
        wanted = vgg.look(art)
        left = [
            distance(vgg.look(painting), wanted) / distance(look, wanted)
            for painting, look in zip(seen, looks, strict=True)
        ]
        nearer.append(1 - float(np.mean(left)))
        print(f"  {name:<12} {medians[-1]:11.2f} {nearer[-1]:8.0%}", flush=True)
    print(
        f"  median style {np.median(medians):.2f} (at most 1.0 wanted), worst {max(medians):.2f}"
        f" (1.25); nearer on average {np.mean(nearer):.0%} (60 %), least {min(nearer):.0%} (45 %)"
    )
