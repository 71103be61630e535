"""What can be dreamt of, and how a person says it."""

from __future__ import annotations

from typing import NamedTuple

from effects import imagenet
from effects.layers import ALL_CHANNELS, LAYERS, check_layer
from effects.spec import Text

__all__ = ["PRESETS", "Preset", "Subject", "find_subject"]


class Preset(NamedTuple):
    """A layer of EfficientNet-Lite0, by what grows there."""

    layer: str
    title: Text
    words: tuple[str, ...] = ()
    """Others that mean it."""


# Found by dreaming of every block, and looking.
PRESETS = (
    Preset("block11.expand", Text("animals", "звери"), ("животные", "dogs", "собаки")),
    Preset("block8", Text("eyes", "глаза")),
    Preset("block8.expand", Text("buildings", "дома"), ("houses", "здания")),
    Preset("block13.expand", Text("domes", "купола")),
    Preset("block14.expand", Text("feathers", "перья")),
    Preset("block15.expand", Text("flowers", "цветы")),
    Preset("block5.expand", Text("patterns", "узоры"), ("ornament", "орнамент")),
    Preset("block4.expand", Text("tiles", "плитки"), ("mosaic", "мозаика")),
    Preset("block6.expand", Text("stripes", "полосы")),
    Preset("block2.expand", Text("curls", "локоны"), ("waves", "волны")),
)
"""The first is dreamt of unless something is said."""
RANDOM = Text("random", "случайное")

_LAYERS = {word: preset.layer for preset in PRESETS for word in (*preset.title, *preset.words)}
_USUAL = {"lite0": PRESETS[0].layer, "googlenet": "inception4c", "vgg19": "relu5_1"}


class Subject(NamedTuple):
    """A layer, or one channel of it; a class, by its number, or a random one at each step."""

    layer: str
    """What is tapped; of classes the last."""
    channel: int = ALL_CHANNELS
    label: int | None = None
    is_random: bool = False

    @property
    def is_layer(self) -> bool:
        """Whether it is no class."""
        return self.label is None and not self.is_random


def find_subject(of: str, layer: str, channel: int, backbone: str) -> Subject:
    """What the words `of` mean, in English or Russian; a `layer` is in their place.

    Raises `UnknownClass` and `UnknownLayer`.
    """
    said = " ".join(of.casefold().split())
    if not layer:
        last = list(LAYERS[backbone])[-1]
        if said in (RANDOM.en, RANDOM.ru):
            return Subject(last, is_random=True)
        if not said:
            layer = _USUAL[backbone]
        elif said not in _LAYERS:
            return Subject(last, label=imagenet.find(of))
        else:
            # Nobody has named the layers of other networks: there the word is refused.
            layer = _LAYERS[said] if backbone == "lite0" else said
    check_layer(backbone, layer, channel)
    return Subject(layer, channel)
