"""The feature networks: right figures, right names, no more work than asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from effects.backbones import VGG19, EfficientNetLite0, efficientnet_lite0, vgg19
from effects.errors import WeightsMissing
from effects.weights import WeightsStore


class OneFile:
    """Weights that are all in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path(self, name: str) -> str:
        return str(self._path)


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite0:
    """The bundled network."""
    return efficientnet_lite0(WeightsStore(), "cpu")


def vgg_state(seed: int = 0) -> dict[str, Tensor]:
    """Random weights under torchvision's names, with one of the classifier's, as published."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {0: (64, 3), 2: (64, 64), 5: (128, 64), 7: (128, 128), 10: (256, 128)}
    shapes |= dict.fromkeys((12, 14, 16), (256, 256)) | {19: (512, 256)}
    shapes |= dict.fromkeys((21, 23, 25, 28, 30, 32, 34), (512, 512))
    state = {"classifier.6.bias": torch.zeros(1000)}
    for at, (wide, deep) in shapes.items():
        weight = torch.randn(wide, deep, 3, 3, generator=generator)
        state[f"features.{at}.weight"] = weight * (2 / (9 * deep)) ** 0.5
        state[f"features.{at}.bias"] = torch.full((wide,), 0.01)
    return state


@pytest.mark.parametrize("size", [(224, 224), (97, 130), (65, 33)])
def test_folding_keeps_the_published_answers(
    lite0: EfficientNetLite0, size: tuple[int, int]
) -> None:
    """At any size the logits, and their gradients, are those of the wheel's own network."""
    wheel = EfficientNet.from_name("efficientnet-lite0", image_size=None)
    wheel.load_state_dict(torch.load(WeightsStore().path("efficientnet_lite0")))
    wheel.eval()
    x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    x.requires_grad_()
    expected, found = wheel((x * 255 - 127) / 128), lite0.logits(x)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    gradients = [torch.autograd.grad(logits[:, 7].sum(), x)[0] for logits in (expected, found)]
    # By rounding alone some activations fall on the other side of ReLU6's corners.
    assert (gradients[1] - gradients[0]).norm() < 0.02 * gradients[0].norm()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (33, 50), (225, 224)])
def test_any_size_works(lite0: EfficientNetLite0, size: tuple[int, int]) -> None:
    """The stem halves a picture of any size, rounding up, as TensorFlow's "same" does."""
    found = lite0.features(torch.rand(1, 3, *size), ["stem", "head"])
    halves = [(side + 1) // 2 for side in size]
    assert [1, 32, *halves] == list(found["stem"].shape)


def test_layers_come_in_order(lite0: EfficientNetLite0) -> None:
    """Every named layer can be tapped, and they are computed in the order of their names."""
    walked = [name for name, _ in lite0.walk(torch.rand(1, 3, 16, 16))]
    assert list(lite0.layers) == walked
    assert {"stem", "block0.depthwise", "block1.expand", "block15", "head"} <= set(walked)


def test_features_stop_at_the_last_tap(lite0: EfficientNetLite0) -> None:
    """Convolutions behind the deepest layer asked for are not run."""
    ran: list[str] = []
    hooks = [
        part.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, part in lite0.named_modules()
        if isinstance(part, nn.Conv2d)
    ]
    found = lite0.features(torch.rand(1, 3, 32, 32), ["block1.expand", "stem"])
    for hook in hooks:
        hook.remove()
    assert {"stem", "block1.expand"} == set(found)
    assert ["stem", "trunk.0.depthwise", "trunk.0.project", "trunk.1.expand"] == ran


def test_no_gradient_is_kept_for_weights(lite0: EfficientNetLite0) -> None:
    """The network is frozen: gradients go to the picture alone."""
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    lite0.features(x, ["block2"])["block2"].sum().backward()
    assert x.grad is not None
    assert all(p.grad is None and not p.requires_grad for p in lite0.parameters())


def test_an_unknown_layer_is_named(lite0: EfficientNetLite0) -> None:
    """A misspelt layer is an error of the programmer, said at once."""
    with pytest.raises(ValueError, match=r"no layer 'block99'"):
        lite0.features(torch.rand(1, 3, 32, 32), ["block99"])


def test_vgg19_loads_the_published_names(tmp_path: Path) -> None:
    """VGG-19 computes what its state dict says, from relu1_1 to relu5_4."""
    state = vgg_state()
    file = tmp_path / "vgg19.pth"
    torch.save(state, file)
    net = vgg19(OneFile(file), "cpu")
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    found = net.features(x, ["relu1_1", "relu2_1", "relu5_4"])
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)

    def conv(x: Tensor, at: int) -> Tensor:
        weight, bias = state[f"features.{at}.weight"], state[f"features.{at}.bias"]
        return nn.functional.conv2d(x, weight, bias, padding=1).relu()

    first = conv((x - mean) / std, 0)
    torch.testing.assert_close(found["relu1_1"], first)
    pooled = nn.functional.max_pool2d(conv(first, 2), 2)
    torch.testing.assert_close(found["relu2_1"], conv(pooled, 5))
    assert (1, 512, 2, 2) == tuple(found["relu5_4"].shape)
    assert 16 == len(net.layers)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "other network", "not a dict"])
def test_a_wrong_weights_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    """Whatever is wrong with the file, the error names the file and not torch's troubles."""
    file = tmp_path / "vgg19.pth"
    if damage == "truncated":
        torch.save(vgg_state(), file)
        file.write_bytes(file.read_bytes()[:100_000])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "text":
        file.write_text("<html>not found</html>")
    elif damage == "other network":
        torch.save({"features.0.weight": torch.zeros(8, 3, 3, 3)}, file)
    else:
        torch.save([1, 2], file)
    with pytest.raises(WeightsMissing) as caught:
        VGG19(str(file))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
