"""Pictures as what is optimised: by frequency, in colours that vary on their own.

Both from Olah, Mordvintsev & Schubert 2017, "Feature Visualization", and its code, lucid.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Canvas", "seen_askew"]

# Principal directions of the colours of natural photographs, times their deviations (lucid).
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
# Pixels that are not shown, in which the right border goes over into the left one: a spectrum
# knows no borders.
MARGIN = 16
# How much less there is of higher frequencies; of photographs about 1.
_STEEPNESS = 1.2
# Waves per pixel beyond which there is next to nothing: networks ask for much grain there, which
# people can't read.
_FINEST = 0.3
# How far a step takes the whole picture.
_CONTRAST = 2.0
# Deviation of the spectrum's first values: nearly a grey picture.
_SPREAD = 0.01


class Canvas:
    """N pictures of one size, as the spectrum of three independent colours.

    A step changes all frequencies alike as much as photographs have of them, so that large
    shapes grow as fast as grain does.
    """

    def __init__(
        self, count: int, size: tuple[int, int], generator: torch.Generator, device: torch.device
    ) -> None:
        """`size` is height and width in pixels."""
        self._size = size
        height, width = self._whole = size[0] + MARGIN, size[1] + MARGIN
        down = torch.fft.fftfreq(height)[:, None]
        right = torch.fft.rfftfreq(width)[None, :]
        frequency = torch.sqrt(down**2 + right**2)
        scale = frequency.clamp_min(1 / max(size)) ** -_STEEPNESS
        scale *= torch.exp(-((frequency / _FINEST) ** 4))
        self._scale = (scale * (_CONTRAST / scale.square().mean().sqrt()))[..., None].to(device)
        start = torch.randn(count, 3, *frequency.shape, 2, generator=generator)
        self.spectrum = (start * _SPREAD).to(device).requires_grad_()
        colours = torch.tensor(_COLOURS)
        self._colours = (colours / colours.norm(dim=0).max()).to(device)

    def pictures(self) -> Tensor:
        """N×3×H×W in [0, 1]."""
        spectrum = torch.view_as_complex(self.spectrum * self._scale)
        plain = torch.fft.irfft2(spectrum, s=self._whole, norm="ortho")
        plain = plain[:, :, : self._size[0], : self._size[1]]
        return torch.einsum("rc,nchw->nrhw", self._colours, plain).sigmoid()


def seen_askew(
    pictures: Tensor,
    generator: torch.Generator,
    *,
    shift: float = 0.06,
    turn: float = 8.0,
    zoom: tuple[float, float] = (0.9, 1.1),
    share: float = 1.0,
) -> Tensor:
    """The pictures as if the eye had moved: what survives it is a shape and not grain.

    `shift` is a share of the side, `turn` degrees, `zoom` a range of factors; each is drawn
    once for all pictures. What comes in at the borders is reflected.
    """
    across, down, turned, zoomed = (torch.rand(4, generator=generator) * 2 - 1).tolist()
    low, high = math.log(zoom[0]), math.log(zoom[1])
    factor = math.exp(-((low + high) / 2 + zoomed * (high - low) / 2))
    angle = math.radians(turn * turned)
    height, width = pictures.shape[2:]
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    view = pictures.new_tensor(
        [
            [cos, -sin * height / width, 2 * shift * across],
            [sin * width / height, cos, 2 * shift * down],
        ]
    )
    grid = functional.affine_grid(
        view.expand(len(pictures), 2, 3),
        [*pictures.shape[:2], *(round(share * side) for side in (height, width))],
        align_corners=False,
    )
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
