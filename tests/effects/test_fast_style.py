"""The network of fast styles, and its file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from onnx import load, numpy_helper
from torch.nn import functional

from effects.errors import UserError
from effects.fast_style.export import MOST, export, main, parity
from effects.fast_style.network import StyleNetwork, UpConvolution, conditional_instance_norm


@pytest.fixture(scope="module")
def net() -> StyleNetwork:
    """A small network with random weights."""
    torch.manual_seed(3)
    return StyleNetwork(fine=8, coarse=12, half=6, blocks=(1, 1, 1)).eval()


def vectors(net: StyleNetwork, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """γ around 1 and β around 0 for `count` pictures."""
    generator = torch.Generator().manual_seed(5)
    gamma, beta = torch.randn(2, count, net.channels, generator=generator) * 0.3
    return 1 + gamma, beta


def test_up_convolution_is_nearest_upsampling_and_convolution() -> None:
    """The folded kernel gives what upsampling and a 5×5 convolution give, borders included."""
    torch.manual_seed(1)
    layer = UpConvolution(4, 3, bias=True)
    x = torch.randn(2, 4, 5, 7)
    large = functional.interpolate(functional.pad(x, (1,) * 4, mode="reflect"), scale_factor=2)
    expected = functional.conv2d(large, layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected)


def test_conditional_instance_norm() -> None:
    """Each picture gets its own mean and deviation in each channel."""
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 5 + 2
    gamma, beta = torch.rand(2, 2, 3) + 0.5
    found = conditional_instance_norm(x, gamma, beta)
    torch.testing.assert_close(found.mean((2, 3)), beta, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.std((2, 3), correction=0), gamma, atol=1e-4, rtol=0)


@torch.no_grad()
def test_a_batch_holds_different_styles(net: StyleNetwork) -> None:
    """Two pictures in two styles at once are what they are alone; the styles differ."""
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)).expand(
        2, -1, -1, -1
    )
    gamma, beta = vectors(net, 2)
    together = net(photo, gamma, beta)
    assert photo.shape == together.shape
    assert 0 <= together.min() < together.max() <= 1
    for n in range(2):
        alone = net(photo[n : n + 1], gamma[n : n + 1], beta[n : n + 1])
        torch.testing.assert_close(together[n : n + 1], alone)
    assert (together[0] - together[1]).abs().mean() > 0.01


def test_onnx_agrees_with_torch(net: StyleNetwork, tmp_path: Path) -> None:
    """At three sizes and batches the file paints what the network paints; another net does not."""
    path = tmp_path / "net.onnx"
    export(net, path)
    assert parity(net, path) < MOST
    torch.manual_seed(4)
    other = StyleNetwork(fine=8, coarse=12, half=6, blocks=(1, 1, 1)).eval()
    assert parity(other, path) > MOST


def test_the_weights_are_found_by_name(net: StyleNetwork, tmp_path: Path) -> None:
    """Every parameter lies in the file under its own name, as it is."""
    path = tmp_path / "net.onnx"
    export(net, path)
    stored = {each.name: numpy_helper.to_array(each) for each in load(path).graph.initializer}
    assert {name for name, _ in net.named_parameters()} <= stored.keys()
    for name, parameter in net.named_parameters():
        assert (parameter.detach().numpy() == stored[name]).all(), name


def test_without_onnx_one_sentence(
    net: StyleNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package is not installed, the person is told which."""
    monkeypatch.setattr("effects.training.onnx.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install onnx"):
        export(net, tmp_path / "net.onnx")


@pytest.mark.parametrize("content", [None, b"", b"no checkpoint"])
def test_no_checkpoint_no_export(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint that is missing or damaged is named in one sentence."""
    path = tmp_path / "checkpoint.pt"
    if content is not None:
        path.write_bytes(content)
    assert 2 == main([str(path), str(tmp_path)])
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line
