"""The trained styles: names, and the γ and β that make the network paint in them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from effects.errors import WeightsMissing
from effects.fast_style.names import blend
from effects.fast_style.vectors import Vectors, unpack

__all__ = ["Styles"]

_NONE: Mapping[str, bytes] = MappingProxyType({})


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
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
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

    def vectors(self, words: str, own: Mapping[str, bytes] = _NONE) -> tuple[Vectors, Vectors]:
        """γ and β, one row each, of "starry" or "starry=0.7+mine=0.3".

        `own` are saved styles by name, as `vectors.pack` made them. Raises `BadParams` for words
        that name no style, `BadFilter` for a saved one that can't be used.
        """
        gamma, beta = np.zeros((2, 1, self.gamma.shape[1]), dtype=np.float32)
        for name, share in blend(words, [*self.names, *own]).items():
            theirs = self._of(name, own)
            gamma, beta = gamma + share * theirs[0], beta + share * theirs[1]
        return gamma, beta

    def _of(self, name: str, own: Mapping[str, bytes]) -> tuple[Vectors, Vectors]:
        if name in self.names:
            row = self.names.index(name)
            return self.gamma[row], self.beta[row]
        return unpack(own[name], name, self.network, self.gamma.shape[1])
