"""The network of a shipped styles.onnx, in torch again."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # without types
from onnx import numpy_helper

from effects.errors import WeightsMissing
from effects.fast_style.network import StyleNetwork

__all__ = ["restore"]


def restore(path: Path) -> StyleNetwork:
    """Read what `export` wrote. Raises `WeightsMissing`."""
    try:
        initializers = onnx.load(path).graph.initializer
        state = {
            each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in initializers
        }
        before, deep, after = (
            sum(name.startswith(f"{place}.") and name.endswith(".first.weight") for name in state)
            for place in ("before", "deep", "after")
        )
        net = StyleNetwork(
            fine=len(state["shrink.weight"]),
            coarse=len(state["down.weight"]),
            half=len(state["grow.weight"]),
            blocks=(before, deep, after),
        )
        net.load_state_dict(state)
    except (OSError, DecodeError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsMissing(f"{path} is damaged or no network", path=str(path)) from error
    return net.eval()
