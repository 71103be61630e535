"""Fast style through the door that a worker's child uses: files in, files out, no torch.

`python -m tests.bench.fast_style_door FOLDER PHOTO SIZE` paints one and prints what it took, as
JSON, in a process of its own.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from effects.catalogue import Catalogue
from effects.fast_style import SPEC
from worker.runtime.execute import Executor
from worker.runtime.messages import Order, Part, Result
from worker.runtime.shelf import Shelf


class Folder:
    """The weights, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> str:
        return str(self._folder / "styles.onnx")


class Door:
    """An executor with the effect loaded."""

    def __init__(self, folder: Path) -> None:
        catalogue = Catalogue([("atelier", SPEC)])
        shelf = Shelf(catalogue, "cpu", Folder(folder))
        self._said: list[object] = []
        self._executor = Executor(catalogue, shelf, 8, {}, self._said.append, lambda number: False)
        self._executor.warm([SPEC.name])

    def paint(self, photos: Sequence[bytes], size: int) -> list[bytes]:
        """The paintings of one order."""
        parts = (Part(n, 1, {"size": size}, (photo,)) for n, photo in enumerate(photos))
        self._said.clear()
        self._executor.execute(Order(SPEC.name, tuple(parts)))
        results = [each for each in self._said if isinstance(each, Result)]
        if len(results) != len(photos):
            raise RuntimeError(f"no painting: {self._said}")
        return [result.media[0][1] for result in results]


def main(folder: Path, photo: Path, size: int) -> None:
    """Paint it once."""
    door = Door(folder)
    begin = time.perf_counter()
    (painting,) = door.paint([photo.read_bytes()], size)
    seconds = time.perf_counter() - begin
    # Not ru_maxrss: that remembers the process which started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    torch = "torch" in sys.modules
    print(json.dumps({"seconds": seconds, "mb": peak, "bytes": len(painting), "torch": torch}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
