"""Visualize through the effect's own door, on small pictures and the real network."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from effects.backbones import efficientnet_lite0
from effects.errors import (
    BadParams,
    Cancelled,
    UnknownClass,
    UnknownLayer,
    WeightsMissing,
    WrongPhotos,
)
from effects.imagenet import CLASSES, find
from effects.pictures import to_tensor
from effects.spec import Item, Output
from effects.visualize import SPEC
from effects.visualize.runner import Visualize
from effects.weights import WeightsStore
from tests.effects.random_networks import RandomWeights

METHODS = ("saliency", "guided", "gradient", "occlusion", "class_model", "features", "reconstruct")
MAPS = METHODS[:4]
CHANCE = ("saliency", "class_model", "reconstruct")


class Steps:
    """A context that writes steps down, looks at every preview, and may cancel."""

    def __init__(self, cancel_at: int = 0) -> None:
        self.seen: list[tuple[int, int]] = []
        self.previews: list[Image.Image] = []
        self._cancel_at = cancel_at

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        self.seen.append((done, total))
        if preview is not None:
            self.previews.append(preview())
        if len(self.seen) == self._cancel_at:
            raise Cancelled


@pytest.fixture(scope="module")
def visualize() -> Visualize:
    """The effect, loaded once."""
    return Visualize("cpu", WeightsStore())


def cat() -> Image.Image:
    """451×300, a cat's head in the middle."""
    return Image.fromarray(data.chelsea())


def look(
    effect: Visualize,
    photo: Image.Image | None = None,
    context: Steps | None = None,
    **values: Any,
) -> Output:
    """Run the effect with a small size and few steps unless told otherwise."""
    params = SPEC.parse({"size": 64, "steps": 10, **values})
    return effect.run(Item(params, (photo or cat(),)), context or Steps())


def picture(output: Output) -> Image.Image:
    """The one picture of an output."""
    (media,) = output.media
    return Image.open(io.BytesIO(media.content))


class Look(NamedTuple):
    """What a run of defaults gave, and what it told on the way."""

    output: Output
    context: Steps


@pytest.fixture(scope="module")
def looks(visualize: Visualize) -> Callable[[str], Look]:
    """A method's run, made once, for all tests that only look at it."""

    @cache
    def find(method: str) -> Look:
        context = Steps()
        return Look(look(visualize, context=context, method=method), context)

    return find


@pytest.mark.parametrize("method", METHODS)
def test_each_method(looks: Callable[[str], Look], method: str) -> None:
    """A picture, a sentence in both languages, steps up to the last."""
    output, context = looks(method)
    assert output.text is not None
    assert all(sentence.endswith(".") for sentence in output.text)
    done, total = context.seen[-1]
    assert done == total
    assert [done for done, _ in context.seen] == sorted(done for done, _ in context.seen)
    if method in MAPS:
        assert (451, 300) == picture(output).size
    else:
        assert min(picture(output).size) >= 43
        assert [(done, 10) for done in range(1, 11)] == context.seen
        assert 10 == len(context.previews)


@pytest.mark.parametrize("method", CHANCE)
def test_same_seed_same_bytes(
    visualize: Visualize, looks: Callable[[str], Look], method: str
) -> None:
    """Whatever else draws random numbers meanwhile."""
    torch.rand(7)
    assert looks(method).output == look(visualize, method=method)


def test_another_seed(visualize: Visualize, looks: Callable[[str], Look]) -> None:
    """Grows another picture, and leaves everybody else's chance alone."""
    state = torch.random.get_rng_state()
    assert looks("class_model").output != look(visualize, method="class_model", seed=1)
    assert torch.equal(state, torch.random.get_rng_state())


def test_the_caption_names_the_class(looks: Callable[[str], Look]) -> None:
    """Unless told otherwise it is the one recognised, in the person's language."""
    net = efficientnet_lite0(WeightsStore(), "cpu")
    small = to_tensor(cat().resize((64, 43), Image.Resampling.LANCZOS))
    seen = CLASSES[int(net.logits(small).argmax())]
    for method in ("saliency", "guided", "occlusion", "class_model"):
        found = looks(method).output.text
        assert found is not None
        assert seen.en in found.en
        assert seen.ru in found.ru


