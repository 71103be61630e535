"""The shipped network in ONNX Runtime, loaded once and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from effects.fast_style.modes import Mode
from effects.fast_style.vectors import Vectors
from effects.sessions import open_session

__all__ = ["Network", "Planes"]

Planes = npt.NDArray[np.float32]
"""N×3×H×W in [0, 1]; H and W as `modes` says."""


class Network:
    """Photos and styles in, paintings out."""

    def __init__(self, path: Path, device: str) -> None:
        """`device` is torch's name of it. Raises `WeightsMissing`."""
        self._session = open_session(path, device)
        self.on_gpu: bool = self._session.get_providers()[0] != "CPUExecutionProvider"

    def paint(
        self, photos: Planes, gamma: Vectors, beta: Vectors, mode: Mode = Mode.WHOLE
    ) -> Planes:
        """Paintings of the photos' size; `gamma` and `beta` have a row for each, or in the mode
        FIXED the scale and shift of `measure`.
        """
        paintings: Planes
        (paintings,) = self._run(["painting"], photos, gamma, beta, mode)
        return paintings

    def measure(self, photos: Planes, gamma: Vectors, beta: Vectors) -> tuple[Vectors, Vectors]:
        """The scale and the shift that normalisation comes to, with a row for each photo."""
        scale, shift = self._run(["scale", "shift"], photos, gamma, beta, Mode.MEASURE)
        return scale, shift

    def _run(
        self, wanted: list[str], photos: Planes, gamma: Vectors, beta: Vectors, mode: Mode
    ) -> list[Any]:
        feed = {"photo": photos, "gamma": gamma, "beta": beta, "mode": np.array(mode.value)}
        outputs: list[Any] = self._session.run(wanted, feed)
        return outputs
