"""The network as it is shipped: it can paint a picture piece by piece, too.

Normalisation looks at the whole picture. To a picture it is a scale and a shift of each channel:
they are measured on a copy that is small enough, and then the pieces are painted with them. The
graph holds all three ways, and an input chooses.
"""

from __future__ import annotations

import warnings

import torch
from torch import Tensor
from torch.nn import functional

from effects.fast_style.modes import Mode
from effects.fast_style.network import StyleNetwork

__all__ = ["PieceNetwork"]


class PieceNetwork(StyleNetwork):
    """A `StyleNetwork` that can tell and take the scale and shift of its normalisations."""

    @classmethod
    def of(cls, net: StyleNetwork) -> PieceNetwork:
        """A copy of `net`, with its weights."""
        pieces = cls(*net.shape)
        pieces.load_state_dict(net.state_dict())
        return pieces

    def forward(  # type: ignore[override]  # only the exporter calls it
        self, photo: Tensor, gamma: Tensor, beta: Tensor, mode: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The painting N×3×H×W, scale and shift N×`channels`; they are gamma and beta again
        unless `mode`, one `Mode`, asks for them.
        """
        measure, affine = mode == Mode.MEASURE.value, mode != Mode.WHOLE.value
        scales, shifts = [], []

        def norm(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
            scale, shift = _measured(x, gamma, beta, measure)
            scales.append(scale)
            shifts.append(shift)
            flat = x.reshape(1, -1, *x.shape[2:])
            flat = _normalised(flat, scale.reshape(-1), shift.reshape(-1), affine)
            return flat.reshape(x.shape)

        painting = self.paint_with(norm, photo, gamma, beta)
        return painting, torch.cat(scales, 1), torch.cat(shifts, 1)


def _measured(x: Tensor, gamma: Tensor, beta: Tensor, measure: Tensor) -> tuple[Tensor, Tensor]:
    if bool(measure):
        mean = x.mean((2, 3), keepdim=True)
        variance = (x - mean).square().mean((2, 3))
        scale = gamma * torch.rsqrt(variance + 1e-5)
        shift = beta - scale * mean[:, :, 0, 0]
    else:
        scale, shift = gamma, beta
    return scale, shift


def _normalised(x: Tensor, scale: Tensor, shift: Tensor, affine: Tensor) -> Tensor:
    # ONNX's InstanceNormalization is, on the CPU, a tenth faster than what it is made of.
    if bool(affine):
        y = x * scale[:, None, None] + shift[:, None, None]
    else:
        y = functional.instance_norm(x, weight=scale, bias=shift)
    return y


# Scripted, so that the graph has both ways and chooses when it runs.
with warnings.catch_warnings():
    # torch recommends its newer exporter; see `training.onnx`.
    warnings.simplefilter("ignore", DeprecationWarning)
    _measured = torch.jit.script(_measured)
    _normalised = torch.jit.script(_normalised)
