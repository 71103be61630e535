"""The large networks with random weights, in files laid out as torchvision publishes them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

VGG19_CONVOLUTIONS = (
    *((3, 64), (64, 64), (64, 128), (128, 128), (128, 256)),
    *[(256, 256)] * 3,
    (256, 512),
    *[(512, 512)] * 7,
)
VGG19_PLACES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
"""Where torchvision's numbered sequence has the convolutions."""
VGG19_CLASSIFIER = {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}


class RandomWeights:
    """Files for `vgg19` and `googlenet`, written on construction."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        torch.save(vgg19_state(), self.path("vgg19"))
        torch.save(Published().state_dict(), self.path("googlenet"))

    def path(self, name: str) -> str:
        return str(self._folder / f"{name}.pth")


def vgg19_state() -> dict[str, Tensor]:
    """Random weights; those of the classifier are views of short vectors, which saves space."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for at, (deep, wide) in zip(VGG19_PLACES, VGG19_CONVOLUTIONS, strict=True):
        weight = torch.randn(wide, deep, 3, 3, generator=generator)
        state[f"features.{at}.weight"] = weight * (2 / (9 * deep)) ** 0.5
        state[f"features.{at}.bias"] = torch.full((wide,), 0.01)
    for at, (wide, deep) in VGG19_CLASSIFIER.items():
        row = torch.randn(wide + deep - 1, generator=generator) * (2 / deep) ** 0.5
        state[f"classifier.{at}.weight"] = row.as_strided((wide, deep), (1, 1))
        state[f"classifier.{at}.bias"] = torch.randn(wide, generator=generator)
    return state


def _conv(deep: int, wide: int, **how: int) -> nn.Module:
    norm = nn.BatchNorm2d(wide, eps=0.001)
    for part in (norm.weight, norm.running_var):
        nn.init.uniform_(part, 0.5, 1.5)
    for part in (norm.bias, norm.running_mean):
        nn.init.normal_(part, std=0.3)
    conv = nn.Conv2d(deep, wide, bias=False, **{"kernel_size": 1, **how})
    nn.init.kaiming_normal_(conv.weight)
    return _Named(conv=conv, bn=norm, relu=nn.ReLU())


class _Named(nn.Sequential):
    """One after the other, under these names."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


class _Inception(nn.Module):
    def __init__(self, deep: int, a: int, b: int, c: int, d: int, e: int, f: int) -> None:
        super().__init__()
        self.branch1 = _conv(deep, a)
        self.branch2 = nn.Sequential(_conv(deep, b), _conv(b, c, kernel_size=3, padding=1))
        self.branch3 = nn.Sequential(_conv(deep, d), _conv(d, e, kernel_size=3, padding=1))
        pool = nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True)
        self.branch4 = nn.Sequential(pool, _conv(deep, f))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x) for part in self.children()], 1)


def _auxiliary(deep: int) -> nn.Module:
    return _Named(conv=_conv(deep, 128), fc1=nn.Linear(2048, 8), fc2=nn.Linear(8, 1000))


class Published(nn.Module):
    """GoogLeNet as torchvision runs it (models/googlenet.py), with `transform_input`."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self._build()
        self.eval()

    def _build(self) -> None:
        def half(side: int) -> nn.Module:
            return nn.MaxPool2d(side, stride=2, ceil_mode=True)

        self.conv1 = _conv(3, 64, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = half(3)
        self.conv2 = _conv(64, 64)
        self.conv3 = _conv(64, 192, kernel_size=3, padding=1)
        self.maxpool2 = half(3)
        self.inception3a = _Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = _Inception(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = half(3)
        self.inception4a = _Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = _Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = _Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = _Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = _Inception(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = half(2)
        self.inception5a = _Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = _Inception(832, 384, 192, 384, 48, 128, 128)
        self.aux1, self.aux2 = _auxiliary(512), _auxiliary(528)
        self.fc = nn.Linear(1024, 1000)

    @torch.no_grad()
    def run(self, x: Tensor) -> dict[str, Tensor]:
        """Every part's activation for pictures in [0, 1], and the logits as `fc`."""
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        x = (x - mean) / std
        x = x * (std / 0.5) + (mean - 0.5) / 0.5
        found = {}
        for name, part in self.named_children():
            if name.startswith("aux"):
                continue
            if name == "fc":
                x = functional.adaptive_avg_pool2d(x, 1).flatten(1)
            x = found[name] = part(x)
        return found
