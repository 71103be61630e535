"""A sheet of samples: how each style looks on a few photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from PIL import Image, ImageDraw

from effects import image
from effects.fast_style.network import STEP
from effects.fast_style.train.training import Training
from effects.gatys.pictures import to_image, to_tensor

__all__ = ["draw_sheet"]

CELL = 320
PAPER, INK = "#14161b", "#f4f5f7"


@torch.no_grad()
def draw_sheet(
    training: Training, artworks: Mapping[str, Image.Image], photos: Sequence[Image.Image]
) -> Image.Image:
    """A row for each style, first its artwork; the photos stand above."""
    shown = [_fitting(photo) for photo in photos]
    sheet = Image.new("RGB", (CELL * (len(shown) + 1), CELL * (len(artworks) + 1)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, photo in enumerate(shown, start=1):
        _paste(sheet, photo, column, 0)
    for row, (name, artwork) in enumerate(artworks.items(), start=1):
        _paste(sheet, artwork, 0, row)
        draw.text((8, row * CELL + 4), name, INK, stroke_width=2, stroke_fill=PAPER)
        for column, photo in enumerate(shown, start=1):
            painting = training.paint(to_tensor(photo).to(training.device), [row - 1])
            _paste(sheet, to_image(painting), column, row)
    return sheet


def _fitting(photo: Image.Image) -> Image.Image:
    """The photo at a cell's size, cut to sides that the network takes."""
    small = image.bound(photo, CELL)
    width, height = (max(2 * STEP, side // STEP * STEP) for side in small.size)
    return small.resize(
        (width, height), box=(0, 0, min(width, small.width), min(height, small.height))
    )


def _paste(sheet: Image.Image, picture: Image.Image, column: int, row: int) -> None:
    small = image.bound(picture, CELL)
    left, top = (CELL - small.width) // 2, (CELL - small.height) // 2
    sheet.paste(small, (column * CELL + left, row * CELL + top))
