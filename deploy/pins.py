"""Whether deploy/constraints.txt names the exact version of every package that we need, and those
are what is installed: `python -m deploy.pins`, in `make check`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

__all__ = ["faults", "main", "needed", "read_pins"]

_CONSTRAINTS = Path(__file__).with_name("constraints.txt")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==(\S+)")
_OURS = "atelier"


def read_pins(text: str) -> dict[str, Version]:
    """Name -> version. Raises `ValueError` for a line that is no exact pin, or a name's second."""
    pins: dict[str, Version] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        pin = _PIN.fullmatch(line)
        if pin is None or canonicalize_name(pin[1]) in pins:
            raise ValueError(f"deploy/constraints.txt: {line!r} is no pin, or the second")
        pins[canonicalize_name(pin[1])] = Version(pin[2])
    return pins


def needed(name: str, extras: frozenset[str]) -> dict[str, str]:
    """Of all packages that it leads to, on this machine: canonical name -> version; "" for one that
    is not installed.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    ways = [(canonicalize_name(name), extras)]
    while ways:
        way = ways.pop()
        if way in seen:
            continue
        seen.add(way)
        try:
            package = distribution(way[0])
        except PackageNotFoundError:
            found[way[0]] = ""
            continue
        found[way[0]] = package.version
        for each in map(Requirement, package.requires or []):
            marks = [{"extra": extra} for extra in ("", *way[1])]
            if each.marker is None or any(map(each.marker.evaluate, marks)):
                ways.append((canonicalize_name(each.name), frozenset(each.extras)))
    return found


def faults(pins: dict[str, Version], installed: dict[str, str]) -> Iterator[str]:
    """A line for each that is not as pinned."""
    for name, version in sorted(installed.items()):
        if name not in pins:
            yield f"{name} is needed, and deploy/constraints.txt has no version of it"
        # a build of one's own, "2.9+cpu", is the same version
        elif version and Version(version).public != pins[name].public:
            yield f"{name} {version} is installed, {pins[name]} is in deploy/constraints.txt"


def main() -> int:
    """Say what is wrong; returns the exit status."""
    everything = frozenset(distribution(_OURS).metadata.get_all("Provides-Extra") or ())
    installed = needed(_OURS, everything)
    del installed[_OURS]
    wrong = list(faults(read_pins(_CONSTRAINTS.read_text("utf-8")), installed))
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
