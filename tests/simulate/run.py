"""One simulated day on each build of the queue."""

from __future__ import annotations

from tests.simulate.crew import draw_crew
from tests.simulate.day import Plan, draw_wishes
from tests.simulate.world import Clock, World
from worker.jobs.memory import MemoryQueue
from worker.jobs.office import Office
from worker.jobs.queue import Queue
from worker.jobs.redis_queue import RedisQueue
from worker.jobs.rules import Rules

__all__ = ["on_memory", "on_redis"]


async def on_memory(plan: Plan, rules: Rules) -> World:
    """On the in-memory queue, which runs the reference policy."""
    clock = Clock()
    queue = MemoryQueue(clock=clock)
    return await _run(plan, rules, queue, queue.office, clock)


async def on_redis(plan: Plan, rules: Rules, url: str) -> World:
    """On the real scripts, in an empty Redis."""
    clock = Clock()
    queue = RedisQueue(url, clock=clock)
    try:
        return await _run(plan, rules, queue, queue.office, clock)
    finally:
        await queue.close()


async def _run(plan: Plan, rules: Rules, queue: Queue, office: Office, clock: Clock) -> World:
    before, wishes = draw_wishes(plan)
    crew = draw_crew(plan, wishes)
    world = World(queue, office, clock, rules, before + wishes, crew, plan.seed)
    await world.run()
    return world
