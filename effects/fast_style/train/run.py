"""The training itself, from the arguments to the last checkpoint."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from effects import image
from effects.backbones import efficientnet_lite0
from effects.commandline import reason
from effects.errors import UserError
from effects.fast_style.sheet import draw_sheet
from effects.fast_style.train.artworks import read_artworks
from effects.fast_style.train.batches import batches
from effects.fast_style.train.photos import Photos
from effects.fast_style.train.teacher import Teacher
from effects.fast_style.train.training import Plan, Training
from effects.fast_style.train.vgg_slice import VGG19Slice
from effects.pictures import to_tensor
from effects.weights import WeightsStore

__all__ = ["run"]

SAMPLES = 8


def run(arguments: argparse.Namespace) -> None:
    """Train until the minutes or steps are over."""
    out: Path = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{out}: {reason(error)}") from error
    artworks = read_artworks(arguments.artworks, set(arguments.without), arguments.style_size)
    plan = Plan(
        styles=tuple(artworks),
        crop=arguments.crop,
        batch=arguments.batch,
        style_size=arguments.style_size,
        vgg19=arguments.vgg19 is not None,
        rate=arguments.rate,
        seed=arguments.seed,
    )
    training = Training(plan, arguments.device, arguments.bf16)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        training.load(checkpoint)
        print(f"going on from step {training.step} of {checkpoint}", file=sys.stderr)
    photos = Photos.read(arguments.photos, arguments.splits)
    samples = _samples(arguments.samples, photos)
    print(f"{len(photos)} photographs, {len(artworks)} styles", file=sys.stderr)

    def save() -> None:
        training.save(checkpoint)
        lines = ["step\ttotal\tstyle\tcontent"]
        lines += ["\t".join(f"{value:.6g}" for value in row) for row in training.history]
        _write(out / "losses.tsv", "\n".join([*lines, ""]).encode())

    def draw() -> None:
        sheet = draw_sheet(training.sample, artworks, samples)
        _write(out / f"sheet-{training.step:07d}.jpg", image.encode(sheet, "image/jpeg"))

    def progress() -> float:
        if arguments.steps:
            return float(training.step / arguments.steps)
        return float(training.seconds / (60 * arguments.minutes))

    if progress() < 1:
        _loop(
            training,
            _teacher(arguments, artworks),
            photos,
            progress,
            [(arguments.save_every, save), (arguments.sheet_every, draw)],
        )
        save()
        draw()
    print(f"{training.step} steps in {training.seconds / 60:.1f} minutes: {checkpoint}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UserError(f"{path}: {reason(error)}") from error


def _teacher(arguments: argparse.Namespace, artworks: dict[str, Image.Image]) -> Teacher:
    device = arguments.device
    strengths = dict(arguments.strength)
    if unknown := sorted(strengths.keys() - artworks.keys()):
        raise UserError(f"--strength names {unknown[0]}, which is none of the artworks")
    vgg = VGG19Slice(arguments.vgg19).to(device) if arguments.vgg19 else None
    styles = [to_tensor(artwork).to(device) for artwork in artworks.values()]
    lite0 = efficientnet_lite0(WeightsStore(), device)
    return Teacher(lite0, vgg, styles, [strengths.get(name, 1.0) for name in artworks])


def _samples(places: list[Path] | None, photos: Photos) -> list[Image.Image]:
    """The first few pictures there, else of the training photographs."""
    shown = photos if places is None else Photos.read(places)
    return [shown[n] for n in range(min(SAMPLES, len(shown)))]


def _loop(
    training: Training,
    teacher: Teacher,
    photos: Photos,
    progress: Callable[[], float],
    chores: list[tuple[float, Callable[[], None]]],
) -> None:
    """Step by step to the end; each chore is done whenever its minutes are over."""
    plan = training.plan
    made = batches(photos, len(plan.styles), plan.batch, plan.crop, plan.seed, training.step)
    due = [time.monotonic() + 60 * minutes for minutes, _ in chores]
    with closing(made), _bar(progress()) as bar:
        while progress() < 1:
            begin = time.monotonic()
            batch = next(made)
            total, style, content = training.advance(
                batch.photos.to(training.device), batch.styles, teacher, batch.generator, progress()
            )
            training.seconds += time.monotonic() - begin
            bar.set_description_str(
                f"step {training.step}: loss {total:.3f}, style {style:.4f}, content {content:.3f}",
                refresh=False,
            )
            bar.update(min(100.0, 100 * progress()) - bar.n)
            for n, (minutes, chore) in enumerate(chores):
                if time.monotonic() >= due[n]:
                    chore()
                    due[n] = time.monotonic() + 60 * minutes


def _bar(progress: float) -> tqdm[Any]:
    quiet = not sys.stderr.isatty()
    return tqdm(
        total=100.0,
        initial=100 * progress,
        bar_format="{percentage:3.0f}%|{bar:20}| {desc} [{elapsed}<{remaining}]",
        mininterval=60 if quiet else 0.5,
        dynamic_ncols=not quiet,
    )
