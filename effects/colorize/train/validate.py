"""How good a network is on photographs that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn import functional

from effects.colorize.bins import BINS, share
from effects.colorize.lab import Array, grey, lightness, to_rgb
from effects.colorize.network import HINT_STRIDE, STRIDE
from effects.colorize.train.samples import chroma_of
from effects.training.photos import Photos

__all__ = ["Validation", "colour"]

TOGETHER = 8

Pixels = npt.NDArray[np.uint8]
Scores = Callable[[Tensor, Tensor], Tensor]
Adjust = tuple[Array, float]
_AS_IT_IS: Adjust = (np.zeros(1, np.float32), 1.0)


class Validation:
    """Photographs cut to squares of `side` pixels."""

    def __init__(self, photos: Photos, side: int) -> None:
        self._squares = np.stack(
            [np.asarray(ImageOps.fit(photos[n], (side, side))) for n in range(len(photos))]
        )
        self._grey = np.mean(
            [_psnr(each, _shown(each, 0 * _small(each))) for each in self._squares]
        )

    @torch.no_grad()
    def __call__(self, scores: Scores, device: str) -> tuple[float, float]:
        """Mean cross-entropy of chroma, and how much the PSNR of the expected colours, dB, is
        above that of no colours at all.
        """
        entropies, ratios = [], []
        for start in range(0, len(self._squares), TOGETHER):
            squares = self._squares[start : start + TOGETHER]
            told = scores(*_inputs(squares, device)).float()
            likely = functional.log_softmax(told.permute(0, 2, 3, 1), -1).cpu()
            for square, each in zip(squares, likely, strict=True):
                numbers, shares = (torch.from_numpy(part) for part in share(_small(square)))
                entropies.append(-(shares * each.gather(2, numbers)).sum(-1).mean().item())
                chroma = (each.exp() @ torch.from_numpy(BINS)).numpy()
                ratios.append(_psnr(square, _shown(square, chroma)))
        return float(np.mean(entropies)), float(np.mean(ratios) - self._grey)


@torch.no_grad()
def colour(
    scores: Scores, photo: Image.Image, side: int, device: str, adjust: Adjust = _AS_IT_IS
) -> Image.Image:
    """A photograph, cut to a square of `side` pixels, in the colours that are expected of it."""
    square = np.asarray(ImageOps.fit(photo, (side, side)))
    told = scores(*_inputs(square[None], device)).float()[0].permute(1, 2, 0).cpu()
    likely = functional.softmax((told + torch.from_numpy(adjust[0])) * adjust[1], -1)
    shown = _shown(square, (likely @ torch.from_numpy(BINS)).numpy())
    return Image.fromarray(np.rint(shown * 255).astype(np.uint8))


def _inputs(squares: Pixels, device: str) -> tuple[Tensor, Tensor]:
    greys = torch.from_numpy(grey(lightness(squares)))[:, None].to(device)
    small = squares.shape[1] // HINT_STRIDE
    return greys, torch.zeros(len(squares), 3, small, small, device=device)


def _small(square: Pixels) -> Array:
    return chroma_of(square, STRIDE)


def _shown(square: Pixels, chroma: Array) -> Array:
    """The square's lightness with chroma H/4×W/4×2, in sRGB within [0, 1]."""
    up = functional.interpolate(
        torch.from_numpy(chroma).permute(2, 0, 1)[None],
        scale_factor=STRIDE,
        mode="bilinear",
        align_corners=False,
    )[0]
    light = torch.from_numpy(lightness(square))[None]
    return to_rgb(torch.cat([light, up]).permute(1, 2, 0).numpy()).clip(0, 1)


def _psnr(square: Pixels, shown: Array) -> float:
    return float(-10 * np.log10(np.mean((square / 255 - shown) ** 2) + 1e-10))
