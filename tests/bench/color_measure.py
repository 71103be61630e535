"""How near colours are to the truth, and how colourful they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from effects.colorize.bins import share
from effects.colorize.lab import Array, to_lab

# Errors of a*, b* for which the share of positions below them is asked, and what a rare colour
# counts as at least.
THRESHOLDS, RAREST = np.arange(151), 1e-3
# Every second pixel of each axis is looked at.
THIN = 2

Pixels = npt.NDArray[np.uint8]


class Score(NamedTuple):
    """Of one picture; sums, so that positions of all pictures count alike."""

    psnr: float
    """dB, of sRGB."""
    colourfulness: float
    """Hasler & Süsstrunk 2003."""
    below: npt.NDArray[np.float64]
    """2×151: how many positions have an error up to each threshold; and weighed by rarity."""
    whole: npt.NDArray[np.float64]
    """2: all positions, and their weights."""


def score(picture: Pixels, truth: Pixels, prior: Array) -> Score:
    """H×W×3 beside the true colours; `prior` says how often each bin is met."""
    psnr = -10 * np.log10(np.mean((picture / 255.0 - truth / 255.0) ** 2) + 1e-10)
    ours, theirs = (
        to_lab(each[::THIN, ::THIN])[..., 1:].reshape(-1, 2) for each in (picture, truth)
    )
    error = np.linalg.norm(ours - theirs, axis=1)
    numbers, shares = share(theirs)
    rarity = (shares / np.maximum(prior, RAREST)[numbers]).sum(1)
    below = [
        np.histogram(error, np.append(THRESHOLDS, np.inf), weights=weights)[0].cumsum()
        for weights in (np.ones_like(rarity), rarity)
    ]
    return Score(
        float(psnr), colourfulness(picture), np.array(below), np.array([len(error), rarity.sum()])
    )


def areas(scores: list[Score]) -> tuple[float, float]:
    """Mean share, in percent, of positions with an error up to each threshold (AuC, Larsson et
    al. 2016; Zhang et al. 2016), plain and class-rebalanced.
    """
    below = sum(each.below for each in scores)
    whole = sum(each.whole for each in scores)
    plain, balanced = (100 * (below / whole[:, None])).mean(1)
    return float(plain), float(balanced)


def colourfulness(picture: Pixels) -> float:
    """Hasler & Süsstrunk 2003: spread and mean of the opponent colours; 0 is grey."""
    red, green, blue = (picture[..., n].astype(np.float64) for n in range(3))
    first, second = red - green, (red + green) / 2 - blue
    spread = np.hypot(first.std(), second.std())
    return float(spread + 0.3 * np.hypot(first.mean(), second.mean()))
