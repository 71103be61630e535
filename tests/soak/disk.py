"""A small disk that can be filled: a tmpfs of its own, where we may mount one."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["Disk"]

_MB = 2**20


class Disk:
    """The folder `place`; `small` tells whether it is a disk of its own."""

    def __init__(self, place: Path, megabytes: int = 96) -> None:
        self.place = place
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "soak", str(place)]
        tried = subprocess.run(mount, capture_output=True, check=False)
        self.small = tried.returncode == 0
        self._ballast = place / "ballast"

    def fill(self) -> None:
        """Leave not a byte."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_MB))
            except OSError:
                pass
            try:
                while True:
                    file.write(bytes(512))
            except OSError:
                return

    def free(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """It is gone, with all that is on it."""
        if self.small:
            subprocess.run(["umount", "-l", str(self.place)], check=True)
            self.place.rmdir()
