"""From a distribution over bins to one colour, more or less vivid.

The mean is the safest colour and a pale one, as rare colours are rarely sure. What is rare is
weighed up (logit adjustment, Menon et al. 2021) and what is likely sharpened (the annealed mean
of Zhang et al. 2016).
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from effects.colorize.bins import histogram
from effects.colorize.lab import Array, to_lab

__all__ = ["palette", "vivid"]

# Full vividness.
RARE, SHARP = 0.8, 3.0
# Rarer bins count as this rare.
RAREST = 1e-3
# How much a palette weighs, and its share that is left to all other colours.
PULL, OTHERS = 2.0, 0.05
SIDE = 128


def vivid(prior: Array, vividness: float, wanted: Array | None = None) -> tuple[Array, float]:
    """What is added to the scores of the bins, and the factor that they are then multiplied by.

    `prior` is how often each bin is met, `wanted` how often it shall be met, if that is not the
    same; `vividness` 0–1; 0 leaves the distribution as it is.
    """
    prior = np.maximum(prior, RAREST)
    adjust = np.zeros_like(prior)
    if wanted is not None:
        # At a weight of 1, Bayes' rule: as if photographs of these colours had been met.
        wanted = np.maximum(wanted, RAREST)
        adjust, prior = PULL * np.log(wanted / prior), wanted
    adjust = adjust - RARE * vividness * np.log(prior)
    return adjust.astype(np.float32), 1 + (SHARP - 1) * vividness


def palette(photo: Image.Image, prior: Array) -> Array:
    """How often each bin is met in a photo, with some of `prior`."""
    small = photo.resize((SIDE, SIDE), Image.Resampling.BOX)
    found = histogram(to_lab(np.asarray(small))[..., 1:].reshape(-1, 2))
    return np.asarray((1 - OTHERS) * found + OTHERS * prior, np.float32)
