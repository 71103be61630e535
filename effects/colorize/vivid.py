"""From a distribution over bins to one colour, more or less vivid.

The mean is the safest colour and a pale one, as rare colours are rarely sure. What is rare is
weighed up (logit adjustment, Menon et al. 2021) and what is likely sharpened (the annealed mean
of Zhang et al. 2016).
"""

from __future__ import annotations

import numpy as np

from effects.colorize.lab import Array

__all__ = ["vivid"]

# Full vividness.
RARE, SHARP = 0.8, 3.0
# Rarer bins count as this rare.
RAREST = 1e-3


def vivid(prior: Array, vividness: float) -> tuple[Array, float]:
    """What is added to the scores of the bins, and the factor that they are then multiplied by.

    `prior` is how often each bin is met, `vividness` 0–1; 0 leaves the distribution as it is.
    """
    rarity = -np.log(np.maximum(prior, RAREST))
    return (RARE * vividness * rarity).astype(np.float32), 1 + (SHARP - 1) * vividness
