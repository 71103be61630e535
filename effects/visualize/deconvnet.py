"""Deconvnet: what in a photo a layer's channels answered to (Zeiler & Fergus 2014, section 2.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from effects.backbones import Backbone
from effects.pictures import to_image
from effects.spec import Text
from effects.visualize.colours import drawing
from effects.visualize.rules import deconvolving
from effects.visualize.scene import Scene, Shown, channels_of

__all__ = ["projections", "reach", "show"]

CHANNELS, COLUMNS = 9, 6

# Of a projection's largest value: what is less is not worth showing.
_FAINT = 0.03


def projections(
    net: Backbone, photo: Tensor, layer: str, channels: Sequence[int]
) -> Iterator[Tensor]:
    """For each channel of `layer` its strongest activation alone, projected back to the pixels
    of `photo`, 1×3×H×W: one tensor of that shape each.
    """
    seen = photo.detach().clone().requires_grad_()
    activation = deconvolving(net).features(seen, [layer])[layer][0]
    for channel in channels:
        (found,) = torch.autograd.grad(activation[channel].max(), seen, retain_graph=True)
        yield found


def reach(projection: Tensor) -> tuple[int, int, int, int]:
    """The square of the picture that a projection 1×3×H×W speaks of: left, top, right, bottom."""
    height, width = projection.shape[2:]
    size = projection[0].abs().amax(0)
    rows, columns = torch.nonzero(size > _FAINT * size.max(), as_tuple=True)
    if not len(rows):
        return 0, 0, width, height
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    side = min(max(bottom - top, right - left, 8), height, width)
    left = min(max(0, (left + right - side) // 2), width - side)
    top = min(max(0, (top + bottom - side) // 2), height - side)
    return left, top, left + side, top + side


def show(scene: Scene) -> Shown:
    """Nine channels, each as its projection beside the piece of the photo it comes from."""
    with torch.no_grad():
        activation = scene.net.features(scene.photo, [scene.layer])[scene.layer]
    channels = channels_of(scene, activation, CHANNELS)
    found = projections(scene.net, scene.photo, scene.layer, channels)
    panels = []
    for done, (channel, projection) in enumerate(zip(channels, found, strict=True), start=1):
        scene.step(done, len(channels))
        left, top, right, bottom = reach(projection)
        piece = slice(top, bottom), slice(left, right)
        panels += [
            (to_image(drawing(projection[0, :, *piece])[None]), f"{scene.layer} · {channel}"),
            (to_image(scene.photo[..., *piece]), ""),
        ]
    return Shown(_caption(scene.layer, channels), tuple(panels), COLUMNS)


def _caption(layer: str, channels: Sequence[int]) -> Text:
    if len(channels) == 1:
        return Text(
            f"What channel {channels[0]} of layer {layer} answered to most, beside its piece of"
            " the photo.",
            f"На что сильнее всего откликнулся канал {channels[0]} слоя {layer}; рядом — его кусок"
            " фото.",
        )
    return Text(
        f"What the strongest channels of layer {layer} answered to, each beside its piece of the"
        " photo.",
        f"На что откликнулись сильнейшие каналы слоя {layer}; рядом с каждым — его кусок фото.",
    )
