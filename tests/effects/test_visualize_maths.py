"""The functional forms of visualize, against hand-computed cases and finite differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from effects.backbones import Backbone, efficientnet_lite0
from effects.gatys.objective import LITE0
from effects.visualize.canvas import Canvas, seen_askew
from effects.visualize.class_model import shares
from effects.visualize.colours import blurred, coloured, drawing, laid_over, levelled
from effects.visualize.deconvnet import projections, reach
from effects.visualize.features import channel_means
from effects.visualize.gradient import excitement
from effects.visualize.gradients import mean_slope, slope, strongest
from effects.visualize.occlusion import GREY, occlusion, places
from effects.visualize.reconstruct import content_objective, texture_objective
from effects.visualize.rules import deconvolving, guided, waking
from effects.weights import WeightsStore


class Small(Backbone):
    """A convolution, a rectifier, a pooling, twice; then the mean of each channel as a class."""

    def __init__(self, rectifier: Callable[[Tensor], Tensor] = torch.relu) -> None:
        super().__init__()
        self.rectifier = rectifier
        self.layers = ("relu1", "pool1", "relu2")
        generator = torch.Generator().manual_seed(0)
        self.first, self.second = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 4, 3, padding=1)
        for p in self.parameters():
            p.data = torch.randn(p.shape, generator=generator).mul(0.4)
        self.double().requires_grad_(False)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        x = self.rectifier(self.first(x))
        yield "relu1", x
        x = functional.max_pool2d(x, 2)
        yield "pool1", x
        yield "relu2", self.rectifier(self.second(x))

    def classify(self, last: Tensor) -> Tensor:
        return last.mean((2, 3))


class Pooling(Backbone):
    """A rectifier and a pooling, `depth` times, of the picture as it is."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.rectifier = torch.relu
        self.layers = tuple(f"pool{n}" for n in range(depth))

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        for layer in self.layers:
            x = functional.max_pool2d(self.rectifier(x), 2)
            yield layer, x


class Rectifier(Backbone):
    """One ReLU6 that works in place, as Lite0's do."""

    def __init__(self) -> None:
        super().__init__()
        self.rectifier = lambda x: functional.relu6(x, inplace=True)
        self.layers = ("relu6",)

    def walk(self, x: Tensor) -> Iterator[tuple[str, Tensor]]:
        yield "relu6", self.rectifier(x * 1)


def numbers(*shape: int, seed: int = 1) -> Tensor:
    """Float64 in [0, 1]."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def differences(score: Callable[[Tensor], Tensor], picture: Tensor) -> Tensor:
    """The gradient of a score by central differences."""
    found, h = torch.zeros_like(picture), 1e-6
    for at in range(picture.numel()):
        step = torch.zeros_like(picture)
        step.view(-1)[at] = h
        with torch.no_grad():
            rise = score(picture + step) - score(picture - step)
        found.view(-1)[at] = rise.item() / (2 * h)
    return found


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        # Cut off below and above: -1, 0, 6 and 7. What comes back is negative in the last two.
        (Rectifier(), [0, 0, 2, 0, 0, -3, 0]),
        (guided(Rectifier()), [0, 0, 2, 0, 0, 0, 0]),
        (deconvolving(Rectifier()), [2, 2, 2, 2, 2, 0, 0]),
    ],
    ids=["calculus", "guided", "deconvnet"],
)
def test_rules_by_hand(net: Backbone, expected: list[float]) -> None:
    """Guided backpropagation masks twice, by 0 < x < 6 and by the gradient's sign; a deconvnet
    by the sign alone.
    """
    x = torch.tensor([-1.0, 0.0, 3.0, 6.0, 7.0, 5.0, -2.0]).view(1, 7, 1, 1)
    weight = torch.tensor([2.0, 2.0, 2.0, 2.0, 2.0, -3.0, -3.0]).view(1, 7, 1, 1)
    found = slope(lambda seen: (net.features(seen, ["relu6"])["relu6"] * weight).sum(), x)
    assert expected == found.flatten().tolist()


def test_waking() -> None:
    """Pictures of which every value is cut off get the gradient whole; the others their own."""
    x = torch.tensor([[-1.0, -2.0], [-1.0, 2.0], [-1.0, 7.0], [7.0, 5.0]]).view(4, 2, 1, 1)
    net = waking(Rectifier())
    found = slope(lambda seen: net.features(seen, ["relu6"])["relu6"].sum((1, 2, 3)), x)
    assert [[1, 1], [0, 1], [1, 1], [0, 1]] == found.flatten(1).tolist()


def test_a_rule_changes_no_answer_and_no_other_network() -> None:
    """Lite0 under a rule gives its own scores; itself it keeps its gradient."""
    net = efficientnet_lite0(WeightsStore(), "cpu")
    x = numbers(1, 3, 33, 33).float()

    def score(net: Backbone) -> Callable[[Tensor], Tensor]:
        return lambda seen: net.logits(seen)[:, 7]

    before = slope(score(net), x)
    for rule in (guided, deconvolving):
        ruled = rule(net)
        torch.testing.assert_close(ruled.logits(x), net.logits(x))
        assert not torch.allclose(slope(score(ruled), x), before)
    assert torch.equal(before, slope(score(net), x))


def test_saliency_is_the_gradient_of_the_score() -> None:
    """Against finite differences; its size is the largest over the colours."""
    net, x = Small(), numbers(1, 3, 6, 6)
    expected = differences(lambda seen: net.logits(seen)[0, 2], x)
    found = slope(lambda seen: net.logits(seen)[:, 2], x)
    torch.testing.assert_close(found, expected, atol=1e-8, rtol=1e-5)
    torch.testing.assert_close(strongest(found), expected[0].abs().amax(0), atol=1e-8, rtol=1e-5)


@pytest.mark.parametrize("channel", [-1, 3])
def test_gradient_of_a_layer(channel: int) -> None:
    """Half the squares of a layer, or one channel's sum, against finite differences."""
    net, x = Small(), numbers(1, 3, 6, 6)
    found = slope(excitement(net, "pool1", channel), x)
    expected = differences(excitement(net, "pool1", channel), x)
    torch.testing.assert_close(found, expected, atol=1e-7, rtol=1e-5)


