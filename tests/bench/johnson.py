"""The classic fast style network, to measure ours against."""

from __future__ import annotations

from torch import Tensor, nn


def johnson() -> nn.Sequential:
    """Johnson et al. 2016 with instance normalisation: 32-64-128 channels, five residual blocks,
    nearest upsampling; random weights.
    """
    return nn.Sequential(
        *_layer(3, 32, 9),
        *_layer(32, 64, 3, stride=2),
        *_layer(64, 128, 3, stride=2),
        *(_Residual(128) for _ in range(5)),
        nn.Upsample(scale_factor=2),
        *_layer(128, 64, 3),
        nn.Upsample(scale_factor=2),
        *_layer(64, 32, 3),
        nn.ReflectionPad2d(4),
        nn.Conv2d(32, 3, 9),
    )


def _layer(channels: int, filters: int, kernel: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.ReflectionPad2d(kernel // 2),
        nn.Conv2d(channels, filters, kernel, stride),
        nn.InstanceNorm2d(filters, affine=True),
        nn.ReLU(),
    )


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        *second, _ = _layer(channels, channels, 3)
        self.layers = nn.Sequential(*_layer(channels, channels, 3), *second)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)
