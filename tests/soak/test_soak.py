"""A small `make soak`."""

from __future__ import annotations

import secrets

import pytest

from tests.soak.plan import Plan
from tests.soak.run import run


@pytest.mark.slow
async def test_all_are_answered(redis_program: str) -> None:
    """While programs are killed, Redis fails over and the store fails, everybody is answered, and
    nothing is left.
    """
    blows = ("bot killed", "worker killed", "Redis killed", "disk full")
    plan = Plan(seed=secrets.randbelow(10**6), minutes=1.5, blows=blows)
    report = await run(plan, redis_program)
    assert (plan, []) == (plan, report.broken)
    assert 3 <= len(report.recoveries)
    assert 50 < report.figures["answered with a result"]
