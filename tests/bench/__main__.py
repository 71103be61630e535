"""`make bench` and, with `--quality`, `make bench-quality`: run all of a kind, or those named."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from effects.device import share_cores


def main(names: list[str]) -> int:
    """Run the benchmarks called `names` ("queue"), or all; each prints its own figures."""
    # As all our programs do.
    share_cores()
    kind = "bench_"
    if "--quality" in names:
        kind = "quality_"
        names = [name for name in names if name != "--quality"]
    found = sorted(
        module.name.removeprefix(kind)
        for module in pkgutil.iter_modules([str(Path(__file__).parent)])
        if module.name.startswith(kind)
    )
    unknown = set(names) - set(found)
    if unknown:
        print(f"no benchmark called {', '.join(sorted(unknown))}; there are: {', '.join(found)}")
        return 2
    for name in names or found:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"tests.bench.{kind}{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
