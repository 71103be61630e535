"""The training itself, from the arguments to the last checkpoint."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from pathlib import Path

from PIL import Image

from effects import image
from effects.backbones import efficientnet_lite0
from effects.errors import UserError
from effects.fast_style.sheet import draw_sheet
from effects.fast_style.train.artworks import read_artworks
from effects.fast_style.train.batches import batches
from effects.fast_style.train.teacher import Teacher
from effects.fast_style.train.training import Plan, Training
from effects.fast_style.train.vgg_slice import VGG19Slice
from effects.pictures import to_tensor
from effects.training.loop import folder, loop, write
from effects.training.photos import Photos
from effects.weights import WeightsStore

__all__ = ["run"]

SAMPLES = 8


def run(arguments: argparse.Namespace) -> None:
    """Train until the minutes or steps are over."""
    out = folder(arguments.out)
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
        write(out / "losses.tsv", "\n".join([*lines, ""]).encode())

    def draw() -> None:
        sheet = draw_sheet(training.sample, artworks, samples)
        write(out / f"sheet-{training.step:07d}.jpg", image.encode(sheet, "image/jpeg"))

    def progress() -> float:
        if arguments.steps:
            return float(training.step / arguments.steps)
        return float(training.seconds / (60 * arguments.minutes))

    if progress() < 1:
        teacher = _teacher(arguments, artworks)
        made = batches(photos, len(artworks), plan.batch, plan.crop, plan.seed, training.step)

        def step() -> str:
            begin = time.monotonic()
            batch = next(made)
            total, style, content = training.advance(
                batch.photos.to(training.device), batch.styles, teacher, batch.generator, progress()
            )
            training.seconds += time.monotonic() - begin
            return (
                f"step {training.step}: loss {total:.3f}, style {style:.4f}, content {content:.3f}"
            )

        with closing(made):
            loop(step, progress, [(arguments.save_every, save), (arguments.sheet_every, draw)])
        save()
        draw()
    print(f"{training.step} steps in {training.seconds / 60:.1f} minutes: {checkpoint}")


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
