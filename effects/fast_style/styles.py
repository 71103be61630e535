"""The trained styles: names, and the γ and β that make the network paint in them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from effects.errors import WeightsMissing
from effects.fast_style.names import blend
from effects.fast_style.vectors import Vectors

__all__ = ["Styles"]


class Styles:
    """Styles by name, and blends of them."""

    def __init__(self, names: tuple[str, ...], gamma: Vectors, beta: Vectors, network: str) -> None:
        """`gamma` and `beta` are styles×channels; `network` tells theirs from all others."""
        self.names, self.gamma, self.beta, self.network = names, gamma, beta, network

    @classmethod
    def load(cls, path: Path) -> Styles:
        """Read what `save` wrote. Raises `WeightsMissing`."""
        try:
            with np.load(path) as file:
                names, network = tuple(map(str, file["names"])), str(file["network"])
                gamma, beta = (file[key].astype(np.float32) for key in ("gamma", "beta"))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise WeightsMissing(f"{path} is damaged or holds no styles", path=str(path)) from error
        return cls(names, gamma, beta, network)

    def save(self, path: Path) -> None:
        """Write an .npz."""
        np.savez(
            path,
            names=np.array(self.names),
            gamma=self.gamma,
            beta=self.beta,
            network=np.array(self.network),
        )

    def vectors(self, words: str) -> tuple[Vectors, Vectors]:
        """γ and β, one row each, of "starry" or "starry=0.7+wave=0.3". Raises `BadParams`."""
        shares = blend(words, self.names)
        weights = np.array([shares.get(name, 0.0) for name in self.names], dtype=np.float32)
        return (weights @ self.gamma)[None], (weights @ self.beta)[None]
