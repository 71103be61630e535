"""Tests of what a running effect sees, on a clock of their own."""

from __future__ import annotations

import itertools

import pytest
from PIL import Image

from effects.errors import Cancelled
from worker.runtime.context import PREVIEW_EVERY, STEP_EVERY, OrderContext
from worker.runtime.messages import Step


def test_reports_are_thinned_out() -> None:
    """A thousand steps in ten seconds: four reports a second, a preview only when one is due."""
    now = 0.0
    sent: list[tuple[float, Step]] = []
    drawn = 0

    def draw() -> Image.Image:
        nonlocal drawn
        drawn += 1
        return Image.new("RGB", (1024, 512))

    context = OrderContext(7, lambda step: sent.append((now, step)), lambda: False, lambda: now)
    for done in range(1, 1001):
        now = done / 100
        context.step(done, 1000, draw)
    times = [time for time, _ in sent]
    assert STEP_EVERY <= min(b - a for a, b in itertools.pairwise(times)) + 1e-9
    assert 40 == len(sent)
    pictures = [time for time, step in sent if step.preview]
    assert 6 == len(pictures) == drawn
    assert PREVIEW_EVERY <= min(b - a for a, b in itertools.pairwise(pictures)) + 1e-9


def test_cancel_is_seen_at_the_very_next_step() -> None:
    """However lately it reported, the effect is stopped by its next step."""
    stopped = False
    sent: list[Step] = []
    context = OrderContext(7, sent.append, lambda: stopped, lambda: 0.0)
    context.step(1, 10)
    stopped = True
    with pytest.raises(Cancelled):
        context.step(2, 10)
    assert [] == sent
