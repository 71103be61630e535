"""Which device to run on, and how to be there among others."""

from __future__ import annotations

import ctypes
import os
import re

from effects.errors import UserError

__all__ = ["gpu_memory_mb", "pick_device", "share_cores"]


def share_cores() -> None:
    """Let torch's idle threads sleep in place of spinning; call it before torch is loaded.

    Two programs on the same two cores are else several times slower than one after the other;
    alone, nothing was lost that could be measured.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pick_device(wanted: str = "") -> str:
    """torch's name of the device `wanted`; without a wish the first GPU, else the CPU.

    Raises `UserError` when it is not there. Loads torch, or ONNX Runtime where torch is not
    installed, unless "cpu" is wanted.
    """
    if wanted == "cpu":
        return wanted
    gpus = _gpus()
    if not wanted:
        return "cuda:0" if gpus else "cpu"
    found = re.fullmatch(r"cuda(?::(\d+))?", wanted)
    if found is None or int(found[1] or 0) >= gpus:
        there = ", ".join(["cpu", *(f"cuda:{number}" for number in range(gpus))])
        raise UserError(f"there is no device {wanted!r} here; there is {there}", device=wanted)
    return f"cuda:{found[1] or 0}"


def gpu_memory_mb(device: str) -> int:
    """Megabytes of memory of a GPU, "cuda:0"."""
    driver = _driver()
    if driver is None:
        raise UserError(f"there is no device {device!r} here", device=device)
    handle, memory = ctypes.c_int(), ctypes.c_size_t()
    driver.cuDeviceGet(ctypes.byref(handle), int(device.partition(":")[2] or 0))
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    return memory.value >> 20


def _gpus() -> int:
    """GPUs that the installed libraries can use."""
    try:
        import torch
    # Not installed, or a GPU build without the GPU's libraries: the effect will say so.
    except (ImportError, OSError):
        return _gpus_of_onnxruntime()
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _gpus_of_onnxruntime() -> int:
    try:
        import onnxruntime  # type: ignore[import-untyped]  # published without types
    except (ImportError, OSError):
        return 0
    driver = _driver()
    # It says what it was built for, not what is there.
    if driver is None or "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return 0
    count = ctypes.c_int()
    return count.value if driver.cuDeviceGetCount(ctypes.byref(count)) == 0 else 0


def _driver() -> ctypes.CDLL | None:
    """NVIDIA's driver, where it is installed and finds a GPU."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    return driver if driver.cuInit(0) == 0 else None
