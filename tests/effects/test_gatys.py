"""Gatys through the effect's own door, on small pictures and the real network."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from effects.errors import BadParams, Cancelled, OutOfMemory, WeightsMissing
from effects.gatys import SPEC
from effects.gatys.runner import Gatys
from effects.gatys.sizes import scale_sides, style_size
from effects.pictures import working_size
from effects.spec import Item, Output
from effects.weights import WeightsStore
from tests.effects.random_networks import RandomWeights


class Steps:
    """A context that writes steps down, and may cancel or look at previews."""

    def __init__(self, cancel_at: int = 0, look_at: int = 0) -> None:
        self.seen: list[tuple[int, int]] = []
        self.preview: Image.Image | None = None
        self._cancel_at = cancel_at
        self._look_at = look_at

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        self.seen.append((done, total))
        if done == self._cancel_at:
            raise Cancelled
        if done == self._look_at and preview is not None:
            self.preview = preview()


@pytest.fixture(scope="module")
def gatys() -> Gatys:
    """The effect, loaded once."""
    return Gatys("cpu", WeightsStore())


def photo(width: int = 96, height: int = 72) -> Image.Image:
    """A sky, a sun and a field: smooth areas with edges between."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    sky = np.stack([0.5 + 0.3 * y, 0.7 - 0.2 * y, 0.95 - 0.4 * y], -1)
    sky[(x - 0.3) ** 2 + (y - 0.25) ** 2 < 0.01] = (1.0, 0.9, 0.5)
    sky[y > 0.5 + 0.05 * np.sin(12 * x)] = (0.3, 0.5, 0.15)
    return Image.fromarray((sky * 255).astype(np.uint8))


def style(width: int = 80, height: int = 80) -> Image.Image:
    """Wavy diagonal bands from dark blue to orange."""
    y, x = np.mgrid[0:height, 0:width]
    share = (np.sin((x + y) * 0.35 + 2 * np.sin(y * 0.15)) / 2 + 0.5)[..., None]
    bands = share * np.array((220, 120, 50)) + (1 - share) * np.array((30, 40, 110))
    return Image.fromarray(bands.astype(np.uint8))


def paint(
    effect: Gatys,
    photos: tuple[Image.Image, Image.Image] | None = None,
    context: Steps | None = None,
    **values: Any,
) -> Output:
    """Run the effect with a small size and few steps unless told otherwise."""
    params = SPEC.parse({"size": 96, "steps": 20, **values})
    return effect.run(Item(params, photos or (photo(), style())), context or Steps())


def picture(output: Output) -> Image.Image:
    """The picture of an output."""
    return Image.open(io.BytesIO(output.media[0].content))


def losses(output: Output) -> dict[str, dict[str, float]]:
    """The report of an output."""
    report: dict[str, dict[str, float]] = json.loads(output.data["losses.json"])
    return report


def chroma(image: Image.Image) -> np.ndarray[Any, Any]:
    """Cb and Cr of a picture."""
    return np.asarray(image.convert("YCbCr"), dtype=np.float64)[..., 1:]


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("start", ["photo", "noise"])
def test_style_loss_falls(gatys: Gatys, optimizer: str, start: str) -> None:
    """Thirty steps take the style loss under 0.4 of the photo's, and the photo still shows.

    (Small pictures have little room for texture: at 512 pixels 150 steps leave 0.01 to 0.03.
    Without its style term the loss stays above 0.9.)
    """
    report = losses(paint(gatys, optimizer=optimizer, start=start, steps=30))
    assert report["style"]["last"] < 0.4 * report["style"]["first"]
    assert report["content"]["last"] < 1.0


def test_strength_is_continuous(gatys: Gatys) -> None:
    """A breath of style leaves the photo nearly as it is; more strength, less photo."""
    faint, half, strong = (
        losses(paint(gatys, strength=strength, steps=30)) for strength in (0.1, 0.5, 2)
    )
    assert faint["style"]["last"] > 0.8 * faint["style"]["first"]
    assert half["style"]["last"] < 0.5 * half["style"]["first"]
    assert faint["content"]["last"] < half["content"]["last"] < strong["content"]["last"]


