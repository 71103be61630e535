"""The picture of a simulated day."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from tests.simulate.day import DAY, MORNING
from tests.simulate.figures import DAWN, DUSK, TIERS, promises, span
from tests.simulate.world import World

__all__ = ["draw"]

_COLOURS = {"free": "#4477aa", "plus": "#228833", "pro": "#ee6677", "staff": "#aa3377"}
_NOW, _LATER, _GREY = "#66ccee", "#ccbb44", "#555555"
_STEP = 900.0


def draw(world: World, title: str, path: Path) -> None:
    """Write it as a PNG."""
    with mpl.rc_context({"font.size": 10, "axes.grid": True, "grid.alpha": 0.3}):
        figure = Figure(figsize=(15, 10), layout="constrained")
        figure.suptitle(title, fontsize=13)
        (load, waits), (promise, backlog) = figure.subplots(2, 2)
        _load(load, world)
        _waits(waits, world)
        _promise(promise, world)
        _backlog(backlog, world)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=100)


def _load(axes: Axes, world: World) -> None:
    edges = np.arange(0, world.now + _STEP, _STEP)
    asked = [
        np.histogram(
            [story.wish.at for story in world.stories.values() if story.deferred == deferred],
            edges,
            weights=[story.work for story in world.stories.values() if story.deferred == deferred],
        )[0]
        / _STEP
        for deferred in (False, True)
    ]
    middle = (edges[:-1] + edges[1:]) / 2
    axes.stackplot(
        _hours(middle), *asked, colors=[_NOW, _LATER], labels=["asked for now", "for the morning"]
    )
    busy = np.zeros(len(edges))
    for begin, end, speed in world.busy:
        first, last = int(begin // _STEP), int(end // _STEP)
        for part in range(first, last + 1):
            inside = min(end, (part + 1) * _STEP) - max(begin, part * _STEP)
            busy[part] += inside * speed / _STEP
    axes.plot(_hours(middle), busy[:-1], color="black", lw=1.6, label="worked")
    speed = sum(worker.speed for worker in world.crew)
    axes.axhline(speed, color="#cc3311", ls="--", lw=1.4, label="capacity")
    axes.set(title="Load against capacity", ylabel="reference workers")
    _day(axes, world)
    axes.legend(loc="upper left")


def _waits(axes: Axes, world: World) -> None:
    edges = np.arange(0, DAY + 1, 1800.0)
    for tier in TIERS:
        some = [s for s in world.stories.values() if s.wish.tier == tier and not s.deferred]
        bins = np.digitize([story.wish.at for story in some], edges) - 1
        waits = np.array([story.wait for story in some])
        for share, style in ((50, "-"), (95, ":")):
            line = [
                max(1.0, float(np.percentile(waits[bins == part], share)))
                if (bins == part).sum() >= 3
                else np.nan
                for part in range(len(edges) - 1)
            ]
            label = tier if share == 50 else None
            axes.plot(_hours(edges[:-1] + 900), line, style, color=_COLOURS[tier], label=label)
    axes.plot([], [], "-", color=_GREY, label="p50")
    axes.plot([], [], ":", color=_GREY, label="p95")
    axes.axhline(300, color=_GREY, lw=0.8)
    axes.annotate("5 min", (MORNING + 0.1, 310), color=_GREY, fontsize=9)
    axes.set(title="Wait until it begins, by the hour of sending (1 s and less as 1 s)")
    axes.set_yscale("log")
    _times(axes.yaxis)
    _day(axes, world)
    axes.legend(loc="upper left", ncols=3)


def _promise(axes: Axes, world: World) -> None:
    now = [s for s in world.stories.values() if not s.deferred and s.ended is not None]
    order = np.random.default_rng(0).permutation(len(now))[:8000]
    some = [now[index] for index in order]
    for tier in TIERS:
        rows = [story for story in some if story.wish.tier == tier]
        axes.scatter(
            [max(story.promised, 0.1) for story in rows],
            [(story.ended or 0.0) - story.wish.at for story in rows],
            s=4, alpha=0.35, color=_COLOURS[tier], lw=0, label=tier,
        )  # fmt: skip
    took = np.geomspace(0.2, max(s.ended - s.wish.at for s in now if s.ended), 300)
    slack = np.maximum(0.25 * took, 5.0)
    axes.plot(took, took, color="black", lw=1)
    axes.plot(np.maximum(took - slack, 0.1), took, color="black", lw=0.8, ls="--")
    axes.plot(took + slack, took, color="black", lw=0.8, ls="--", label="max(25 %, 5 s)")
    share = np.mean(promises(now))
    axes.set(title=f"Promised against found: {share:.0%} between the dashed lines")
    axes.set(xlabel="promised when it was sent", ylabel="took", xscale="log", yscale="log")
    axes.set(xlim=(0.2, took[-1] * 1.5), ylim=(0.2, took[-1] * 1.5))
    _times(axes.xaxis)
    _times(axes.yaxis)
    axes.legend(loc="upper left", markerscale=4)


def _backlog(axes: Axes, world: World) -> None:
    edges = np.arange(0, world.now + 300, 300.0)
    for deferred, colour, name in ((False, _NOW, "now"), (True, _LATER, "for the morning")):
        some = [story for story in world.stories.values() if story.deferred == deferred]
        came = np.searchsorted(np.sort([story.wish.at for story in some]), edges)
        went = np.searchsorted(np.sort([story.started for story in some]), edges)
        axes.plot(_hours(edges), came - went, color=colour, lw=2, label=name)
    axes.set(title="Requests waiting", ylabel="requests", ylim=(0, None))
    _day(axes, world)
    axes.legend(loc="upper left")


def _hours(seconds: np.ndarray) -> np.ndarray:
    return np.asarray(seconds / 3600 + MORNING)


def _day(axes: Axes, world: World) -> None:
    end = max(DAWN, world.now)
    axes.axvspan(DUSK / 3600 + MORNING, DAWN / 3600 + MORNING, color="#334", alpha=0.12, lw=0)
    axes.set_xlim(MORNING, end / 3600 + MORNING)
    axes.set_xticks(range(MORNING, int(end / 3600) + MORNING + 1, 2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: f"{int(hour) % 24:02}"))
    axes.set_xlabel("hour; the night is shaded")


def _times(axis: mpl.axis.Axis) -> None:
    axis.set_ticks([1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 16 * 3600])
    axis.set_major_formatter(FuncFormatter(lambda seconds, _: span(seconds).replace(".0", "")))
    axis.set_ticks([], minor=True)
