"""Large pictures in tiles: the tiles fit, and they are what the whole picture would be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from effects.errors import Cancelled
from effects.fast_style.export import export
from effects.fast_style.modes import REACH, STEP, Mode
from effects.fast_style.network import StyleNetwork
from effects.fast_style.runner import FastStyle
from effects.fast_style.session import Network, Planes
from effects.fast_style.tiles import cut, paint_tiles, planes, reduced
from tests.effects.fast_styles import Folder, Quiet, apart, item, paint, photo, pixels, small, write

MOST = 60_000
SIZES = [(400, 301), (211, 500), (1999, 40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with random weights, as it is shipped."""
    return write(small(), tmp_path_factory.mktemp("styles"))


@pytest.mark.parametrize("size", [*SIZES, (6000, 4000), (1, 1), (6000, 3), (217, 6000)])
def test_tiles_cover_the_picture_once(size: tuple[int, int]) -> None:
    """Each pixel is in one tile's inner part, and no tile is larger than it may be."""
    covered = np.zeros(size[::-1], dtype=np.uint8)
    for (left, upper, right, lower), outer in cut(*size, MOST):
        covered[upper:lower, left:right] += 1
        assert (outer[2] - outer[0]) * (outer[3] - outer[1]) <= MOST
        assert all(start % STEP == 0 for start in (left, upper, *outer[:2]))
        assert (max(0, left - REACH), max(0, upper - REACH)) == outer[:2]
        assert (min(size[0], right + REACH), min(size[1], lower + REACH)) == outer[2:]
    assert (covered == 1).all()


def test_no_tile_is_too_small() -> None:
    """Room for less than the smallest tile is refused."""
    with pytest.raises(ValueError, match="46656"):
        cut(500, 500, 46_655)


def test_tiles_fit(tmp_path: Path) -> None:
    """In the shipped shape, tiles are exactly the whole picture under the same scale and shift."""
    torch.manual_seed(2)
    net = StyleNetwork()
    export(net, tmp_path / "styles.onnx")
    network = Network(tmp_path / "styles.onnx", "cpu")
    noise = np.random.default_rng(4).integers(0, 256, (301, 400, 3), dtype=np.uint8)
    picture = Image.fromarray(noise)
    gamma, beta = np.random.default_rng(5).normal(0, 1, (2, 1, net.channels)).astype(np.float32)
    fixed = network.measure(planes(reduced(picture, MOST)), gamma, beta)
    pieces: list[Planes] = []

    def keep(painting: Planes, piece: Image.Image) -> Image.Image:
        pieces.append(painting)
        return piece

    paint_tiles(network, picture, (gamma, beta), MOST, keep, Quiet().step)
    whole = network.paint(planes(picture), *fixed, Mode.FIXED)[0]
    tiles = cut(400, 301, MOST)
    assert len(tiles) == len(pieces) > 2
    for ((left, upper, right, lower), outer), piece in zip(tiles, pieces, strict=True):
        expected = whole[:, upper:lower, left:right]
        x, y = left - outer[0], upper - outer[1]
        found = piece[:, y : y + lower - upper, x : x + right - left]
        np.testing.assert_allclose(expected, found, atol=1e-4)
    # And the picture is worth the test: far pixels do matter without the fixed scale and shift.
    assert np.abs(network.paint(planes(picture), gamma, beta)[0] - whole).max() > 1e-2


@pytest.mark.parametrize("size", SIZES)
def test_tiled_is_nearly_untiled(folder: Path, size: tuple[int, int]) -> None:
    """Portrait, landscape, odd and thin: the mean error is under 0.02 of the range."""
    whole, tiled = (FastStyle("cpu", Folder(folder), most=most) for most in (10**6, MOST))
    picture = photo(*size)
    values = {"size": 2000, "style": "sea", "strength": 0.9, "preserve_color": True}
    expected, found = (paint(effect, picture, **values) for effect in (whole, tiled))
    assert expected.shape == found.shape
    assert apart(expected, found) < 0.02 * 255
    assert apart(np.asarray(picture, dtype=float), found) > 0.04 * 255


def test_a_large_picture_is_cancelled_between_tiles(folder: Path) -> None:
    """Every tile is a step."""
    heard: list[tuple[int, int]] = []

    class Impatient:
        """Cancels after the first tile."""

        def step(self, done: int, total: int, preview: object = None) -> None:
            heard.append((done, total))
            if done == 1:
                raise Cancelled

    effect = FastStyle("cpu", Folder(folder), most=MOST)
    with pytest.raises(Cancelled):
        effect.run(item(photo(400, 301)), Impatient())
    assert [(0, total := len(cut(400, 301, MOST))), (1, total)] == heard
    assert total > 2


def test_a_batch_of_all_sizes(folder: Path) -> None:
    """Large and small ones, more than fit at once, come back in order."""
    sizes = ((400, 301), (200, 150), (40, 30), (200, 150), (200, 150))
    effect = FastStyle("cpu", Folder(folder), most=MOST)
    items = [item(photo(*size)) for size in sizes]
    outputs = effect.run_batch(items, [Quiet()] * len(items))
    for each, output in zip(items, outputs, strict=True):
        alone = pixels(effect.run(each, Quiet()))
        assert alone.shape == pixels(output).shape
        assert apart(alone, pixels(output)) < 0.5