def test_mean_slope_is_aligned() -> None:
    """Copies are moved and noisy, but each pixel's gradient is put back in its own place."""
    weight = torch.zeros(1, 1, 24, 24, dtype=torch.float64)
    weight[..., 10, 7] = 1

    def score(seen: Tensor) -> Tensor:
        # Follows a bright dot wherever it has been moved.
        return (seen.amax((1, 2, 3)) * 1.0).view(-1)

    x = weight.expand(1, 3, 24, 24).clone()
    told: list[int] = []
    found = mean_slope(score, x, torch.Generator().manual_seed(0), 6, told.append)
    assert list(range(1, 7)) == told
    assert (10, 7) == divmod(int(strongest(found).argmax()), 24)
    torch.testing.assert_close(found.sum(), torch.tensor(1.0, dtype=torch.float64))


def test_switches_give_exact_positions() -> None:
    """Through one and two poolings a deconvnet leads back to the very pixel of the maximum."""
    x = numbers(1, 3, 8, 8) * 0.5
    x[0, 0, 5, 2], x[0, 1, 0, 7] = 0.9, 0.8
    for depth in (1, 2):
        net = Pooling(depth)
        found = projections(net, x, net.layers[-1], [0, 1])
        for projection, channel, at in zip(found, (0, 1), ((5, 2), (0, 7)), strict=True):
            expected = torch.zeros_like(x)
            expected[0, channel, *at] = 1
            assert torch.equal(expected, projection)


def test_deconvnet_by_hand() -> None:
    """From the first layer comes back the filter, at the place of the strongest answer."""
    net = Small()
    x = numbers(1, 3, 8, 8)
    (found,) = projections(net, x, "relu1", [2])
    activation = net.features(x, ["relu1"])["relu1"][0, 2]
    row, column = divmod(int(activation.argmax()), 8)
    # The transposed convolution of a single one: the filter around that place.
    expected = torch.zeros(1, 3, 10, 10, dtype=torch.float64)
    expected[0, :, row : row + 3, column : column + 3] = net.first.weight[2]
    torch.testing.assert_close(found, expected[:, :, 1:-1, 1:-1])
    left, top, right, bottom = reach(found)
    assert left <= column < right
    assert top <= row < bottom


def test_occlusion_peaks_at_the_only_informative_patch() -> None:
    """Only squares that touch the patch lower the score, the most where they cover it all."""
    x = torch.full((1, 3, 40, 60), GREY)
    x[:, :, 24:30, 12:18] = 1.0
    told: list[tuple[int, int]] = []
    found = occlusion(
        lambda seen: (seen - GREY).clamp_min(0).sum((1, 2, 3)),
        x,
        side=12,
        stride=4,
        on_step=lambda done, total: told.append((done, total)),
    )
    row, column = divmod(int(found.argmax()), 60)
    assert 24 <= row < 30
    assert 12 <= column < 18
    assert 0 == found[:12].abs().max()
    assert 0 == found[:, 30:].abs().max()
    assert (104, 104) == told[-1]


def test_occlusion_by_hand() -> None:
    """Three pixels, squares of two: each pixel's mean over the squares that covered it."""
    x = torch.zeros(1, 3, 1, 3)
    x[0, 0] = torch.tensor([1.5, 0.5, 4.5])
    found = occlusion(lambda seen: seen[:, 0].sum((1, 2)), x, 2, 1, lambda done, total: None)
    # The left square takes away 1, the right one 4.
    assert [[1.0, 2.5, 4.0]] == found.tolist()


@pytest.mark.parametrize(
    ("length", "expected"), [(10, [0, 3, 6]), (11, [0, 3, 6, 7]), (4, [0]), (2, [0])]
)
def test_squares_reach_the_end(length: int, expected: list[int]) -> None:
    """The last square ends with the picture, and none comes twice."""
    assert expected == places(length, 4, 3)


