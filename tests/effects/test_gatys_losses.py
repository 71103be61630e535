"""The losses against figures computed by hand and by finite differences."""

from __future__ import annotations

import math

import pytest
import torch

from effects.gatys import losses


def test_gram_by_hand() -> None:
    """Two channels over two positions: products summed, divided by the positions."""
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    expected = torch.tensor([[5 / 2, 1 / 2], [1 / 2, 10 / 2]])
    torch.testing.assert_close(losses.gram(features), expected)


def test_gram_loss_is_relative() -> None:
    """It is 1 for features of zero, 0 for the wanted ones, and has no unit."""
    features = torch.rand(1, 2, 3, 5, generator=torch.Generator().manual_seed(1))
    wanted = losses.gram(features)
    assert 1.0 == losses.gram_loss(torch.zeros(1, 2, 3, 5), wanted).item()
    assert 0.0 == losses.gram_loss(features, wanted).item()
    given = features.flip(1)
    torch.testing.assert_close(
        losses.gram_loss(given, wanted), losses.gram_loss(given * 3, wanted * 9)
    )


def test_gram_loss_by_hand() -> None:
    """The squared distance of both Gram matrices over the square of the wanted one."""
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, -1.0]]]])
    wanted = torch.tensor([[2.0, 1.0], [1.0, 4.0]])
    expected = (0.5**2 + 0.5**2 + 0.5**2 + 1**2) / (4 + 1 + 1 + 16)
    assert expected == pytest.approx(losses.gram_loss(features, wanted).item())


def test_content_loss_by_hand() -> None:
    """Mean squared error over the mean square of the target."""
    wanted = torch.tensor([1.0, 3.0]).view(1, 1, 1, 2)
    given = torch.tensor([2.0, 1.0]).view(1, 1, 1, 2)
    assert (1 + 4) / (1 + 9) == pytest.approx(losses.content_loss(given, wanted).item())


def test_losses_of_nothing_are_finite() -> None:
    """Black features as a target do not divide by zero."""
    nothing = torch.zeros(1, 2, 3, 3)
    assert math.isfinite(losses.content_loss(torch.ones(1, 2, 3, 3), nothing).item())
    assert math.isfinite(losses.gram_loss(torch.ones(1, 2, 3, 3), losses.gram(nothing)).item())


def test_total_variation_by_hand() -> None:
    """A ramp of 0.1 across has 0.01 from across and nothing from down."""
    ramp = torch.arange(4.0).mul(0.1).expand(1, 3, 5, 4)
    assert 0.01 == pytest.approx(losses.total_variation(ramp).item())


def test_overflow_counts_only_what_is_out_of_range() -> None:
    """Half above by 0.2 gives a mean square of 0.02; inside the range it is 0."""
    picture = torch.full((1, 3, 2, 2), 0.5)
    assert 0.0 == losses.overflow(picture).item()
    picture[..., 0] = 1.2
    assert 0.02 == pytest.approx(losses.overflow(picture).item())


def test_local_covariances_of_a_wave() -> None:
    """A grey wave across: its variance, its slope's and curvature's are those of the sine."""
    wave = torch.arange(64.0).mul(2 * math.pi / 16).sin().expand(1, 3, 64, 64)
    inner = wave[0, 0, 0, 1:-1]
    lightness = 3 * inner.var(correction=0).item()
    found = losses.local_covariances(wave, levels=1)[0]
    slope, curve = 2 * math.sin(2 * math.pi / 16), 2 - 2 * math.cos(2 * math.pi / 16)
    assert lightness == pytest.approx(found[0, 0].item(), rel=1e-4)
    assert slope**2 * 1.5 == pytest.approx(found[6, 6].item(), rel=0.05)
    assert curve**2 * 1.5 == pytest.approx(found[12, 12].item(), rel=0.05)
    assert 0.0 == pytest.approx(found[3, 3].item(), abs=1e-6)


def test_local_covariances_stop_at_small_pictures() -> None:
    """Levels are halved down to 8 pixels and no further."""
    sizes = {6: 1, 16: 2, 32: 3, 64: 4, 512: 4}
    for side, levels in sizes.items():
        assert levels == len(losses.local_covariances(torch.rand(1, 3, side, side)))


def test_grain_loss_sees_colour_grain() -> None:
    """Fine grain that the style lacks weighs more than a change of contrast by a tenth."""
    generator = torch.Generator().manual_seed(0)
    style = torch.rand(1, 3, 1, 64, generator=generator).cumsum(3).expand(1, 3, 64, 64) / 64
    wanted = losses.local_covariances(style)
    grain = torch.randn(1, 3, 64, 64, generator=generator) * 0.02
    assert 0.0 == losses.grain_loss(wanted, wanted).item()
    bolder = losses.grain_loss(losses.local_covariances(style * 1.1), wanted)
    grainy = losses.grain_loss(losses.local_covariances(style + grain), wanted)
    assert bolder.item() * 10 < grainy.item() < 1


def test_palette_loss_by_hand() -> None:
    """Order of pixels does not matter; a shift d along a direction costs d² there."""
    colours = torch.rand(3, 40, generator=torch.Generator().manual_seed(3))
    mixed = colours[:, torch.randperm(40, generator=torch.Generator().manual_seed(4))]
    axes = torch.eye(3)
    assert 0.0 == pytest.approx(losses.palette_loss(mixed, colours, axes).item(), abs=1e-12)
    redder = mixed + torch.tensor([0.3, 0, 0])[:, None]
    assert 0.09 / 3 == pytest.approx(losses.palette_loss(redder, colours, axes).item(), rel=1e-4)


def test_palette_loss_of_other_sizes() -> None:
    """A larger picture of the same colours has next to no distance."""
    few = torch.linspace(0, 1, 50).expand(3, 50)
    many = torch.linspace(0, 1, 731).expand(3, 731)
    assert losses.palette_loss(few, many, torch.eye(3)).item() < 1e-4


def test_tone_loss_ignores_contrast() -> None:
    """0 for the same light at another contrast, 2 for the negative."""
    photo = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(6))
    wanted = losses.tone(photo)
    paler = losses.tone(photo * 0.4 + 0.3)
    assert 0.0 == pytest.approx(losses.tone_loss(paler, wanted).item(), abs=0.02)
    assert 2.0 == pytest.approx(losses.tone_loss(losses.tone(1 - photo), wanted).item(), abs=0.02)


def test_gradients_against_finite_differences() -> None:
    """Each loss of the picture has the gradient that finite differences find."""
    generator = torch.Generator().manual_seed(5)

    def draw() -> torch.Tensor:
        return torch.rand(1, 3, 9, 9, generator=generator, dtype=torch.float64)

    other = draw()
    gram, covariances = losses.gram(other), losses.local_covariances(other)
    axes = torch.eye(3, dtype=torch.float64)
    for loss in (
        lambda x: losses.gram_loss(x, gram),
        lambda x: losses.content_loss(x, other),
        losses.total_variation,
        lambda x: losses.overflow(x * 2),
        lambda x: losses.grain_loss(losses.local_covariances(x), covariances),
        lambda x: losses.palette_loss(losses.palette(x), losses.palette(other), axes),
        lambda x: losses.tone_loss(losses.tone(x), losses.tone(other)),
    ):
        assert torch.autograd.gradcheck(loss, (draw().requires_grad_(),))
