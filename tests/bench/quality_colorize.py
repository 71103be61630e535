"""Colours of photographs that were never trained on, beside the truth, grey and one tint.

`ATELIER_BENCH_DATA` names the folder of photographs; `ATELIER_BENCH_PHOTOS` limits how many of
each kind. Naturalness: how often the class that the recognition network sees first in the true
photograph is among the five that it sees in this one.
"""

from __future__ import annotations

import csv
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from effects import image
from effects.backbones import efficientnet_lite0
from effects.colorize import SPEC
from effects.colorize.bins import BINS
from effects.colorize.gamut import shown
from effects.colorize.lab import lightness
from effects.colorize.runner import Colorize
from effects.pictures import to_tensor
from effects.spec import Item
from effects.weights import WeightsStore
from tests.bench.bench_gatys import Quiet
from tests.bench.color_measure import Score, areas, colourfulness, score

DATA = Path(os.environ.get("ATELIER_BENCH_DATA", "../shared/data"))
LARGE = 512

Paint = Callable[[Image.Image], Image.Image]


def main() -> None:
    """Print a table for each kind of photographs."""
    if not (DATA / "photos-open.tsv").exists():
        print("  skipped: colours (set ATELIER_BENCH_DATA)")
        return
    limit = int(os.environ.get("ATELIER_BENCH_PHOTOS", "10000"))
    weights = WeightsStore()
    effect = Colorize("cpu", weights)
    with np.load(Path(weights.path("colorize")).with_suffix(".npz")) as file:
        prior = file["prior"]
    tint = prior @ BINS

    def ours(**values: float) -> Paint:
        params = SPEC.parse({"recolor": True, **values})

        def paint(photo: Image.Image) -> Image.Image:
            (media,) = effect.run(Item(params, (photo,)), Quiet()).media
            return image.decode(media.content)

        return paint

    ways: Mapping[str, Paint] = {
        "grey": lambda photo: _tinted(photo, 0 * tint),
        "one tint": lambda photo: _tinted(photo, tint),
        "ours, vividness 0": ours(vividness=0),
        "ours": ours(),
        "ours, vividness 1": ours(vividness=1),
    }
    for name, photos in (("open test split", _test_split()), ("large photographs", _large())):
        some = [photo for photo, _ in zip(photos, range(limit), strict=False)]
        print(f"  {name}: {len(some)}")
        print("                      PSNR  colourfulness  AuC plain  rebalanced  top-1 in top-5")
        sight = _Sight(some)
        truth = np.mean([colourfulness(np.asarray(photo)) for photo in some])
        for way, paint in ways.items():
            pictures = [paint(photo) for photo in some]
            found: list[Score] = [
                score(np.asarray(each), np.asarray(photo), prior)
                for each, photo in zip(pictures, some, strict=True)
            ]
            plain, balanced = areas(found)
            print(
                f"  {way:<18} {np.mean([each.psnr for each in found]):6.2f}"
                f" {np.mean([each.colourfulness for each in found]) / truth:14.2f}"
                f" {plain:10.1f} {balanced:11.1f} {sight.agreement(pictures):15.2f}",
                flush=True,
            )
    print("  wanted: at vividness 0 0.5 dB above grey; ours 5 points of rebalanced AuC above grey,")
    print("  with at least half of the true colourfulness")


class _Sight:
    """What the recognition network makes of pictures."""

    def __init__(self, photos: list[Image.Image]) -> None:
        self._net = efficientnet_lite0(WeightsStore(), "cpu")
        self._first = [int(self._scores(photo).argmax()) for photo in photos]

    def agreement(self, pictures: list[Image.Image]) -> float:
        """Share of pictures with the photograph's first class among their first five."""
        return float(
            np.mean(
                [
                    first in self._scores(picture).topk(5).indices.tolist()
                    for first, picture in zip(self._first, pictures, strict=True)
                ]
            )
        )

    @torch.no_grad()
    def _scores(self, picture: Image.Image) -> torch.Tensor:
        square = picture.resize((224, 224), Image.Resampling.BICUBIC, reducing_gap=3.0)
        return self._net.logits(to_tensor(square))[0]


def _tinted(photo: Image.Image, tint: np.ndarray) -> Image.Image:
    light = lightness(np.asarray(photo))
    return Image.fromarray(shown(light, np.broadcast_to(tint, (*light.shape, 2))))


def _test_split() -> Iterator[Image.Image]:
    with (DATA / "photos-open.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wanted = {row["file"] for row in rows if row["split"] == "test"}
    with tarfile.open(DATA / "photos-open.tar") as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if Path(member.name).name in wanted and (content := tar.extractfile(member)):
                with Image.open(io.BytesIO(content.read())) as picture:
                    yield picture.convert("RGB")


def _large() -> Iterator[Image.Image]:
    for path in sorted((DATA / "photos-large").glob("*.jpg")):
        yield image.bound(image.decode(path.read_bytes()), LARGE)
