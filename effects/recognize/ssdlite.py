"""SSDlite on MobileNetV3: things and their boxes in one pass (Liu et al. 2016; Sandler et al. 2018,
section 6.2; Howard et al. 2019, section 6.3).

The network that torchvision publishes as ssdlite320_mobilenet_v3_large, trained on COCO. Modules
are named as there, so that its file of weights fits.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.backbones.state import freeze, load_state, read_state

__all__ = ["SIDE", "SSDLite", "load_ssdlite"]

CLASSES = 91
"""COCO's numbers, with gaps; 0 is none of them."""
SIDE = 320
"""Pixels of the square that the network sees."""
# Side of the kernel, channels within and out, squeeze-and-excitation, hard swish, stride
# (Howard et al. 2019, table 1, the last three half as wide).
_BLOCKS = (
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 80, True, True, 2),
    (5, 480, 80, True, True, 1),
    (5, 480, 80, True, True, 1),
)
_STEM = 16
# The block whose widened activation is the first of the six maps.
_TAPPED = 12
_MAPS = (672, 480, 512, 256, 256, 128)
# Default boxes: sides as shares of the photo, and how much longer one may be than the other.
_SMALLEST, _LARGEST, _LONGER = 0.2, 0.95, (2, 3)
_SHAPES = 2 + 2 * len(_LONGER)
# What a box is moved and stretched by is told in these parts of its sides.
_MOVED, _STRETCHED = 10, 5
_MOST_STRETCHED = 62.5


def load_ssdlite(weights_file: str) -> SSDLite:
    """SSDlite, frozen, with the state dict that torchvision publishes as COCO_V1.

    Raises `WeightsDamaged` for a file that is damaged or another's.
    """
    net = SSDLite()
    load_state(net, read_state(weights_file), weights_file)
    freeze(net)
    return net