@pytest.mark.parametrize(
    "method",
    [
        "saliency",
        pytest.param("guided", marks=pytest.mark.slow),
        pytest.param("occlusion", marks=pytest.mark.slow),
    ],
)
def test_maps_lie_on_the_thing(visualize: Visualize, method: str) -> None:
    """A coffee pasted into one quarter of a grey wall is where the map is bright."""
    wall = Image.new("RGB", (320, 240), (128, 128, 128))
    wall.paste(Image.fromarray(data.coffee()).resize((150, 100)), (165, 10))
    output = look(visualize, wall, method=method, of="espresso", view="sheet", size=96)
    sheet = np.asarray(picture(output).convert("L"), dtype=float)
    panel = sheet[10:394, 532:1044]
    if method == "guided":
        panel = np.abs(panel - np.median(panel))
    in_quarter = panel[:192, 256:].mean()
    assert in_quarter > 2.5 * panel[192:, :256].mean()
    assert in_quarter > 1.2 * panel[192:, 256:].mean()


def test_views(visualize: Visualize) -> None:
    """The map alone, and all side by side, the photo first."""
    alone = picture(look(visualize, method="gradient", layer="stem", view="map"))
    assert (64, 43) == alone.size
    both = picture(look(visualize, method="gradient", layer="stem", view="sheet"))
    assert 3 * 512 < both.width < 3 * 560
    shown = both.crop((10, 10, 522, 350)).resize((51, 34))
    difference = np.asarray(shown, float) - np.asarray(cat().resize((51, 34)), float)
    assert np.abs(difference).mean() < 8


def test_an_overlay_keeps_the_photo_in_its_place(looks: Callable[[str], Look]) -> None:
    """Where the map is dark the photo's own light and shade show through, pixel for pixel."""
    over = np.asarray(picture(looks("occlusion").output).convert("L"), float)
    light = np.asarray(cat().convert("L"), float)
    dark = over < np.quantile(over, 0.3)
    assert np.corrcoef(over[dark], light[dark])[0, 1] > 0.8


def test_a_class_model_is_of_its_class(visualize: Visualize) -> None:
    """Twenty steps from blank, and the network is sure of what it sees; the caption names it."""
    output = look(visualize, method="class_model", of="вулкан", steps=20)
    net = efficientnet_lite0(WeightsStore(), "cpu")
    probability = net.logits(to_tensor(picture(output).convert("RGB")))[0].softmax(0)
    assert probability[find("volcano")] > 0.5
    assert output.text is not None
    assert "volcano" in output.text.en
    assert "вулкан" in output.text.ru


def test_one_channel(visualize: Visualize) -> None:
    """A channel by number is shown alone and large, and named."""
    output = look(visualize, method="features", layer="block2", channel=3, size=80)
    assert (80, 80) == picture(output).size
    assert output.text is not None
    assert "3" in output.text.en
    assert "block2" in output.text.ru
    again = look(visualize, method="gradient", layer="block2", channel=3)
    assert again.text is not None
    assert "channel 3 of layer block2" in again.text.en


@pytest.mark.parametrize(
    "values",
    [
        {"method": "class_model", "of": "volcano"},
        {"method": "class_model", "of": "volcano", "view": "sheet"},
        {"method": "features", "layer": "block2", "channel": 3},
        {"method": "features", "layer": "block2"},
    ],
    ids=str,
)
def test_without_a_photo(visualize: Visualize, values: dict[str, Any]) -> None:
    """A class that is named, or a layer, needs none; nine channels are from all over the layer."""
    params = SPEC.parse({"size": 64, "steps": 10, **values})
    SPEC.check_photos(0, params)
    output = visualize.run(Item(params, ()), Steps())
    assert len(picture(output).getcolors(10**6) or []) > 100
    assert output.text is not None
    if values.get("view"):
        assert picture(output).width < 2 * 512
    if values == {"method": "features", "layer": "block2"}:
        assert "What nine of the 24 channels of layer block2 look for." == output.text.en


@pytest.mark.parametrize("values", [{}, {"method": "class_model"}, {"method": "reconstruct"}])
def test_a_photo_that_is_needed(values: dict[str, Any]) -> None:
    """Where the picture comes from the photo, or the class does, it is missed."""
    with pytest.raises(WrongPhotos, match="needs 1 picture; please add a photo"):
        SPEC.check_photos(0, SPEC.parse(values))


