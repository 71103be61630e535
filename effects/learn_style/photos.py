"""The photographs that a style is learned on: those that come with the package scikit-image."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from PIL import Image

from effects import image
from effects.errors import WeightsMissing
from effects.training.photos import Photos

__all__ = ["bundled", "model"]

# A face, a cat, a cup, a room, a tower at dusk, a man in a field (grey).
NAMES = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "motorcycle_left.png",
    "rocket.jpg",
    "camera.png",
)
MODEL = "chelsea.png"


def bundled() -> Photos:
    """All of them. Raises `WeightsMissing`."""
    return Photos([_read(name) for name in NAMES], NAMES)


def model() -> Image.Image:
    """The photograph that thumbnails are painted of. Raises `WeightsMissing`."""
    return image.decode(_read(MODEL))


def _read(name: str) -> bytes:
    source = "pip install scikit-image"
    try:
        path = Path(str(files("skimage"))) / "data" / name
        return path.read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        raise WeightsMissing(
            f"the photograph {name} to learn styles on is not there: get it from {source}",
            file=name,
            folder="skimage/data",
            source=source,
        ) from error