class SSDLite(nn.Module):
    """SSDlite without weights: they take no memory until they are loaded."""

    def __init__(self) -> None:
        super().__init__()
        with torch.device("meta"):
            self.backbone = _backbone()
            self.head = nn.ModuleDict(
                {"classification_head": _head(CLASSES), "regression_head": _head(4)}
            )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Of pictures N×3×320×320 in [0, 1] the classes' probabilities, N×3234×91, and the boxes,
        N×3234×4: left, top, right, bottom as shares of the picture, 0–1.
        """
        x, maps = 2 * pictures - 1, []
        for stage in (stage for part in self.backbone.children() for stage in part.children()):
            x = stage(x)
            maps.append(x)
        scores = _read(self.head["classification_head"], maps, CLASSES).softmax(2)
        moves = _read(self.head["regression_head"], maps, 4)
        boxes = default_boxes(each.shape[2] for each in maps).to(pictures.device)
        centre = boxes[:, :2] + moves[..., :2] / _MOVED * boxes[:, 2:]
        stretch = (moves[..., 2:] / _STRETCHED).exp().clamp(max=_MOST_STRETCHED)
        half = stretch * boxes[:, 2:] / 2
        return scores, torch.cat([centre - half, centre + half], 2).clamp(0, 1)


def default_boxes(grids: Iterable[int]) -> Tensor:
    """The boxes that are moved and stretched, six for each place of square maps with so many
    places a side: centre across and down, width and height, as shares (Liu et al. 2016, 2.2).
    """
    grids = list(grids)
    step = (_LARGEST - _SMALLEST) / (len(grids) - 1)
    scales = [*(_SMALLEST + step * n for n in range(len(grids))), 1.0]
    found = []
    for grid, (scale, next_scale) in zip(grids, pairwise(scales), strict=True):
        shapes = [(scale, scale), (between := (scale * next_scale) ** 0.5, between)]
        for ratio in _LONGER:
            long, short = scale * ratio**0.5, scale / ratio**0.5
            shapes += [(long, short), (short, long)]
        places = (torch.arange(grid) + 0.5) / grid
        down, across = (each.flatten() for each in torch.meshgrid(places, places, indexing="ij"))
        centres = torch.stack((across, down), 1).repeat_interleave(len(shapes), 0)
        sides = torch.tensor(shapes).clamp(max=1).repeat(grid * grid, 1)
        found.append(torch.cat((centres, sides), 1))
    return torch.cat(found)


def _read(head: nn.Module, maps: list[Tensor], width: int) -> Tensor:
    """What a head says of every default box, N×boxes×width."""
    said = []
    for part, x in zip(head.get_submodule("module_list").children(), maps, strict=True):
        read = part(x).unflatten(1, (_SHAPES, width))
        said.append(read.permute(0, 3, 4, 1, 2).flatten(1, 3))
    return torch.cat(said, 1)


def _backbone() -> nn.ModuleDict:
    first: list[nn.Module] = [_conv(3, _STEM, 3, 2, act=nn.Hardswish)]
    last: list[nn.Module] = []
    deep = _STEM
    for n, (side, within, out, squeezed, swish, stride) in enumerate(_BLOCKS):
        block = _Block(deep, side, within, out, squeezed, swish, stride)
        deep = out
        if n < _TAPPED:
            first.append(block)
        elif n == _TAPPED:
            first.append(block.block[0])
            last.append(block.block[1:])
        else:
            last.append(block)
    last.append(_conv(deep, 6 * deep, act=nn.Hardswish))
    extra = [
        nn.Sequential(
            _conv(before, after // 2, act=nn.ReLU6),
            _conv(after // 2, after // 2, 3, 2, after // 2, act=nn.ReLU6),
            _conv(after // 2, after, act=nn.ReLU6),
        )
        for before, after in pairwise(_MAPS[1:])
    ]
    features = nn.Sequential(nn.Sequential(*first), nn.Sequential(*last))
    return nn.ModuleDict({"features": features, "extra": nn.ModuleList(extra)})


def _head(width: int) -> nn.ModuleDict:
    parts = [
        nn.Sequential(
            _conv(deep, deep, 3, 1, deep, act=nn.ReLU6), nn.Conv2d(deep, _SHAPES * width, 1)
        )
        for deep in _MAPS
    ]
    return nn.ModuleDict({"module_list": nn.ModuleList(parts)})


def _conv(
    deep: int,
    wide: int,
    side: int = 1,
    stride: int = 1,
    groups: int = 1,
    act: type[nn.Module] | None = None,
) -> nn.Sequential:
    conv = nn.Conv2d(deep, wide, side, stride, side // 2, groups=groups, bias=False)
    acts = [act()] if act else []
    return nn.Sequential(conv, nn.BatchNorm2d(wide, eps=1e-3), *acts)


class _Block(nn.Module):
    """An inverted bottleneck."""

    def __init__(
        self, deep: int, side: int, within: int, out: int, squeezed: bool, swish: bool, stride: int
    ) -> None:
        super().__init__()
        act = nn.Hardswish if swish else nn.ReLU
        parts: list[nn.Module] = [_conv(deep, within, act=act)] if within != deep else []
        parts.append(_conv(within, within, side, stride, within, act=act))
        if squeezed:
            parts.append(_Squeeze(within))
        self.block = nn.Sequential(*parts, _conv(within, out))
        self.skips = stride == 1 and deep == out

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.block(x)
        return found + x if self.skips else found


class _Squeeze(nn.Module):
    """Squeeze-and-excitation (Hu et al. 2018)."""

    def __init__(self, wide: int) -> None:
        super().__init__()
        # A quarter, to the nearest multiple of 8 that is not much less.
        narrow = (wide // 4 + 4) // 8 * 8
        narrow += 8 * (narrow < 0.9 * (wide // 4))
        self.fc1, self.fc2 = nn.Conv2d(wide, narrow, 1), nn.Conv2d(narrow, wide, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Each channel as much as the picture as a whole asks for."""
        squeezed = functional.relu(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * functional.hardsigmoid(self.fc2(squeezed))
