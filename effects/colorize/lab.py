"""CIE L*a*b* (D65, 2°) of sRGB pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "grey", "lightness", "to_lab", "to_rgb"]

Array = npt.NDArray[np.floating[Any]]

_RED, _GREEN, _BLUE = (
    (0.4124564, 0.2126729, 0.0193339),
    (0.3575761, 0.7151522, 0.1191920),
    (0.1804375, 0.0721750, 0.9503041),
)
_XYZ = np.array([_RED, _GREEN, _BLUE], np.float32).T
_WHITE = _XYZ.sum(1)
_RGB = np.linalg.inv(_XYZ).astype(np.float32)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27


def _decoded(coded: Array) -> Array:
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _coded(linear: Array) -> Array:
    # Outside sRGB it goes on: a line below 0, the curve above 1.
    curve = 1.055 * np.power(np.maximum(linear, 0.0031308), np.float32(1 / 2.4)) - 0.055
    return np.where(linear <= 0.0031308, 12.92 * linear, curve)


_LINEAR = _decoded(np.arange(256, dtype=np.float32) / 255).astype(np.float32)


def to_lab(pixels: npt.NDArray[np.uint8]) -> Array:
    """…×3 sRGB to …×3: L* 0–100, a* and b* within ±128."""
    f = _f(_LINEAR[pixels] @ (_XYZ / _WHITE[:, None]).T)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def to_rgb(lab: Array) -> Array:
    """…×3 to …×3 sRGB; below 0 or above 1 where the colour is none of sRGB's."""
    y = (lab[..., 0] + 16) / 116
    f = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f * f * f, (116 * f - 16) / _KAPPA) * _WHITE
    return _coded((xyz @ _RGB.T).astype(np.float32))


def lightness(pixels: npt.NDArray[np.uint8]) -> Array:
    """…×3 sRGB to L*, 0–100."""
    return np.asarray(116 * _f(_LINEAR[pixels] @ _XYZ[1]) - 16, dtype=np.float32)


def grey(lightness: Array) -> Array:
    """The sRGB value in [0, 1] of the grey of each L*, 0–100."""
    y = np.maximum((lightness + 16) / 116, 0)
    light = np.where(y > 6 / 29, y * y * y, (116 * y - 16) / _KAPPA)
    return _coded(light.astype(np.float32))


def _f(t: Array) -> Array:
    root = np.cbrt(t, dtype=np.float32)
    return np.where(t > _EPSILON, root, (np.float32(_KAPPA) * t + 16) / 116)
