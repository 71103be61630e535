"""A storm on each messenger: 200 people within a minute, calls that fail, the bot killed or not.

The bot is `python -m bot`, the worker a real one whose effect does next to nothing, Redis real;
the messengers are the test servers: 5 % of the calls are refused as flood, 2 % answered by a 502,
2 % cut, half of them after they were carried out. `--kill` only with the kills.
"""

from __future__ import annotations

import asyncio
import sys

from tests.messengers.storm import Plan, Storm

KILLS = 5


def main(people: int = 200, seconds: float = 60.0) -> None:
    """Run all; about six minutes."""
    kills = (KILLS,) if "--kill" in sys.argv else (0, KILLS)
    for platform in ("telegram", "vk"):
        for number in kills:
            plan = Plan(platform, people, seconds, number)
            report(asyncio.run(Storm.blow(plan)))


def report(storm: Storm) -> None:
    """Print the figures."""
    plan, doubles = storm.plan, storm.doubles
    killed = f", the bot killed {len(storm.killed)} times" if plan.kills else ""
    print(f"{plan.platform}: {plan.people} people in {plan.seconds:g} s{killed}")
    answered = len(storm.asked) - len(storm.missing)
    print(f"  answered {answered} of {len(storm.asked)}; {storm.faults} calls failed")
    middle, late = storm.seconds()
    print(f"  answer time p50 {middle:.1f} s, p95 {late:.1f} s")
    copies = sum(len(times) - 1 for times in doubles.values())
    print(
        f"  doubles {copies}: with {storm.by_kill} people around a kill; replies to results cut "
        f"after they were taken: {storm.by_cut}; known to VK by random_id: {storm.repeated}"
    )
    print(
        f"  limits broken {storm.broken_limits}; status messages "
        f"{sum(storm.statuses.values())}, left standing {len(storm.standing)} "
        f"(replies to them cut: {storm.cut['sendMessage'] + storm.cut['messages.send']})"
    )
    print(
        f"  memory {storm.memory[0]:.0f} MB before, {max(storm.memory):.0f} at most, "
        f"{storm.memory[-1]:.0f} after; processor {storm.cpu:.1f} s"
    )


if __name__ == "__main__":
    main()