def test_same_seed_same_picture(gatys: Gatys) -> None:
    """On a CPU a seed fixes every pixel; another seed gives another picture."""
    first, again, other = (
        paint(gatys, seed=seed, size=64, steps=10).media[0].content for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_preserve_color_keeps_chroma(gatys: Gatys) -> None:
    """With preserve_color the chroma is the photo's; without it the style's comes in."""
    kept, taken = (
        np.abs(chroma(picture(paint(gatys, preserve_color=keep))) - chroma(photo())).mean()
        for keep in (True, False)
    )
    assert kept < 6
    assert kept * 3 < taken


def test_every_step_is_told_and_shows_the_picture(gatys: Gatys) -> None:
    """Steps count from 1 to the total over all scales; a preview has the photo's proportions."""
    context = Steps(look_at=3)
    paint(gatys, context=context, size=320, steps=10)
    assert [(done, 10) for done in range(1, 11)] == context.seen
    assert context.preview is not None
    assert (160, 120) == context.preview.size


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_cancelled_within_one_step(gatys: Gatys, optimizer: str) -> None:
    """A cancellation ends the run at the step in which it comes."""
    context = Steps(cancel_at=2)
    with pytest.raises(Cancelled):
        paint(gatys, context=context, optimizer=optimizer)
    assert [(1, 20), (2, 20)] == context.seen


@pytest.mark.parametrize(
    ("photo_size", "style_image"),
    [
        ((1, 1), style()),
        ((5, 7), style()),
        ((96, 72), Image.new("RGB", (1, 1), (200, 30, 30))),
        ((96, 72), Image.new("RGB", (64, 64), (0, 0, 0))),
        ((96, 72), style(400, 4)),
        ((300, 6), style()),
    ],
    ids=["1x1 photo", "tiny photo", "1x1 style", "black style", "thin style", "thin photo"],
)
def test_odd_pictures(gatys: Gatys, photo_size: tuple[int, int], style_image: Image.Image) -> None:
    """Tiny, flat and very thin pictures give a picture with the photo's proportions."""
    result = picture(paint(gatys, (photo(*photo_size), style_image), size=64, steps=10))
    assert working_size(photo_size, 64) == result.size
    assert 32 <= min(result.size)


def test_a_flat_style_gives_its_colour(gatys: Gatys) -> None:
    """A style of one red makes the picture red."""
    red = Image.new("RGB", (40, 40), (200, 30, 30))
    mean = np.asarray(picture(paint(gatys, (photo(), red), steps=30))).mean((0, 1))
    assert mean[0] > 150
    assert mean[1:].max() < 90


def test_sizes() -> None:
    """Long sides as asked, proportions kept, scales at most doubling."""
    assert (512, 384) == working_size((4000, 3000), 512)
    assert (8000, 32) == working_size((5000, 20), 512)
    assert (512, 256) == style_size((2000, 1000), (300, 512), 1.0)
    assert (128, 64) == style_size((2000, 1000), (300, 512), 0.25)
    assert (358, 358) == style_size((500, 500), (2000, 32), 1.0)
    assert [64] == scale_sides(64)
    assert [256, 512] == scale_sides(512)
    assert [192, 384, 768, 1536] == scale_sides(1536)


@pytest.mark.parametrize(
    ("values", "word"),
    [({"size": 32}, "64"), ({"steps": 9999}, "2000"), ({"strenght": 1}, "strength")],
)
def test_bad_parameters(values: dict[str, Any], word: str) -> None:
    """Parameters out of bounds or misspelt are refused with the bound or the right name."""
    with pytest.raises(BadParams, match=word):
        SPEC.parse(values)


def test_a_missing_network_is_named(gatys: Gatys, tmp_path: Any) -> None:
    """vgg19 without its weights says which file is missing."""
    effect = Gatys("cpu", WeightsStore(tmp_path))
    with pytest.raises(WeightsMissing, match="vgg19"):
        paint(effect, backbone="vgg19")


@pytest.mark.parametrize("backbone", ["googlenet", pytest.param("vgg19", marks=pytest.mark.slow)])
def test_the_large_networks_paint_too(random_weights: RandomWeights, backbone: str) -> None:
    """Each has its own layers for style and content; even random weights see some style."""

    class Both:
        def path(self, name: str) -> str:
            home = WeightsStore() if name == "efficientnet_lite0" else random_weights
            return home.path(name)

    report = losses(paint(Gatys("cpu", Both()), backbone=backbone, size=64, steps=10))
    assert report["style"]["last"] < 0.8 * report["style"]["first"]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
    ],
    ids=["python", "gpu", "cpu"],
)
def test_too_little_memory_is_one_sentence(gatys: Gatys, error: Exception) -> None:
    """Whoever runs out of memory, the person is told to try a smaller size."""

    class Full(Steps):
        def step(self, *_: Any, **__: Any) -> None:
            raise error

    with pytest.raises(OutOfMemory, match="smaller size"):
        paint(gatys, context=Full())


def test_cost_grows_with_the_work() -> None:
    """The expected seconds follow steps, size and network."""
    base, longer, larger, deeper = (
        SPEC.cost(SPEC.parse(values), 10**6)
        for values in ({}, {"steps": 600}, {"size": 1024}, {"backbone": "vgg19"})
    )
    assert base * 1.5 < longer
    assert base * 2 < larger
    assert base * 4 < deeper


def test_the_spec_loads_no_torch() -> None:
    """A bot that reads the spec never loads torch."""
    code = "import effects.gatys, sys; sys.exit('torch' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
