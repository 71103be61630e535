"""A simulated day is the same on both queues, and the same again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.simulate.day import Plan
from tests.simulate.figures import goals, report
from tests.simulate.plot import draw
from tests.simulate.run import on_memory, on_redis
from tests.simulate.world import World
from worker.jobs.rules_file import read_rules_file

PLAN = Plan(users=40, seed=3)
RULES = read_rules_file(Path("deploy/rules-busy.toml")).rules


@pytest.fixture(scope="module")
def day() -> World:
    """A small day on the reference policy."""
    return asyncio.run(on_memory(PLAN, RULES))


async def test_the_scripts_do_as_the_reference(day: World, redis_url: str) -> None:
    """The same jobs in the same order, at the same times, under the same promises."""
    real = await on_redis(PLAN, RULES, redis_url)
    assert day.order == real.order
    assert day.stories == real.stories
    assert report(day) == report(real)


async def test_a_seed_is_a_day(day: World) -> None:
    """Another seed is another day, and everything ends once on each."""
    other = await on_memory(Plan(users=40, seed=4), RULES)
    assert day.order != other.order
    for world in (day, other):
        assert goals(world)[0].met, goals(world)[0]


async def test_the_picture_is_drawn(day: World, tmp_path: Path) -> None:
    """A PNG of some size."""
    path = tmp_path / "out" / "simulate.png"
    draw(day, "A small day", path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 50_000