def test_texture(visualize: Visualize) -> None:
    """A texture has the photo's size and colours, and a caption of its own."""
    output = look(visualize, method="reconstruct", keep="texture", steps=20)
    colour = np.asarray(picture(output), float).mean((0, 1))
    assert np.abs(colour - np.asarray(cat(), float).mean((0, 1))).max() < 25
    assert output.text is not None
    assert "texture" in output.text.en


@pytest.mark.parametrize("method", METHODS)
def test_cancelled_within_one_step(visualize: Visualize, method: str) -> None:
    """A cancellation ends the run at the step in which it comes."""
    context = Steps(cancel_at=1)
    with pytest.raises(Cancelled):
        look(visualize, context=context, method=method)
    assert 1 == len(context.seen)


@pytest.mark.parametrize(
    ("method", "size"),
    [
        ("saliency", (1, 1)),
        ("occlusion", (1, 1)),
        ("reconstruct", (1, 1)),
        ("gradient", (5, 90)),
        ("gradient", (90, 5)),
    ],
)
def test_odd_pictures(visualize: Visualize, method: str, size: tuple[int, int]) -> None:
    """One pixel, or a strip, gives a picture of the photo's proportions all the same."""
    found = picture(look(visualize, cat().resize(size), method=method)).size
    assert abs(found[0] / found[1] / (size[0] / size[1]) - 1) < 0.15


@pytest.mark.parametrize(
    ("backbone", "method"),
    [
        ("vgg19", "deconvnet"),
        ("googlenet", "features"),
        ("googlenet", "guided"),
    ],
)
def test_large_networks(random_weights: RandomWeights, backbone: str, method: str) -> None:
    """The methods take the other networks as they take Lite0 (here with random weights)."""
    context = Steps()
    effect = Visualize("cpu", _Some(random_weights))
    output = look(effect, None, context, method=method, backbone=backbone, channel=5)
    assert output.text is not None
    assert context.seen[-1][0] == context.seen[-1][1]
    assert len(picture(output).getcolors(10**6) or []) > 100


class _Some:
    """Lite0 as bundled, the large networks with random weights."""

    def __init__(self, random: RandomWeights) -> None:
        self._random = random

    def path(self, name: str) -> str:
        source = WeightsStore() if name == "efficientnet_lite0" else self._random
        return source.path(name)


def test_deconvnet_needs_vgg19(visualize: Visualize, tmp_path: Path) -> None:
    """Without its weights one sentence names them; on Lite0 it works when asked to."""
    with pytest.raises(WeightsMissing, match="vgg19") as caught:
        look(Visualize("cpu", WeightsStore(tmp_path)), method="deconvnet")
    assert "\n" not in str(caught.value)
    assert picture(look(visualize, method="deconvnet", backbone="lite0")).width > 600


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"of": "vulcano ash"}, UnknownClass, "volcano"),
        ({"layer": "block99", "method": "features"}, UnknownLayer, "block0 … block15"),
        ({"layer": "block2", "backbone": "vgg19"}, UnknownLayer, "relu1_1, .* relu5_4"),
        ({"channel": 500, "method": "features"}, UnknownLayer, "0 to 111"),
        ({"method": "dream"}, BadParams, "saliency, guided"),
        ({"size": 4000}, BadParams, "64 to 1024"),
    ],
    ids=str,
)
def test_bad_parameters(values: dict[str, Any], error: type[Exception], words: str) -> None:
    """What is unknown is refused before any work, with what there is."""
    with pytest.raises(error, match=words):
        SPEC.parse(values)


def test_an_unknown_class_offers_five() -> None:
    """The nearest five names."""
    with pytest.raises(UnknownClass) as caught:
        SPEC.parse({"of": "qwertyuiop"})
    assert 5 == len(str(caught.value.details["nearest"]).split(", "))


def test_cost_grows_with_the_work() -> None:
    """The expected seconds follow method, steps, size and network."""
    base, slower, longer, larger, deeper = (
        SPEC.cost(SPEC.parse(values), 10**6)
        for values in (
            {},
            {"method": "class_model"},
            {"method": "class_model", "steps": 320},
            {"size": 512},
            {"backbone": "vgg19"},
        )
    )
    assert base * 3 < slower
    assert slower * 1.5 < longer
    assert base * 2 < larger
    assert base * 4 < deeper


def test_the_spec_loads_no_torch() -> None:
    """A bot that reads the spec never loads torch."""
    code = "import effects.visualize, sys; sys.exit('torch' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
