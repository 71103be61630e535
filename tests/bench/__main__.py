"""`make bench`: run every benchmark of this folder, or those named on the command line."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    """Run the benchmarks called `names` ("queue"), or all; each prints its own figures."""
    found = sorted(
        module.name.removeprefix("bench_")
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if module.name.startswith("bench_")
    )
    unknown = set(names) - set(found)
    if unknown:
        print(f"no benchmark called {', '.join(sorted(unknown))}; there are: {', '.join(found)}")
        return 2
    for name in names or found:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"tests.bench.bench_{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
