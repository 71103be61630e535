"""The time of a process, set by a file while it runs."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

__all__ = ["Clock", "build_library"]


def build_library(folder: Path) -> Path | None:
    """What is preloaded, of `clock.c`; None where there is no C compiler, or no Linux."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source], check=True)
    return library


class Clock:
    """Of all processes that are started with its `environment`."""

    def __init__(self, file: Path, library: Path | None) -> None:
        self.environment: dict[str, str] = {}
        self._file = file
        file.write_bytes(bytes(8))
        if library is not None:
            self.environment = {"LD_PRELOAD": str(library), "SOAK_CLOCK": str(file)}

    def set(self, seconds: int) -> None:
        """So far from the true time they are now."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("l", seconds))
