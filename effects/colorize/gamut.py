"""Colours of a lightness that the screen can show."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from effects.colorize.lab import Array, to_rgb

__all__ = ["shown"]

# Beyond sRGB by this much of 1 is rounded away.
SLACK = 1e-3
HALVINGS = 7


def shown(light: Array, chroma: Array) -> npt.NDArray[np.uint8]:
    """sRGB, H×W×3, of L* H×W and of a* and b* H×W×2.

    Where sRGB has no such colour, chroma is reduced as far as it must be; lightness stays.
    """
    lab = np.concatenate([light[..., None], chroma], -1)
    rgb = to_rgb(lab)
    beyond = _is_beyond(rgb)
    if beyond.any():
        rgb[beyond] = _reduced(lab[beyond])
    return np.asarray(np.rint(rgb.clip(0, 1) * 255), np.uint8)


def _reduced(lab: Array) -> Array:
    """The most of each colour's chroma, by bisection."""
    low, high = np.zeros((2, len(lab), 1), np.float32)
    high += 1
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        beyond = _is_beyond(_scaled(lab, middle))[:, None]
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return _scaled(lab, low)


def _scaled(lab: Array, share: Array) -> Array:
    return to_rgb(np.concatenate([lab[:, :1], lab[:, 1:] * share], -1))


def _is_beyond(rgb: Array) -> npt.NDArray[np.bool_]:
    return np.asarray(((rgb < -SLACK) | (rgb > 1 + SLACK)).any(-1))
