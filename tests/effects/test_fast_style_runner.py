"""The fast style effect through its own door, with a small network made here."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from effects.errors import BadFilter, BadParams, WeightsMissing
from effects.fast_style import SPEC
from effects.fast_style.network import StyleNetwork
from effects.fast_style.runner import FastStyle
from effects.fast_style.styles import Styles
from effects.fast_style.vectors import pack
from effects.pictures import to_image, to_tensor
from effects.spec import Item
from tests.effects.fast_styles import (
    NAMES,
    Folder,
    Quiet,
    apart,
    item,
    paint,
    photo,
    pixels,
    random_styles,
    small,
    write,
)


@pytest.fixture(scope="module")
def net() -> StyleNetwork:
    """A small network with random weights."""
    return small()


@pytest.fixture(scope="module")
def styles(net: StyleNetwork) -> Styles:
    """Three styles with random vectors."""
    return random_styles(net)


@pytest.fixture(scope="module")
def folder(net: StyleNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """styles.onnx and styles.npz."""
    return write(net, tmp_path_factory.mktemp("styles"))


@pytest.fixture(scope="module")
def effect(folder: Path) -> FastStyle:
    """The effect, loaded once."""
    return FastStyle("cpu", Folder(folder))


def test_it_paints_what_the_network_paints(
    effect: FastStyle, net: StyleNetwork, styles: Styles
) -> None:
    """The painting is torch's, but for what JPEG loses."""
    for name in NAMES:
        vectors = map(torch.from_numpy, styles.vectors(name))
        with torch.no_grad():
            expected = np.asarray(to_image(net(to_tensor(photo()), *vectors)), dtype=np.float64)
        assert apart(expected, paint(effect, style=name)) < 3


@pytest.mark.parametrize("size", [(1, 1), (9, 40), (97, 71), (20, 400), (5000, 20)])
def test_any_size(effect: FastStyle, size: tuple[int, int]) -> None:
    """The painting has the photo's size, whatever the network needs."""
    assert (size[1], size[0], 3) == paint(effect, photo(*size), size=6000).shape


def test_large_photos_are_bounded(effect: FastStyle) -> None:
    """The longer side is at most `size`."""
    assert (48, 64, 3) == paint(effect, photo(400, 300), size=64).shape


def test_strength_runs_from_the_photo_to_the_style(effect: FastStyle) -> None:
    """At 0 the photo is there, at 1 the painting, and a hundredth is the same step anywhere."""
    original = np.asarray(photo(), dtype=np.float64)
    paintings = [paint(effect, strength=n / 100) for n in range(101)]
    assert apart(original, paintings[0]) < 2
    assert apart(original, paintings[-1]) > 10
    assert largest_step(paintings) < 2


def test_blends_are_continuous(effect: FastStyle) -> None:
    """A blend runs from one style to the other without a jump at any hundredth."""
    shares = [n / 100 for n in range(1, 100)]
    between = [paint(effect, style=f"night={1 - share}+sea={share}") for share in shares]
    paintings = [paint(effect, style="night"), *between, paint(effect, style="sea")]
    assert apart(paintings[0], paintings[-1]) > 10
    assert largest_step(paintings) < 4


def largest_step(paintings: list[Any]) -> float:
    """The largest change between neighbours, of the mean change."""
    steps = [apart(*pair) for pair in pairwise(paintings)]
    return max(steps) / float(np.mean(steps))


def test_saved_styles(effect: FastStyle, styles: Styles) -> None:
    """A saved style paints like the same vectors that are shipped, alone and in a blend."""
    own = {"mine": pack(styles.network, styles.gamma[1], styles.beta[1])}

    def painted(words: str) -> Any:
        request = Item(SPEC.parse({"style": words}), (photo(),), own)
        return pixels(effect.run(request, Quiet()))

    assert apart(paint(effect, style="sea"), painted("mine")) < 0.1
    blend = paint(effect, style="night=0.6+sea=0.4")
    assert apart(blend, painted("night=0.6+mine=0.4")) < 0.1
    assert apart(painted("night"), paint(effect, style="night")) < 0.1


def test_a_saved_style_of_another_network_is_refused(effect: FastStyle, styles: Styles) -> None:
    """In one sentence that names it; a style that was not attached is unknown."""
    own = {"mine": pack("another", styles.gamma[1], styles.beta[1])}
    request = Item(SPEC.parse({"style": "night+mine"}), (photo(),), own)
    with pytest.raises(BadFilter, match="'mine' belongs to an earlier network"):
        effect.run(request, Quiet())
    with pytest.raises(BadParams, match="no style 'mine'"):
        paint(effect, style="mine")


def test_preserve_color(effect: FastStyle) -> None:
    """Chroma is the photo's."""

    def chroma(values: Any) -> Any:
        image = Image.fromarray(values.astype(np.uint8))
        return np.asarray(image.convert("YCbCr"), dtype=np.float64)[..., 1:]

    original = chroma(np.asarray(photo()))
    kept, taken = (
        apart(original, chroma(paint(effect, preserve_color=keep))) for keep in (True, False)
    )
    assert kept * 3 < taken


def test_a_batch_is_its_items(effect: FastStyle) -> None:
    """Photos of two sizes in three styles come back in order, as if each were alone."""
    sizes = ((64, 48), (40, 56), (64, 48))
    items = [item(photo(*size), style=name) for size, name in zip(sizes, NAMES, strict=True)]
    for each, output in zip(items, effect.run_batch(items, [Quiet()] * 3), strict=True):
        alone = pixels(effect.run(each, Quiet()))
        assert alone.shape == pixels(output).shape
        assert apart(alone, pixels(output)) < 0.5


def test_the_same_bytes(effect: FastStyle) -> None:
    """The same input gives the same file."""
    first, again = (effect.run(item(photo()), Quiet()).media[0].content for _ in range(2))
    assert first == again


@pytest.mark.parametrize("name", ["styles.onnx", "styles.npz"])
@pytest.mark.parametrize("kept", [None, 0, 500], ids=["missing", "empty", "cut"])
def test_damaged_files_are_named(folder: Path, tmp_path: Path, name: str, kept: int | None) -> None:
    """A file that is not there or is cut short is named."""
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if kept is None:
        (tmp_path / name).unlink()
    else:
        os.truncate(tmp_path / name, kept)
    with pytest.raises(WeightsMissing, match=name):
        FastStyle("cpu", Folder(tmp_path))
