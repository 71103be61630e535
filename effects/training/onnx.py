"""A network written as a file of ONNX."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from effects.errors import UserError

__all__ = ["write_onnx"]


def write_onnx(
    net: nn.Module, example: Mapping[str, Tensor], outputs: Sequence[str], path: Path
) -> None:
    """Write a network of pictures, rows and numbers, free in batch and in the pictures' sizes;
    the first output is a picture, the others are rows. Raises `UserError`.
    """
    if find_spec("onnx") is None:
        raise UserError("writing ONNX needs the package onnx: pip install onnx")
    free = {name: _free(name, value.dim()) for name, value in example.items()}
    free |= {name: _free(name, 2) for name in outputs} | {outputs[0]: _free(outputs[0], 4)}
    with warnings.catch_warnings():
        # torch recommends its newer exporter: half a minute for the same graph, and one more
        # package. And what of a shape the graph holds fast is meant to be.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net.eval(),
            tuple(example.values()),
            str(path),
            input_names=list(example),
            output_names=list(outputs),
            dynamic_axes={name: axes for name, axes in free.items() if axes},
            opset_version=17,
            # ONNX Runtime folds when it loads; so that every weight can be found by its name.
            do_constant_folding=False,
            dynamo=False,
        )


def _free(name: str, dimensions: int) -> dict[int, str]:
    batch = {0: "n"} if dimensions else {}
    return {**batch, 2: f"{name}_height", 3: f"{name}_width"} if dimensions == 4 else batch