def test_features_look_at_one_channel_each() -> None:
    """Picture n is rated by channel n alone."""
    net, x = Small(), numbers(2, 3, 8, 8)
    found = channel_means(net, "relu1", [4, 1], x)
    activation = net.features(x, ["relu1"])["relu1"]
    expected = torch.stack([activation[0, 4].mean(), activation[1, 1].mean()])
    torch.testing.assert_close(found, expected)


def test_content_is_best_at_the_photo() -> None:
    """A flat photo is its own best reconstruction; another picture is worse, and by its slope
    it gets better.
    """
    net, flat = Small(), torch.full((1, 3, 32, 32), 0.4, dtype=torch.float64)

    def objective(picture: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        return content_objective(net, "relu2", flat, generator)(picture)

    assert 0 == objective(flat)
    other, aside = numbers(1, 3, 32, 32), numbers(1, 3, 32, 32, seed=2) - 0.5
    uphill = slope(objective, other)
    rise = (objective(other + 1e-6 * aside) - objective(other - 1e-6 * aside)) / 2e-6
    torch.testing.assert_close((uphill * aside).sum(), rise, atol=1e-9, rtol=1e-5)
    assert objective(other) < objective(other + 1e-3 * uphill / uphill.norm()) < 0


def test_texture_knows_no_places() -> None:
    """The photo turned upside down is nearly as good a texture as the photo; noise is not."""
    net = efficientnet_lite0(WeightsStore(), "cpu")
    tiles = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    photo = functional.interpolate(tiles, (64, 64), mode="bicubic").clamp(0, 1)
    generator = torch.Generator().manual_seed(3)
    objective = texture_objective(net, LITE0, photo, generator)
    with torch.no_grad():
        same, moved = objective(photo), objective(photo.roll((24, 24), (2, 3)))
        noise = objective(torch.rand(1, 3, 64, 64, generator=generator))
    assert noise < 5 * moved < 0
    assert moved <= same + 0.5


def test_canvas_begins_nearly_grey() -> None:
    """In [0, 1], around grey, of any size; the seed is all its chance."""
    first, again, other = (
        Canvas(2, (31, 44), torch.Generator().manual_seed(seed), torch.device("cpu")).pictures()
        for seed in (1, 1, 2)
    )
    assert (2, 3, 31, 44) == tuple(first.shape)
    assert (first - 0.5).abs().max() < 0.15
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_eye_at_rest_sees_the_picture() -> None:
    """Without motion nothing changes; with a shift alone the picture moves by that much."""
    x = numbers(1, 3, 20, 30).float()
    generator = torch.Generator().manual_seed(0)
    still = seen_askew(x, generator, shift=0, turn=0, zoom=(1, 1))
    torch.testing.assert_close(still, x, atol=1e-5, rtol=0)
    half = seen_askew(x, generator, shift=0, turn=0, zoom=(1, 1), share=0.5)
    assert (10, 15) == tuple(half.shape[2:])
    ramp = torch.linspace(0, 1, 200).view(1, 1, 1, 200).expand(1, 3, 100, 200)
    moved = seen_askew(ramp, generator, shift=0.1, turn=0, zoom=(1, 1))
    offset = (moved - ramp)[..., 40:-40]
    assert offset.abs().max() < 0.11
    assert offset.std() < 1e-3 < offset.abs().mean()


def test_class_model_goes_from_coarse_to_fine() -> None:
    """The share grows to the whole, which the last fifth sees."""
    seen = [shares(step, 30) for step in range(30)]
    assert sorted(seen) == seen
    assert [1.0] * 6 == seen[-6:]
    assert 0.45 == seen[0]


def test_colours_are_lighter_for_more() -> None:
    """The map of colours rises in lightness all the way, from black to pale."""
    ramp = coloured(torch.linspace(0, 1, 101)[None])[:, 0]
    light = (torch.tensor([0.2126, 0.7152, 0.0722]) @ ramp.clamp(0, 1) ** 2.2).tolist()
    assert sorted(light) == light
    assert light[0] < 0.01
    assert light[-1] > 0.75


def test_maps() -> None:
    """A blur keeps the sum, levels are in [0, 1], and a map without anything stays dark."""
    dot = torch.zeros(21, 41)
    dot[10, 20] = 1
    smooth = blurred(dot, 0.05)
    torch.testing.assert_close(smooth.sum(), torch.tensor(1.0))
    torch.testing.assert_close(smooth, smooth.flip(0).flip(1))
    levels = levelled(smooth)
    assert (0, 1) == (levels.min(), levels.max())
    assert 0 == levelled(torch.full((4, 4), -2.0)).max()
    assert 1 == levelled(torch.eye(100)[:50] * 1e-3).max()
    assert torch.equal(torch.full((3, 4, 4), 0.5), drawing(torch.zeros(3, 4, 4)))


def test_the_overlay_is_aligned() -> None:
    """The brightest place over the photo is where the map's is, at any size."""
    values = torch.zeros(18, 24)
    values[3:6, 15:18] = 1
    over = laid_over(torch.full((3, 180, 240), 0.3), values).mean(0).numpy()
    rows, columns = np.nonzero(over > 0.9 * over.max())
    assert 30 <= rows.min() <= rows.max() < 60
    assert 150 <= columns.min() <= columns.max() < 180
