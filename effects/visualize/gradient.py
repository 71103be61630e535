"""The gradient of any layer: what in a photo excites it."""

from __future__ import annotations

from torch import Tensor

from effects.backbones import Backbone
from effects.layers import ALL_CHANNELS
from effects.spec import Text
from effects.visualize.colours import blurred, levelled
from effects.visualize.gradients import Score, mean_slope, strongest
from effects.visualize.scene import Scene, Shown, shown_map

__all__ = ["excitement", "show"]

SAMPLES = 8


def excitement(net: Backbone, layer: str, channel: int) -> Score:
    """Half the sum of a layer's squared activations, or the sum of one channel's."""

    def score(pictures: Tensor) -> Tensor:
        found = net.features(pictures, [layer])[layer]
        if channel == ALL_CHANNELS:
            return found.square().sum((1, 2, 3)) / 2
        return found[:, channel].sum((1, 2))

    return score


def show(scene: Scene) -> Shown:
    """A map of the size of the gradient of a layer's, or a channel's, activation."""
    channel = scene.params.channel
    gradient = mean_slope(
        excitement(scene.net, scene.layer, channel),
        scene.photo,
        scene.generator,
        SAMPLES,
        lambda done: scene.step(done, SAMPLES),
    )
    values = levelled(blurred(strongest(gradient), 0.014))
    what = Text(f"layer {scene.layer}", f"слой {scene.layer}")
    if channel != ALL_CHANNELS:
        what = Text(
            f"channel {channel} of layer {scene.layer}", f"канал {channel} слоя {scene.layer}"
        )
    caption = Text(
        f"Bright: what in the photo excites {what.en} most.",
        f"Ярко — то на фото, что сильнее всего возбуждает {what.ru}.",
    )
    return shown_map(scene, values, caption)
