"""The layers of the backbones by name, for those who may not load torch."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType

from effects.errors import UnknownLayer

__all__ = ["ALL_CHANNELS", "LAYERS", "check_layer"]

ALL_CHANNELS = -1
"""In place of a channel: every one."""

# Channels into and out of each block of EfficientNet-Lite0; all but the first widen sixfold.
_LITE0 = (32, 16, 24, 24, 40, 40, 80, 80, 80, 112, 112, 112, *(192,) * 4, 320)
_VGG19 = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))


def _lite0() -> dict[str, int]:
    channels = {"stem": _LITE0[0]}
    for n, (narrow, out) in enumerate(pairwise(_LITE0)):
        wide = 6 * narrow if n else narrow
        channels |= {f"block{n}.expand": wide} if n else {}
        channels |= {f"block{n}.depthwise": wide, f"block{n}": out}
    return channels | {"head": 1280}


LAYERS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "lite0": _lite0(),
        "vgg19": {
            f"relu{stage}_{n + 1}": width
            for stage, (width, count) in enumerate(_VGG19, start=1)
            for n in range(count)
        },
        "googlenet": {
            "conv1": 64,
            "conv2": 64,
            "conv3": 192,
            "inception3a": 256,
            "inception3b": 480,
            "inception4a": 512,
            "inception4b": 512,
            "inception4c": 512,
            "inception4d": 528,
            "inception4e": 832,
            "inception5a": 832,
            "inception5b": 1024,
        },
    }
)
"""Backbone -> layer -> number of channels, in the order in which they are computed."""
_SAID = {
    "lite0": "stem, block0 … block15, block0.depthwise … block15.depthwise,"
    " block1.expand … block15.expand, head"
}


def check_layer(backbone: str, layer: str, channel: int = ALL_CHANNELS) -> None:
    """Raise `UnknownLayer`, which lists what there is, unless the layer has that channel."""
    channels = LAYERS[backbone]
    if layer not in channels:
        said = _SAID.get(backbone, ", ".join(channels))
        raise UnknownLayer(
            f"there is no layer {layer[:40]!r} in {backbone}; there are {said}",
            reason="layer",
            value=layer[:40],
            backbone=backbone,
            layers=said,
        )
    if not ALL_CHANNELS <= channel < channels[layer]:
        raise UnknownLayer(
            f"the channels of {layer} are 0 to {channels[layer] - 1}, not {channel}",
            reason="channel",
            value=channel,
            layer=layer,
            most=channels[layer] - 1,
        )
