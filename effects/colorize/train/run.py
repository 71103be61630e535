"""The training itself, from the arguments to the last checkpoint."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from functools import partial

import numpy as np
from PIL import Image, ImageOps

from effects import image
from effects.colorize.bins import histogram
from effects.colorize.lab import Array
from effects.colorize.train.samples import batches, chroma_of, is_colourful
from effects.colorize.train.training import Plan, Training
from effects.colorize.train.validate import Validation, colour
from effects.colorize.vivid import vivid
from effects.training.loop import folder, loop, write
from effects.training.photos import Photos

__all__ = ["run"]

SAMPLES, SAMPLE = 12, 224


def run(arguments: argparse.Namespace) -> None:
    """Train until the minutes or steps are over."""
    out = folder(arguments.out)
    plan = Plan(arguments.crop, arguments.batch, arguments.rate, arguments.seed)
    photos = Photos.read(arguments.photos, arguments.splits).decoded(is_colourful)
    held_out = photos
    if arguments.splits:
        held_out = Photos.read(arguments.photos, arguments.splits, "validation")
        held_out = held_out.decoded(is_colourful)
    checkpoint = out / "checkpoint.pt"
    start = {}
    if arguments.start and not checkpoint.exists():
        # Only here: it needs the package onnx.
        from effects.colorize.export import weights_of

        start = weights_of(arguments.start)
    training = Training(plan, arguments.device, prior_of(photos), start, arguments.bf16)
    if checkpoint.exists():
        training.load(checkpoint)
        print(f"going on from step {training.step} of {checkpoint}", file=sys.stderr)
    print(f"{len(photos)} photographs, {len(held_out)} to validate with", file=sys.stderr)
    validation = Validation(held_out, plan.crop)

    def validate() -> None:
        training.judge(*validation(training.smooth, training.device))
        rows = ["\t".join(f"{value:.6g}" for value in row) for row in training.judged]
        write(out / "validation.tsv", _table("step\tminutes\tentropy\tgain_db", rows))

    def save() -> None:
        training.save(checkpoint)
        rows = ["\t".join(f"{value:.6g}" for value in row) for row in training.history]
        write(out / "losses.tsv", _table("step\tentropy\terror", rows))

    def draw() -> None:
        sheet = draw_sheet(training, held_out)
        write(out / f"sheet-{training.step:07d}.jpg", image.encode(sheet, "image/jpeg"))

    def progress() -> float:
        if arguments.steps:
            return float(training.step / arguments.steps)
        return float(training.seconds / (60 * arguments.minutes))

    if progress() < 1:
        if start:
            validate()
        made = batches(photos, plan.batch, plan.crop, plan.seed, training.step)

        def step() -> str:
            begin = time.monotonic()
            entropy, error = training.advance(next(made), progress())
            training.seconds += time.monotonic() - begin
            return f"step {training.step}: entropy {entropy:.3f}, error {error:.0f}"

        with closing(made):
            chores = [
                (arguments.validate_every, validate),
                (arguments.save_every, save),
                (arguments.sheet_every, draw),
            ]
            loop(step, progress, chores)
        validate()
        save()
        draw()
    print(f"{training.step} steps in {training.seconds / 60:.1f} minutes: {checkpoint}")


def prior_of(photos: Photos) -> Array:
    """How often each bin is met where photographs are drawn as for training."""
    small = [
        np.asarray(photos[n].resize((32, 32), Image.Resampling.BOX)) for n in range(len(photos))
    ]
    chroma = np.stack([chroma_of(each, 1) for each in small]).reshape(-1, 2)
    return histogram(chroma, np.repeat(photos.chances, 32 * 32)).astype(np.float32)


def draw_sheet(training: Training, photos: Photos) -> Image.Image:
    """Rows of a photograph in grey, in the colours expected, vivid, and as it is."""
    shown = [photos[len(photos) * n // SAMPLES] for n in range(min(SAMPLES, len(photos)))]
    sheet = Image.new("RGB", (2 * 4 * SAMPLE, (len(shown) + 1) // 2 * SAMPLE))
    paint = partial(colour, training.smooth, side=SAMPLE, device=training.device)
    for n, photo in enumerate(shown):
        square = ImageOps.fit(photo, (SAMPLE, SAMPLE))
        row = (
            square.convert("L"),
            paint(photo),
            paint(photo, adjust=vivid(training.prior, 0.5)),
            square,
        )
        for column, each in enumerate(row):
            sheet.paste(each, ((n % 2 * 4 + column) * SAMPLE, n // 2 * SAMPLE))
    return sheet


def _table(header: str, rows: list[str]) -> bytes:
    return "\n".join([header, *rows, ""]).encode()
