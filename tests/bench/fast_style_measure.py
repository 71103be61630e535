"""How well fast styles do what they were trained for, beside Gatys on the same loss.

What Gatys reaches hangs on no network of ours and takes minutes a style: with
`ATELIER_BENCH_OUT` it is kept in that folder, and a broken run goes on.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor

from effects.backbones import efficientnet_lite0
from effects.fast_style.train.teacher import RECIPE, Teacher
from effects.pictures import to_tensor
from effects.weights import WeightsStore

SIDE, STYLE_SIDE = 256, 512
STEPS, RATE = 60, 0.03
CHANCES = 3
"""Shifts and directions that a loss is the mean over."""


def open_photos(data: Path, count: int) -> list[Image.Image]:
    """Squares of `SIDE` from photographs of the test split, spread over its sources."""
    with (data / "photos-open.tsv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["split"] == "test"]
    rows.sort(key=lambda row: (row["source_repo"], row["file"]))
    wanted = {rows[n * len(rows) // count]["file"] for n in range(count)}
    photos = []
    with tarfile.open(data / "photos-open.tar") as tar:
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if Path(member.name).name in wanted and (content := tar.extractfile(member)):
                with Image.open(io.BytesIO(content.read())) as picture:
                    photos.append(ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE)))
    return photos


def teacher(artworks: Sequence[Image.Image]) -> Teacher:
    """The losses of training, for these artworks."""
    sized = [to_tensor(ImageOps.contain(artwork, (STYLE_SIDE,) * 2)) for artwork in artworks]
    return Teacher(efficientnet_lite0(WeightsStore(), "cpu"), None, sized)


@torch.no_grad()
def total_loss(judge: Teacher, pictures: Tensor, photos: Tensor, style: int) -> list[float]:
    """The total loss of each picture, mean over a few fixed shifts."""
    return [
        sum(
            float(judge(picture[None], photo[None], [style], _chance(n)).total)
            for n in range(CHANCES)
        )
        / CHANCES
        for picture, photo in zip(pictures, photos, strict=True)
    ]


def gatys(judge: Teacher, photos: Tensor, style: int) -> Tensor:
    """What Adam makes of the photos themselves: `STEPS` steps at `RATE`."""
    pictures = photos.clone().requires_grad_()
    adam = torch.optim.Adam([pictures], RATE)
    for step in range(STEPS):
        adam.zero_grad()
        found = judge(pictures, photos, [style] * len(photos), _chance(CHANCES + step))
        # Each picture for itself, however many there are.
        torch.autograd.backward(found.total * len(photos))
        adam.step()
    return pictures.detach()


def ratios(art: Image.Image, paintings: Tensor, photos: Tensor) -> list[float]:
    """Loss of each painting in the style of `art`, divided by that of Gatys on its photo."""
    judge = teacher([art])
    theirs = gatys_losses(judge, art, photos)
    mine = _shared_out(lambda ours, given: total_loss(judge, ours, given, 0), paintings, photos)
    return [a / b for a, b in zip(mine, theirs, strict=True)]


def gatys_losses(judge: Teacher, art: Image.Image, photos: Tensor) -> list[float]:
    """What Gatys of `STEPS` steps reaches on each photo: measured, or known from before."""
    folder = os.environ.get("ATELIER_BENCH_OUT")
    path = Path(folder, f"gatys-{_digest(art.tobytes())}.json") if folder else None
    known: dict[str, float] = json.loads(path.read_text()) if path and path.exists() else {}
    names = [_digest(photo.numpy().tobytes()) for photo in photos]
    missing = [n for n, name in enumerate(names) if name not in known]
    if missing:
        found = _shared_out(
            lambda given: total_loss(judge, gatys(judge, given, 0), given, 0), photos[missing]
        )
        known |= dict(zip([names[n] for n in missing], found, strict=True))
        if path:
            path.write_text(json.dumps(known))
    return [known[name] for name in names]


def _digest(content: bytes) -> str:
    settings = repr((RECIPE, SIDE, STYLE_SIDE, STEPS, RATE, CHANCES)).encode()
    return hashlib.sha256(settings + content).hexdigest()[:16]


def _shared_out(measure: Callable[..., list[float]], *pictures: Tensor) -> list[float]:
    """Measure two pictures at a time, one thread a core: torch's own gain little on so small."""
    cores = torch.get_num_threads()
    with ThreadPoolExecutor(cores, "measure", torch.set_num_threads, (1,)) as threads:
        parts = threads.map(measure, *(each.split(2) for each in pictures))
        return [each for part in parts for each in part]


def _chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
