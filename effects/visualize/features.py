"""Features: what a layer's channels look for (Olah, Mordvintsev & Schubert 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from effects.backbones import Backbone
from effects.layers import ALL_CHANNELS
from effects.pictures import to_image
from effects.spec import Text
from effects.visualize.ascent import ascend
from effects.visualize.canvas import Canvas, seen_askew
from effects.visualize.rules import waking
from effects.visualize.scene import Scene, Shown, channels_of
from effects.visualize.sheet import sheet

__all__ = ["channel_means", "show"]

CHANNELS, COLUMNS = 9, 3
# A tile's side as a share of the size, and the least, pixels.
SHARE, SMALLEST = 0.35, 64


def channel_means(net: Backbone, layer: str, channels: Sequence[int], pictures: Tensor) -> Tensor:
    """For picture n the mean of channel `channels[n]` over its positions; N."""
    found = net.features(pictures, [layer])[layer]
    each = torch.arange(len(pictures), device=pictures.device)
    return found[each, torch.tensor(channels, device=pictures.device)].mean((1, 2))


def show(scene: Scene) -> Shown:
    """A picture for each of the channels that the photo excites most, grown from blank; without a
    photo, of channels from all over the layer.
    """
    channels = _channels(scene)
    side = max(SMALLEST, round(SHARE * scene.params.size))
    if len(channels) == 1:
        side = scene.params.size
    canvas = Canvas(len(channels), (side, side), scene.generator, scene.photo.device)

    net = waking(scene.net)

    def objective(pictures: Tensor) -> Tensor:
        askew = seen_askew(pictures, scene.generator)
        return channel_means(net, scene.layer, channels, askew).sum()

    def panels(pictures: Tensor) -> tuple[tuple[Image.Image, str], ...]:
        return tuple(
            (to_image(picture[None]), f"{scene.layer} · {channel}")
            for picture, channel in zip(pictures, channels, strict=True)
        )

    grown = ascend(
        canvas,
        objective,
        scene.params.steps,
        scene.watch(lambda pictures: sheet(panels(pictures), COLUMNS, side)),
    )
    return Shown(_caption(scene, channels), panels(grown), COLUMNS)


def _channels(scene: Scene) -> list[int]:
    if not scene.has_photo and scene.params.channel == ALL_CHANNELS:
        return [n * scene.width // CHANNELS for n in range(CHANNELS)]
    with torch.no_grad():
        activation = scene.net.features(scene.photo, [scene.layer])[scene.layer]
    return channels_of(scene, activation, CHANNELS)


def _caption(scene: Scene, channels: Sequence[int]) -> Text:
    layer = scene.layer
    if len(channels) == 1:
        return Text(
            f"What channel {channels[0]} of layer {layer} looks for.",
            f"Вот что ищет канал {channels[0]} слоя {layer}.",
        )
    if not scene.has_photo:
        return Text(
            f"What nine of the {scene.width} channels of layer {layer} look for.",
            f"Вот что ищут девять из каналов слоя {layer}, а всего их {scene.width}.",
        )
    return Text(
        f"What those channels of layer {layer} look for that answer to this photo most.",
        f"Вот что ищут каналы слоя {layer}, которые сильнее всего откликаются на это фото.",
    )
