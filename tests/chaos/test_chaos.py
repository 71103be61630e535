"""A small `make chaos`."""

from __future__ import annotations

import secrets

import pytest

from tests.chaos.plan import Plan
from tests.chaos.run import run


@pytest.mark.slow
async def test_nothing_is_lost(redis_program: str) -> None:
    """Workers, people and Redis are killed at random; every job ends once with its result."""
    plan = Plan(
        seed=secrets.randbelow(10**6),
        jobs=120,
        workers=3,
        blows=10,
        restarts=2,
        stalls=0,
        duration=20,
    )
    figures, broken = await run(plan, redis_program)
    assert (plan, []) == (plan, broken)
    assert (10, 2) == (figures["kill"] + figures["freeze"], figures["restart Redis"])
