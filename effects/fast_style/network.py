"""The network of fast styles: a photo and a style's γ and β in, a painting out.

An hourglass after Johnson et al. 2016, slim enough to be several times faster, with conditional
instance normalisation for many styles (Dumoulin et al. 2017): what belongs to one style is a γ and
a β for each normalised channel, everything else is shared.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.fast_style.modes import MARGIN

__all__ = ["StyleNetwork"]

Normalise = Callable[[Tensor], Tensor]
Norm = Callable[[Tensor, Tensor, Tensor], Tensor]


class StyleNetwork(nn.Module):
    """Paints N×3×H×W in [0, 1], sides multiples of `modes.STEP`, at least `modes.FEWEST`.

    `channels` is the length of a style's γ and of its β.
    """

    def __init__(
        self,
        fine: int = 48,
        coarse: int = 96,
        half: int = 16,
        blocks: tuple[int, int, int] = (1, 4, 1),
    ) -> None:
        """`fine`, `coarse` and `half` are the widths at a quarter, an eighth and half of the
        picture's side; `blocks` says how many residual blocks stand before, at and after the
        coarsest place.
        """
        super().__init__()
        self.shape = fine, coarse, half, blocks
        before, deep, after = blocks
        self.stem = _Reflected(3, 16, stride=2, bias=True)
        self.shrink = _Reflected(16, fine, stride=2)
        self.before = _residuals(before, fine)
        self.down = _Reflected(fine, coarse, stride=2)
        self.deep = _residuals(deep, coarse)
        self.up = UpConvolution(coarse, fine)
        self.after = _residuals(after, fine)
        self.grow = UpConvolution(fine, half)
        self.paint = UpConvolution(half, 3, bias=True)
        self._widths = [
            fine,
            *[fine] * (2 * before),
            coarse,
            *[coarse] * (2 * deep),
            fine,
            *[fine] * (2 * after),
            half,
        ]
        self.channels = sum(self._widths)

    def forward(self, photo: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """`gamma` and `beta` are N×`channels`, a row for each picture."""
        return self.paint_with(conditional_instance_norm, photo, gamma, beta)

    def paint_with(self, norm: Norm, photo: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """What `forward` does, with `norm` in place of each normalisation."""
        gammas, betas = (torch.split_with_sizes(each, self._widths, 1) for each in (gamma, beta))
        pairs = zip(gammas, betas, strict=True)

        def normalise(x: Tensor) -> Tensor:
            return norm(x, *next(pairs))

        # What the network paints along the left border is stained, in a strip of up to 44 pixels:
        # it is given mirrored pixels to stain there.
        x = functional.pad(photo - 0.5, (MARGIN, 0, 0, 0), mode="reflect")
        x = functional.relu(self.stem(x))
        x = functional.relu(normalise(self.shrink(x)))
        for block in self.before:
            x = block(x, normalise)
        deep = functional.relu(normalise(self.down(x)))
        for block in self.deep:
            deep = block(deep, normalise)
        x = x + normalise(self.up(deep))
        for block in self.after:
            x = block(x, normalise)
        x = functional.relu(normalise(self.grow(x)))
        return torch.sigmoid(self.paint(x)[..., MARGIN:])


def conditional_instance_norm(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Each picture's channels N×C×H×W with mean `beta` and deviation `gamma`, both N×C.

    The batch is folded into the channels, so that ONNX's InstanceNormalization, which knows one
    scale for all pictures, does it in one pass.
    """
    flat = x.reshape(1, -1, *x.shape[2:])
    flat = functional.instance_norm(flat, weight=gamma.reshape(-1), bias=beta.reshape(-1))
    return flat.reshape(x.shape)


class _Reflected(nn.Conv2d):
    """A 3×3 convolution with reflected borders."""

    def __init__(self, channels: int, filters: int, stride: int = 1, bias: bool = False) -> None:
        super().__init__(channels, filters, 3, stride, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(_reflect(x))


class UpConvolution(nn.Module):
    """Nearest upsampling to twice the side, then a 5×5 convolution (Odena et al. 2016).

    Computed before the upsampling: of the 5×5 neighbours of a pixel only 3×3 differ, so that for
    each of the four pixels that come of one the kernel folds to 3×3. The large layer is never
    made, and the result is the same; a test compares.
    """

    fold: Tensor

    def __init__(self, channels: int, filters: int, bias: bool = False) -> None:
        super().__init__()
        convolution = nn.Conv2d(channels, filters, 5, bias=bias)
        self.weight, self.bias = convolution.weight, convolution.bias
        # Of pixel 2i + phase, neighbour 2i + phase + n - 2 is a copy of small pixel i + m - 1.
        fold = torch.zeros(2, 3, 5)
        for phase in range(2):
            for n in range(5):
                fold[phase, (phase + n - 2) // 2 + 1, n] = 1
        self.register_buffer("fold", fold, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """N×C×H×W to N×filters×2H×2W."""
        filters, channels = self.weight.shape[:2]
        kernel = torch.einsum("pam,qbn,fcmn->fpqcab", self.fold, self.fold, self.weight)
        bias = None if self.bias is None else self.bias[:, None].expand(-1, 4).flatten()
        phases = functional.conv2d(_reflect(x), kernel.reshape(4 * filters, channels, 3, 3), bias)
        return functional.pixel_shuffle(phases, 2)


class _Residual(nn.Module):
    """Two convolutions beside a way past them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = _Reflected(width, width), _Reflected(width, width)

    def forward(self, x: Tensor, normalise: Normalise) -> Tensor:
        inner = functional.relu(normalise(self.first(x)))
        return x + normalise(self.second(inner))


def _residuals(count: int, width: int) -> nn.ModuleList:
    return nn.ModuleList(_Residual(width) for _ in range(count))


def _reflect(x: Tensor) -> Tensor:
    return functional.pad(x, (1, 1, 1, 1), mode="reflect")
