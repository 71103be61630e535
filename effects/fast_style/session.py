"""The shipped network in ONNX Runtime, loaded once and kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]  # published without types

from effects.errors import WeightsMissing
from effects.fast_style.modes import Mode
from effects.fast_style.vectors import Vectors

__all__ = ["Network", "Planes", "open_session"]

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


def open_session(path: Path, device: str) -> onnxruntime.InferenceSession:
    """A file of ONNX, ready to run. Raises `WeightsMissing`."""
    options = onnxruntime.SessionOptions()
    # The variable that torch obeys; 0: a thread for each core.
    threads = os.environ.get("OMP_NUM_THREADS", "")
    options.intra_op_num_threads = int(threads) if threads.isdecimal() else 0
    # Idle threads sleep: another program may need the cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=_providers(device))
    # ONNX Runtime's errors have no base of their own.
    except Exception as error:
        raise WeightsMissing(f"{path} is damaged or no network", path=str(path)) from error


def _providers(device: str) -> list[Any]:
    """CUDA on a GPU where ONNX Runtime has it, and always the CPU."""
    providers: list[Any] = ["CPUExecutionProvider"]
    kind, _, number = device.partition(":")
    if kind == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        # CUDA's libraries, where pip installed them; torch is not there to bring them.
        onnxruntime.preload_dlls()
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": int(number or 0)}))
    return providers
