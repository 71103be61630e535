"""Photographs to train on, and how crops are drawn from them."""

from __future__ import annotations

import csv
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from effects import image
from effects.commandline import reason
from effects.errors import BadPicture, UserError

__all__ = ["SUFFIXES", "Photos"]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


class Photos:
    """Encoded photographs in memory, drawn with chances.

    Where a table names sources, a source of n photographs is drawn with a chance that grows with
    the root of n, so that one large set does not outweigh all others.
    """

    def __init__(self, files: Sequence[bytes], sources: Sequence[str]) -> None:
        self._files, self._sources = files, sources
        self._decoded: dict[int, Image.Image] | None = None
        counts = Counter(sources)
        weights = np.array([counts[source] ** -0.5 for source in sources])
        self.chances = weights / weights.sum()
        """With which each is drawn; they add up to 1."""

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Image.Image:
        if self._decoded is None:
            return image.decode(self._files[index])
        if index not in self._decoded:
            self._decoded[index] = image.decode(self._files[index])
        return self._decoded[index]

    def decoded(self, wanted: Callable[[Image.Image], bool] = lambda photo: True) -> Photos:
        """Those that are wanted, each decoded once and kept in memory."""
        pictures = {n: self[n] for n in range(len(self))}
        kept = [n for n, picture in pictures.items() if wanted(picture)]
        if not kept:
            raise UserError("none of the photographs can be used")
        photos = Photos([self._files[n] for n in kept], [self._sources[n] for n in kept])
        photos._decoded = {at: pictures[n] for at, n in enumerate(kept)}
        return photos

    @classmethod
    def read(
        cls, places: Sequence[Path], tables: Sequence[Path] = (), split: str = "train"
    ) -> Photos:
        """Read pictures, folders and tars; with `tables` only what they put into `split`.

        A table is tab-separated with the columns file and split, perhaps source_repo. Raises
        `UserError`; photographs that can't be read are left out.
        """
        listed = {row["file"]: row for table in tables for row in _rows(table)}
        files, sources = [], []
        for name, content in (each for place in places for each in _contents(place)):
            row = listed.get(name, {})
            if (tables and row.get("split") != split) or not _is_sound(content):
                continue
            files.append(content)
            sources.append(row.get("source_repo", ""))
        if not files:
            where = ", ".join(map(str, places))
            raise UserError(f"there are no photographs to use in {where}")
        return cls(files, sources)

    def draw(
        self, side: int, random: np.random.Generator, closest: float = 2.0
    ) -> npt.NDArray[np.uint8]:
        """A square of `side` pixels from any photograph, side×side×3.

        The photo's shorter side is made one to `closest` times the square's, and it may be
        mirrored.
        """
        picked = random.choice(len(self._files), p=self.chances)
        # The random numbers are drawn first, so that they do not hang on the picture.
        zoom, left, top, mirror = random.random(4)
        photo = self[picked]
        window = min(photo.size) / (1 + zoom * (closest - 1))
        x, y = left * (photo.width - window), top * (photo.height - window)
        crop = photo.resize(
            (side, side), Image.Resampling.BICUBIC, box=(x, y, x + window, y + window)
        )
        pixels = np.asarray(crop)
        return pixels[:, ::-1] if mirror < 0.5 else pixels


def _contents(place: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each picture file, in the order of names."""
    try:
        if place.is_dir() or place.suffix.lower() in SUFFIXES:
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if path.suffix.lower() in SUFFIXES and path.is_file():
                    yield path.name, path.read_bytes()
            return
        with tarfile.open(place) as tar:
            members = [each for each in tar.getmembers() if each.isfile()]
            for member in sorted(members, key=lambda each: each.name):
                file = tar.extractfile(member)
                if file is not None and Path(member.name).suffix.lower() in SUFFIXES:
                    yield Path(member.name).name, file.read()
    except OSError as error:
        raise UserError(f"{place}: {reason(error)}") from error
    except tarfile.TarError as error:
        raise UserError(f"{place} is neither a folder nor a sound tar") from error


def _rows(table: Path) -> Iterable[dict[str, str]]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except OSError as error:
        raise UserError(f"{table}: {reason(error)}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table} is not a tab-separated table") from error
    if not rows or not {"file", "split"} <= rows[0].keys():
        raise UserError(f"{table} has no columns file and split")
    return rows


def _is_sound(content: bytes) -> bool:
    # The whole picture, so that none fails hours later.
    try:
        image.decode(content)
    except BadPicture:
        return False
    return True
