"""Networks in ONNX Runtime: no torch is needed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import onnxruntime  # type: ignore[import-untyped]  # published without types

from effects.errors import WeightsMissing

__all__ = ["open_session"]


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
