"""Where the networks' weights lie: in an installed package, or in a folder."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from effects.errors import WeightsDamaged, WeightsMissing
from effects.weights.digest import is_intact
from effects.weights.manifest import MANIFEST, Entry

__all__ = ["WeightsStore", "command"]


class WeightsStore:
    """Finds weights: first the package that carries them, then a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` defaults to ATELIER_WEIGHTS_DIR, else ~/.local/share/atelier/weights."""
        default = os.environ.get("ATELIER_WEIGHTS_DIR") or "~/.local/share/atelier/weights"
        self.folder = folder or Path(default).expanduser()

    def path(self, name: str) -> str:
        """The local path of the weights `name`, whose SHA-256 is right. Raises `WeightsMissing`."""
        entry = MANIFEST.get(name)
        if entry is None:
            raise WeightsMissing(
                f"no weights are known as {name!r}; there are {', '.join(MANIFEST)}", weights=name
            )
        path = self.find(name)
        error: type[WeightsMissing] = WeightsDamaged
        if path is None:
            error = WeightsMissing
            trouble = f"the weights {entry.file} ({entry.mb} MB) are not in {self.folder}"
        elif _in_package(entry) or is_intact(path, entry.sha256):
            return str(path)
        else:
            trouble = f"the weights {path} are damaged, their SHA-256 is not {entry.sha256[:8]}…"
        raise error(
            f"{trouble}; `{command(name)}` brings them",
            weights=name,
            file=entry.file,
            folder=str(self.folder),
            source=command(name),
        )

    def find(self, name: str) -> Path | None:
        """The file of the weights `name`, whatever is in it, if there is one."""
        entry = MANIFEST[name]
        if (carried := _in_package(entry)) is not None:
            return carried
        path = self.place(name)
        return path if path.is_file() else None

    def place(self, name: str) -> Path:
        """Where in the folder the weights `name` belong."""
        return self.folder / MANIFEST[name].file


def command(name: str) -> str:
    """The shell command that brings the weights `name`."""
    return MANIFEST[name].command or f"python -m effects weights pull {name}"


def _in_package(entry: Entry) -> Path | None:
    if not entry.package:
        return None
    try:
        path = Path(str(files(entry.package))) / "models" / entry.file
    except ModuleNotFoundError:
        return None
    return path if path.is_file() else None
