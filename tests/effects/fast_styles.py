"""Fast styles for tests: a network of random weights, photos, and the effect's door."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from effects.fast_style import SPEC
from effects.fast_style.export import export, fingerprint
from effects.fast_style.network import StyleNetwork
from effects.fast_style.runner import FastStyle
from effects.fast_style.styles import Styles
from effects.spec import Item, Output

NAMES = ("night", "sea", "sea-at-night")


class Quiet:
    """A context that nobody looks at."""

    def step(self, done: int, total: int, preview: object = None) -> None:
        pass


class Folder:
    """Weights in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> str:
        return str(self._folder / "styles.onnx")


def small() -> StyleNetwork:
    """A small network."""
    torch.manual_seed(3)
    return StyleNetwork(fine=8, coarse=12, half=6, blocks=(1, 1, 1)).eval()


def random_styles(net: StyleNetwork) -> Styles:
    """Three styles for it."""
    random = np.random.default_rng(1)
    gamma, beta = random.normal(0, 0.5, (2, 3, net.channels)).astype(np.float32)
    return Styles(NAMES, 1 + gamma, beta, fingerprint(net))


def write(net: StyleNetwork, folder: Path) -> Path:
    """styles.onnx and styles.npz, as they are shipped; returns the folder."""
    export(net, folder / "styles.onnx")
    random_styles(net).save(folder / "styles.npz")
    return folder


def photo(width: int = 96, height: int = 72) -> Image.Image:
    """A smooth picture with an edge."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    rgb = np.stack([0.2 + 0.6 * x, 0.8 - 0.5 * y, 0.4 + 0.3 * (x > 0.5)], -1)
    return Image.fromarray((rgb * 255).astype(np.uint8))


def item(picture: Image.Image, **values: Any) -> Item[Any]:
    """A request."""
    return Item(SPEC.parse(values), (picture,))


def pixels(output: Output) -> np.ndarray[Any, Any]:
    """The painting."""
    return np.asarray(Image.open(io.BytesIO(output.media[0].content)), dtype=np.float64)


def paint(effect: FastStyle, picture: Image.Image | None = None, **values: Any) -> Any:
    """The painting of one photo."""
    return pixels(effect.run(item(picture or photo(), **values), Quiet()))


def apart(ours: Any, theirs: Any) -> float:
    """Mean difference of two pictures, of 255."""
    return float(np.abs(ours - theirs).mean())
