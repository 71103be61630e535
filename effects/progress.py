"""How far a run is, on a terminal or in a log."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TextIO

from PIL import Image

__all__ = ["ShellContext"]


class ShellContext:
    """The `Context` of a run from the shell: a bar on a terminal, else a line per tenth."""

    def __init__(self, title: str, stream: TextIO, unit: str = "") -> None:
        """`unit` follows the numbers."""
        self._title = title
        self._unit = unit
        self._stream = stream
        # tqdm comes with the worker's extras; weights can be pulled without.
        self._draws = stream.isatty() and find_spec("tqdm") is not None
        self._bar: Any = None
        self._tenths = 0

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        """Show it; the person who looks at a terminal sees no previews."""
        if self._draws:
            if self._bar is None:
                self._bar = self._open(done, total)
            self._bar.total = total
            self._bar.update(done - self._bar.n)
        elif total >= 10 and done * 10 // total > self._tenths:
            self._tenths = done * 10 // total
            print(f"{self._title}: {done} of {total}{self._unit}", file=self._stream, flush=True)

    def close(self) -> None:
        """End the bar's line."""
        if self._bar is not None:
            self._bar.close()

    def _open(self, done: int, total: int) -> Any:
        from tqdm import tqdm

        return tqdm(
            desc=self._title,
            initial=done,
            total=total,
            unit=self._unit or "it",
            file=self._stream,
            dynamic_ncols=True,
        )
