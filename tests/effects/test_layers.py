"""The layers as they are told without torch are those of the networks."""

from __future__ import annotations

import subprocess
import sys

import pytest

from effects.backbones import load
from effects.errors import UnknownLayer
from effects.layers import LAYERS, check_layer
from effects.weights import WeightsStore
from tests.effects.random_networks import RandomWeights


@pytest.mark.parametrize("backbone", list(LAYERS))
def test_as_the_networks_have_them(random_weights: RandomWeights, backbone: str) -> None:
    """Names, order and channels."""
    weights = WeightsStore() if backbone == "lite0" else random_weights
    taps = load(backbone, weights, "cpu").taps
    assert list(LAYERS[backbone].items()) == [(name, tap.channels) for name, tap in taps.items()]


@pytest.mark.parametrize(
    ("backbone", "layer", "channel", "words"),
    [
        ("lite0", "block16", -1, r"no layer 'block16' in lite0; there are stem, .*, head"),
        ("lite0", "block0.expand", -1, r"block1\.expand … block15\.expand"),
        ("vgg19", "stem", -1, r"there are relu1_1, .*, relu5_4"),
        ("lite0", "block7", 80, "channels of block7 are 0 to 79, not 80"),
        ("lite0", "stem", -2, "channels of stem are 0 to 31, not -2"),
    ],
)
def test_refused(backbone: str, layer: str, channel: int, words: str) -> None:
    """What is not there is refused with what is."""
    with pytest.raises(UnknownLayer, match=words):
        check_layer(backbone, layer, channel)


def test_accepted() -> None:
    """The last channel, and all of them."""
    check_layer("lite0", "head", 1279)
    check_layer("vgg19", "relu5_4")


def test_no_torch() -> None:
    """Whoever may not load torch can ask."""
    code = "import effects.layers, sys; sys.exit('torch' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
