"""Which network and which layer each method takes unless told; light, for the spec."""

from __future__ import annotations

__all__ = ["backbone_of", "layer_of"]

_LAYERS = {
    "lite0": {
        "deconvnet": "block8.expand",
        "features": "block8",
        "gradient": "block10",
        "reconstruct": "block7",
    },
    "vgg19": {
        "deconvnet": "relu4_2",
        "features": "relu4_2",
        "gradient": "relu4_2",
        "reconstruct": "relu3_2",
    },
    "googlenet": {
        "deconvnet": "inception4a",
        "features": "inception4c",
        "gradient": "inception4c",
        "reconstruct": "inception3b",
    },
}


def backbone_of(method: str, asked: str) -> str:
    """The network asked for; with "auto" Lite0, and for a deconvnet VGG-19, which pools."""
    if asked != "auto":
        return asked
    return "vgg19" if method == "deconvnet" else "lite0"


def layer_of(method: str, backbone: str, asked: str) -> str:
    """The layer asked for, else the one that suits; "" where the method needs none."""
    return asked or _LAYERS[backbone].get(method, "")
