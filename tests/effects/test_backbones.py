"""The feature networks: right figures, right names, no more work than asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn import functional

from effects.backbones import (
    VGG19,
    Backbone,
    EfficientNetLite0,
    GoogLeNet,
    efficientnet_lite0,
    googlenet,
    load,
    vgg19,
)
from effects.errors import WeightsMissing
from effects.weights import WeightsStore
from tests.effects.random_networks import VGG19_PLACES, Published, RandomWeights

NAMES = ("lite0", "vgg19", "googlenet")


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite0:
    """The bundled network."""
    return efficientnet_lite0(WeightsStore(), "cpu")


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


@pytest.mark.parametrize("size", [(96, 64), (97, 130)])
def test_turned(lite0: EfficientNetLite0, size: tuple[int, int]) -> None:
    """Of a picture turned by 180° it makes the same, turned; the network itself is as before."""
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    expected = lite0.features(x, ["block2", "head"])
    found = lite0.turned().features(x.flip(2, 3), ["block2", "head"])
    for name, activation in expected.items():
        torch.testing.assert_close(found[name].flip(2, 3), activation, atol=1e-3, rtol=1e-3)
    assert torch.equal(expected["head"], lite0.features(x, ["head"])["head"])


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (33, 50), (225, 224)])
def test_any_size_works(lite0: EfficientNetLite0, size: tuple[int, int]) -> None:
    """The stem halves a picture of any size, rounding up, as TensorFlow's "same" does."""
    found = lite0.features(torch.rand(1, 3, *size), ["stem", "head"])
    halves = [(side + 1) // 2 for side in size]
    assert [1, 32, *halves] == list(found["stem"].shape)


@pytest.fixture(scope="module")
def networks(random_weights: RandomWeights) -> dict[str, Backbone]:
    """All backbones; the large ones with random weights."""
    homes = {"lite0": WeightsStore(), "vgg19": random_weights, "googlenet": random_weights}
    return {name: load(name, homes[name], "cpu") for name in NAMES}


def noise(*shape: int) -> Tensor:
    """Pictures of noise."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("name", NAMES)
def test_taps_tell_the_form_of_every_layer(networks: dict[str, Backbone], name: str) -> None:
    """Layers are computed in the order of their names; channels and strides are as told."""
    net = networks[name]
    walked = dict(net.walk(noise(1, 3, 96, 64)))
    assert list(net.layers) == list(walked) == list(net.taps)
    for layer, x in walked.items():
        channels, stride = net.taps[layer]
        assert (1, channels, 96 // stride, 64 // stride) == tuple(x.shape)


@pytest.mark.parametrize("name", NAMES)
def test_taps_are_those_of_a_run_straight_through(networks: dict[str, Backbone], name: str) -> None:
    """What a tap gives is not changed by what is computed after it, in place or not."""
    net, x = networks[name], noise(1, 3, 48, 64)
    straight = {layer: activation.clone() for layer, activation in net.walk(x)}
    tapped = net.features(x, net.layers)
    for layer in net.layers:
        assert torch.equal(straight[layer], tapped[layer])


@pytest.mark.parametrize("name", NAMES)
def test_features_stop_at_the_last_tap(networks: dict[str, Backbone], name: str) -> None:
    """Convolutions behind the deepest layer asked for are not run."""
    net, x = networks[name], noise(1, 3, 16, 16)
    with counted(net) as ran:
        needed = {layer: len(ran) for layer, _ in net.walk(x)}
        everything = list(ran)
    first, *_, last = net.layers
    for layer in net.layers[1 : len(net.layers) : len(net.layers) // 3]:
        with counted(net) as ran:
            found = net.features(x, [layer, first])
        assert {first, layer} == set(found)
        assert everything[: needed[layer]] == ran
        assert needed[layer] < needed[last]


@contextmanager
def counted(net: Backbone) -> Iterator[list[str]]:
    """The convolutions that are run meanwhile, in order."""
    ran: list[str] = []
    hooks = [
        part.register_forward_hook(lambda *_, name=name: ran.append(name))
        for name, part in net.named_modules()
        if isinstance(part, nn.Conv2d)
    ]
    yield ran
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize("name", NAMES)
def test_gradients_go_to_the_picture_alone(networks: dict[str, Backbone], name: str) -> None:
    """The network is frozen."""
    net, x = networks[name], noise(1, 3, 32, 32).requires_grad_()
    net.features(x, [net.layers[-1]])[net.layers[-1]].sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(p.grad is None and not p.requires_grad for p in net.parameters())


@pytest.mark.parametrize("name", NAMES)
def test_the_rectifier_can_be_changed(
    networks: dict[str, Backbone], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All rectifications go through it, so that a visualisation may have its own gradient."""
    net, x = networks[name], noise(1, 3, 32, 32)
    first, *_, last = net.layers
    plain = net.features(x, [last])
    calls: list[Tensor] = []

    def rectify(x: Tensor) -> Tensor:
        calls.append(x)
        return x.clamp(0, 6) if name == "lite0" else x.clamp_min(0)

    monkeypatch.setattr(net, "rectifier", rectify)
    torch.testing.assert_close(net.features(x, [last]), plain)
    assert {"lite0": 33, "vgg19": 16, "googlenet": 30}[name] == len(calls)
    monkeypatch.setattr(net, "rectifier", torch.zeros_like)
    assert not net.features(x, [first])[first].any()


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_layer_is_named(networks: dict[str, Backbone], name: str) -> None:
    """A layer that isn't there is answered with those that are, before anything is computed."""
    net = networks[name]
    with pytest.raises(ValueError, match=rf"no layer 'block99'.* {net.layers[-1]}"):
        net.features(torch.rand(1, 3, 32, 32), [net.layers[0], "block99"])


def test_googlenet_is_the_published_one(random_weights: RandomWeights) -> None:
    """Every layer and the logits are those of torchvision's own module, at odd sizes too."""
    published, net = Published(), googlenet(random_weights, "cpu")
    size = sum(p.numel() for k, p in published.named_parameters() if not k.startswith("aux"))
    assert 6_624_904 == size, "torchvision's own count"
    for shape in ((2, 3, 75, 50), (1, 3, 15, 15)):
        x = noise(*shape)
        expected, found = published.run(x), net.features(x, net.layers)
        for layer in net.layers:
            torch.testing.assert_close(found[layer], expected[layer], atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(net.logits(x), expected["fc"], atol=1e-3, rtol=1e-3)


def test_vgg19_is_the_published_one(random_weights: RandomWeights) -> None:
    """Every layer and the logits are what the state dict says."""
    state, net = torch.load(random_weights.path("vgg19")), vgg19(random_weights, "cpu")
    x = noise(1, 3, 64, 32)
    found, logits = net.features(x, net.layers), net.logits(x)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    x = (x - mean) / std
    for layer, at, before in zip(net.layers, VGG19_PLACES, (-2, *VGG19_PLACES), strict=False):
        if at - before == 3:
            x = functional.max_pool2d(x, 2)
        weight, bias = state[f"features.{at}.weight"], state[f"features.{at}.bias"]
        x = functional.conv2d(x, weight, bias, padding=1).relu()
        torch.testing.assert_close(found[layer], x)
    assert ("relu1_1", "relu3_4", "relu5_4") == (net.layers[0], net.layers[7], net.layers[-1])
    x = functional.adaptive_avg_pool2d(functional.max_pool2d(x, 2), 7).flatten(1)
    for at in (0, 3, 6):
        x = functional.linear(x, state[f"classifier.{at}.weight"], state[f"classifier.{at}.bias"])
        x = x if at == 6 else x.relu()
    torch.testing.assert_close(logits, x)


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "as before torch 1.6"])
@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "a layer less", "no tensors"])
@pytest.mark.parametrize("name", ["vgg19", "googlenet"])
def test_a_wrong_weights_file_is_one_sentence(
    tmp_path: Path, name: str, damage: str, legacy: bool
) -> None:
    """Whatever is wrong with the file, the error names the file and not torch's troubles."""
    file = tmp_path / "some.pth"
    state = {
        f"{part}.weight": torch.zeros(64, 3, size, size)
        for part, size in (("features.0", 3), ("conv1.conv", 7))
    }
    odd = {"a layer less": state, "no tensors": dict.fromkeys(state, 1)}.get(damage, state)
    torch.save(odd, file, _use_new_zipfile_serialization=not legacy)
    content = file.read_bytes()
    if damage == "truncated":
        file.write_bytes(content[:-1000])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "text":
        file.write_text("<html>not found</html>")
    with pytest.raises(WeightsMissing) as caught:
        {"vgg19": VGG19, "googlenet": GoogLeNet}[name](str(file))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
