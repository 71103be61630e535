"""At which sizes a dream is dreamt, and how many steps at each."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Octave", "Plan", "octaves", "plan"]

# From one octave to the next (Mordvintsev et al. 2015), and the longer side of the first.
RATIO, COARSEST = 1.4, 187
# Below it the deepest layers see next to nothing.
MIN_SIDE = 32
# All frames of an animation together have at most so many pixels, if they are square; its file
# has about as many bytes.
FILM_PIXELS = 5_000_000
# Steps of each further frame of an animation, as a share of the first one's.
AGAIN = 0.25


class Octave(NamedTuple):
    """The longer side in pixels, and the steps there."""

    side: int
    steps: int


class Plan(NamedTuple):
    """How a picture, or an animation, is dreamt."""

    side: int
    """The longer side of the result."""
    frames: list[list[Octave]]

    @property
    def steps(self) -> int:
        """Of all frames."""
        return sum(octave.steps for frame in self.frames for octave in frame)


def plan(size: int, scale: float, steps: int, frames: int) -> Plan:
    """`steps` are those of the first frame; an animation may be smaller than `size`."""
    if frames == 1:
        return Plan(size, [octaves(size, scale, steps)])
    side = min(size, int((FILM_PIXELS / frames) ** 0.5))
    again = octaves(side, scale, max(1, round(AGAIN * steps)))
    return Plan(side, [octaves(side, scale, steps), *[again] * (frames - 1)])


def octaves(size: int, scale: float, steps: int) -> list[Octave]:
    """From coarse to fine; the steps add up to `steps`. At a `scale` above 1 the finest is
    smaller than `size`, for what grows has always about the same size there.
    """
    finest = max(MIN_SIDE, size / max(1.0, scale))
    coarsest = max(MIN_SIDE, COARSEST / scale)
    sides = [finest]
    while sides[0] / RATIO >= 0.9 * coarsest:
        sides.insert(0, sides[0] / RATIO)
    # What does not come out even is done where it costs least.
    share, more = divmod(steps, len(sides))
    planned = [Octave(round(side), share + (n < more)) for n, side in enumerate(sides)]
    return [octave for octave in planned if octave.steps]
