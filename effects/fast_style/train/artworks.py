"""The artworks whose styles are learned."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from effects import image
from effects.errors import BadPicture, UserError
from effects.training.photos import SUFFIXES

__all__ = ["read_artworks"]


def read_artworks(folder: Path, without: set[str], side: int) -> dict[str, Image.Image]:
    """The folder's pictures by their names, in order, longer side at most `side` pixels.

    Raises `UserError` for a picture that can't be read, and for names in `without` that are not
    there.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder")
    paths = {
        path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES
    }
    if unknown := sorted(without - paths.keys()):
        raise UserError(f"{folder} has no artwork called {unknown[0]}")
    artworks = {}
    for name in paths.keys() - without:
        try:
            artworks[name] = image.bound(image.decode(paths[name].read_bytes()), side)
        except (OSError, BadPicture) as error:
            raise UserError(f"{paths[name]}: {error}") from error
    if not artworks:
        raise UserError(f"there are no artworks in {folder}")
    return dict(sorted(artworks.items()))
