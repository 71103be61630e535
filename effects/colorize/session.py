"""The shipped network in ONNX Runtime, loaded once and kept."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from effects.colorize.bins import BINS
from effects.colorize.hints import fitted, told
from effects.colorize.lab import Array, grey, lightness
from effects.errors import WeightsMissing
from effects.points import Point
from effects.sessions import open_session

__all__ = ["Network"]

STEP, HINT_STRIDE = 32, 8
# What the network is shown has so many pixels, like what it was trained on, or a short side of
# `LEAST` where that is more.
AREA, LEAST = 176 * 176, 96
# From dark to light a photo has at least so much of L*, else it is faded; percent of its pixels
# that may be darker, and lighter.
RANGE, LOST = 70.0, 0.5


class Network:
    """Photos in, chroma out."""

    def __init__(self, path: Path, device: str) -> None:
        """`device` is torch's name of it. Raises `WeightsMissing`."""
        self._session = open_session(path, device)
        prior_file = path.with_suffix(".npz")
        try:
            with np.load(prior_file) as file:
                self.prior: Array = file["prior"].astype(np.float32)
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise WeightsMissing(f"{prior_file} is damaged", path=str(prior_file)) from error
        if self.prior.shape != (len(BINS),):
            raise WeightsMissing(f"{prior_file} is of another network", path=str(prior_file))

    def chroma(
        self, photo: Image.Image, adjust: Array, sharpness: float, points: Sequence[Point] = ()
    ) -> Array:
        """a* and b* of a photo's places, h×w×2, from its lightness and what `points` ask for.

        `adjust` is added to the scores of the bins, which are then multiplied by `sharpness`.
        """
        width, height = shown_size(*photo.size)
        small = photo.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
        light = lightness(np.asarray(small))
        fresh, faded = refreshed(light)
        feed = {
            "grey": grey(fresh)[None, None],
            "hints": told(points, width // HINT_STRIDE, height // HINT_STRIDE),
            "adjust": adjust[None],
            "sharpness": np.array([sharpness], np.float32),
        }
        (chroma,) = self._session.run(["chroma"], feed)
        found = np.ascontiguousarray(chroma[0].transpose(1, 2, 0)) * (100 * faded)
        rows, columns = found.shape[:2]
        coarse = light.reshape(rows, height // rows, columns, width // columns).mean((1, 3))
        return fitted(found, coarse, points)


def refreshed(light: Array) -> tuple[Array, float]:
    """L* with the contrast that a faded photo may have had, and how much of that it has: so much
    it has of its colours too.
    """
    low, high = np.percentile(light, (LOST, 100 - LOST))
    width = float(high - low)
    if width >= RANGE or width < 1:
        return light, 1.0
    # The whole is stretched about the tone that stays where it is, black in a dark photo.
    start = low * (100 - RANGE) / (100 - width)
    fresh = (light - low) * (RANGE / width) + start
    return fresh.clip(0, 100).astype(np.float32), width / RANGE


def shown_size(width: int, height: int) -> tuple[int, int]:
    """Width and height of what the network is shown of a photo."""
    scale = max((AREA / (width * height)) ** 0.5, LEAST / min(width, height))
    return max(1, round(width * scale / STEP)) * STEP, max(1, round(height * scale / STEP)) * STEP
