"""Recognition: how often it is right, and how well it knows that.

Labelled photographs are not part of the project; `ATELIER_BENCH_DATA` names their folder
(photos-research.tsv and the tars beside it: ImageNet samples with their class in the path).
`ATELIER_BENCH_PHOTOS` limits the number of photographs of each split. The temperature of the
probabilities is fitted on the split "validation" alone.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from effects.errors import UnknownClass
from effects.imagenet import CLASSES, find
from effects.imagenet.kinds import KIND_OF, KINDS
from effects.recognize.objects import SURE, find_objects
from effects.recognize.sight import TEMPERATURE, cells, load_turned, probabilities
from effects.weights import WeightsStore

DATA = Path(os.environ.get("ATELIER_BENCH_DATA", "../shared/data"))
BINS = 15
# One name, two classes.
AMBIGUOUS = {"crane", "cardigan", "maillot", "sunglass"}
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Row(NamedTuple):
    """What was made of one photograph."""

    split: str
    right: bool
    among_five: bool
    raw: float
    """Probability of the first guess at temperature 1."""
    sure: float
    """The same, calibrated."""
    loss: list[float]
    """Negative log-likelihood of the true class at each of `TRIED`."""
    boxes: int
    box_right: bool


TRIED = np.round(np.arange(0.4, 1.01, 0.05), 2)


def main() -> None:
    """Print the figures of the test split, and of all that the fit has not seen."""
    if not (DATA / "photos-research.tsv").exists():
        print("  skipped: recognition (set ATELIER_BENCH_DATA)")
        return
    limit = int(os.environ.get("ATELIER_BENCH_PHOTOS", "10000"))
    rows = list(_measured(limit))
    fit = [row.loss for row in rows if row.split == "validation"]
    best = TRIED[np.mean(fit, axis=0).argmin()]
    print(
        f"  temperature {best:g} fits {len(fit)} validation photographs best; in use: {TEMPERATURE}"
    )
    print("  photographs            n  top-1  top-5  ECE at temperature 1  calibrated  by chance")
    rest = [row for row in rows if row.split != "validation"]
    for name, some in (
        ("test split", [row for row in rest if row.split == "test"]),
        ("all not fitted on", rest),
    ):
        right = np.array([row.right for row in some])
        sure = np.array([row.sure for row in some])
        print(
            f"  {name:<18} {len(some):>5} {right.mean():6.3f}"
            f" {np.mean([row.among_five for row in some]):6.3f}"
            f" {error(np.array([row.raw for row in some]), right):13.3f}"
            f" {error(sure, right):16.3f} {_by_chance(sure):10.3f} (under 0.08 wanted)"
        )
    for said, some in (
        (f"sure (at least {SURE:g})", [row.right for row in rest if row.sure >= SURE]),
        ("not sure", [row.right for row in rest if row.sure < SURE]),
        ("first boxes, by class or kind", [row.box_right for row in rest if row.boxes]),
        ("no box", [row.right for row in rest if not row.boxes]),
    ):
        print(f"  {said}: {len(some)} of {len(rest)}, right {np.mean(some):.2f}")
    print(f"  boxes on a photograph: {np.mean([row.boxes for row in rest]):.2f}")
    print("  (ImageNet samples: the network may have been trained on some of them)")


def error(confidence: Floats, right: Floats) -> float:
    """Expected calibration error (Guo et al. 2017)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs((right - confidence)[bins == n].sum()) for n in range(BINS)]
    return float(sum(gaps) / len(right))


def _by_chance(confidence: Floats) -> float:
    """The error that perfect probabilities would show with so few photographs."""
    random = np.random.default_rng(0)
    draws = random.random((200, len(confidence))) < confidence
    return float(np.mean([error(confidence, right) for right in draws]))


@torch.no_grad()
def _measured(limit: int) -> Iterator[Row]:
    net = load_turned(WeightsStore(), "cpu")
    wanted = _labelled(limit)
    for archive in sorted(DATA.glob("photos-research-*.tar")):
        with tarfile.open(archive) as tar:
            for member in tar:
                split, truth = wanted.get(Path(member.name).name, ("", -1))
                file = tar.extractfile(member) if split else None
                if file is None:
                    continue
                photo = Image.open(io.BytesIO(file.read())).convert("RGB")
                scores = cells(net, photo, "cpu")
                whole = probabilities(scores)
                objects = find_objects(scores, whole)
                names = {CLASSES[truth], KINDS[KIND_OF[truth]].name}
                losses = [-float(probabilities(scores, t)[truth].log()) for t in TRIED]
                yield Row(
                    split,
                    int(whole.argmax()) == truth,
                    truth in whole.topk(5).indices.tolist(),
                    float(probabilities(scores, 1.0).max()),
                    float(whole.max()),
                    losses,
                    len(objects),
                    bool(objects) and objects[0].name in names,
                )


def _labelled(limit: int) -> dict[str, tuple[str, int]]:
    """File -> its split and its class."""
    with (DATA / "photos-research.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    # "n02113186_Cardigan.JPEG" there, "imagen/n03710721_742_maillot.jpg" elsewhere.
    path = re.compile(r"(?:.*/)?(n\d{8})_(?:\d+_)?(.+)\.\w+")
    known: dict[str, int] = {}
    for row in rows:
        match = path.fullmatch(row["source_path"])
        if match and row["source_repo"].endswith("imagenet-sample-images"):
            name = match[2].replace("_", " ")
            if name.casefold() not in AMBIGUOUS:
                known[match[1]] = _number(name)
    found: dict[str, tuple[str, int]] = {}
    counts: dict[str, int] = {}
    for row in rows:
        match = path.fullmatch(row["source_path"])
        if match and known.get(match[1], -1) >= 0 and counts.get(row["split"], 0) < limit:
            counts[row["split"]] = counts.get(row["split"], 0) + 1
            found[row["file"]] = (row["split"], known[match[1]])
    return found


def _number(name: str) -> int:
    try:
        return find(name)
    except UnknownClass:
        return -1
