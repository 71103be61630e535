"""The trained styles: names, and the γ and β that make the network paint in them."""

from __future__ import annotations

import difflib
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from effects.errors import BadParams, WeightsMissing
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
        shares = self.blend(words)
        weights = np.array([shares.get(name, 0.0) for name in self.names], dtype=np.float32)
        return (weights @ self.gamma)[None], (weights @ self.beta)[None]

    def blend(self, words: str) -> Mapping[str, float]:
        """The styles named and their shares, which add up to 1; "" is the first style."""
        if not words.strip():
            return {self.names[0]: 1.0}
        shares: dict[str, float] = {}
        for part in words.split("+"):
            word, _, share = part.partition("=")
            name = self._find(word.strip(), words)
            shares[name] = shares.get(name, 0.0) + _share(share, words)
        whole = sum(shares.values())
        return {name: share / whole for name, share in shares.items()}

    def _find(self, word: str, words: str) -> str:
        """The style called `word`, or the only one whose name has it as a part."""
        wanted = word.casefold()
        if wanted in self.names:
            return wanted
        found = [name for name in self.names if wanted and wanted in name]
        if len(found) == 1:
            return found[0]
        if found:
            raise _refused(words, f"{word!r} may be {' or '.join(found)}")
        close = difflib.get_close_matches(wanted, self.names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(self.names)}"
        raise _refused(words, f"there is no style {word[:40]!r}; {hint}")


def _share(word: str, words: str) -> float:
    try:
        share = float(word.strip().replace(",", ".")) if word else 1.0
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise _refused(words, "the share of a style should be a number above 0 and up to 1")
    return share


def _refused(words: str, why: str) -> BadParams:
    return BadParams(f"style={words[:40]}: {why}", effect="style", param="style", value=words[:40])
