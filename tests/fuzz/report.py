"""What a run finds: figures, and faults with the input that made them."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Report"]

_SHOWN = 20
_KEPT = 100


@dataclass
class Report:
    """Faults go to files in `folder`, under the name of the run and its seed."""

    name: str
    seed: int
    folder: Path
    figures: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def fault(self, what: str, *inputs: bytes) -> None:
        """Something that must not happen, and what was sent just before, oldest first."""
        self.faults.append(what)
        if len(self.faults) > _KEPT:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = f"{self.name}-{self.seed}-{len(self.faults)}"
        (self.folder / f"{stem}.txt").write_text(what, "utf-8")
        for number, content in enumerate(inputs):
            digest = hashlib.sha256(content).hexdigest()[:8]
            (self.folder / f"{stem}-{number}-{digest}.bin").write_bytes(content)

    def show(self) -> None:
        """On standard output."""
        for name, count in sorted(self.counts.items()):
            print(f"  {name:<46}{count:>10,}")
        for name, value in self.figures.items():
            print(f"  {name:<46}{value:>10}")
        for what in self.faults[:_SHOWN]:
            print(f"  FAULT: {what.strip().splitlines()[0]}")
        if self.faults:
            print(f"  {len(self.faults)} faults; see {self.folder}")
