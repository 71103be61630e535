"""`python -m effects.colorize.export CHECKPOINT FOLDER`: from training to what is shipped."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # without types
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from effects.colorize.bins import BINS
from effects.colorize.network import HINT_STRIDE, STEP, ColorNetwork
from effects.colorize.train.training import load_trained
from effects.commandline import Parser, finish
from effects.errors import EffectError, UserError
from effects.training.onnx import write_onnx

__all__ = ["INPUTS", "MOST", "export", "parity", "weights_of"]

INPUTS = ("grey", "hints", "adjust", "sharpness")
# Largest difference of chroma between torch and ONNX Runtime, of 100.
MOST = 1e-3
SCALE = 100
# Weights in half precision: half the file. Smaller ones stay as they are.
FEWEST = 1000
OWNER, HALF = "net.", ".half"


def main(argv: Sequence[str] | None = None) -> int:
    """Write colorize.onnx and, with how often each colour is met, colorize.npz."""
    parser = Parser(prog="python -m effects.colorize.export", description=main.__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("folder", type=Path, metavar="FOLDER")

    def run() -> None:
        arguments = parser.parse_args(argv)
        if not arguments.folder.is_dir():
            raise UserError(f"{arguments.folder} is not a folder")
        trained = load_trained(arguments.checkpoint)
        target = arguments.folder / "colorize.onnx"
        export(trained.net, target)
        error = parity(trained.net, target)
        if not error < MOST:
            raise EffectError(f"{target} differs from the network by {error:.2g}")
        np.savez(target.with_suffix(".npz"), prior=trained.prior)
        print(f"{target}: {target.stat().st_size / 2**20:.1f} MB, error {error:.1g}")

    return finish(run)


class Shipped(nn.Module):
    """The network and what follows it: chroma N×2×H/4×W/4, a* / 100 and b* / 100.

    The picture is also looked at in a mirror, and the scores of both are averaged.
    """

    bins: Tensor

    def __init__(self, net: ColorNetwork) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("bins", torch.from_numpy(BINS.T / SCALE)[:, :, None, None])

    def forward(self, grey: Tensor, hints: Tensor, adjust: Tensor, sharpness: Tensor) -> Tensor:
        """`adjust` N×bins is added to the scores, `sharpness` N multiplies them then."""
        mirrored = self.net(grey.flip(3), hints.flip(3)).flip(3)
        scores = (self.net(grey, hints) + mirrored) / 2 + adjust[:, :, None, None]
        scores = scores * sharpness[:, None, None, None]
        return functional.conv2d(torch.softmax(scores, 1), self.bins)


def export(net: ColorNetwork, path: Path) -> None:
    """Write the network, its larger weights in half precision; `net` gets the same weights.

    Inputs and output are those of `Shipped`; N, H and W are free, H and W multiples of
    `network.STEP`. Raises `UserError`.
    """
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.numel() > FEWEST:
                parameter.copy_(parameter.half())
    # The trunk's own works in place, and ONNX doesn't know it.
    rectifier, net.trunk.rectifier = net.trunk.rectifier, functional.relu6
    try:
        values = _example(2, 2 * STEP, 3 * STEP)
        write_onnx(Shipped(net), dict(zip(INPUTS, values, strict=True)), ["chroma"], path)
    finally:
        net.trunk.rectifier = rectifier
    model = onnx.load(path)
    _halve(model.graph)
    onnx.save(model, path)


def parity(net: ColorNetwork, path: Path) -> float:
    """Largest difference between the chroma of the network and of its file, over sizes."""
    import onnxruntime  # type: ignore[import-untyped]  # published without types

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    shipped, worst = Shipped(net).eval(), 0.0
    for count, height, width in ((1, 1, 1), (2, 3, 2), (1, 2, 5)):
        values = _example(count, height * STEP, width * STEP)
        with torch.no_grad():
            ours = shipped(*values).numpy()
        feed = {name: value.numpy() for name, value in zip(INPUTS, values, strict=True)}
        (theirs,) = session.run(None, feed)
        worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst


def weights_of(path: Path) -> dict[str, Tensor]:
    """The weights of a network's file by the names that `ColorNetwork` has for them.

    Raises `UserError`.
    """
    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError) as error:
        raise UserError(f"{path} can't be read as ONNX") from error
    weights = {
        weight.name.removeprefix(OWNER).removesuffix(HALF): torch.from_numpy(
            numpy_helper.to_array(weight).astype(np.float32)
        )
        for weight in graph.initializer
        if weight.name.startswith(OWNER)
    }
    if not weights:
        raise UserError(f"{path} is of another network")
    return weights


def _halve(graph: onnx.GraphProto) -> None:
    """Keep large weights in half precision, made whole when the file is loaded."""
    casts = []
    for weight in graph.initializer:
        if weight.data_type == TensorProto.FLOAT and np.prod(weight.dims) > FEWEST:
            name, half = weight.name, weight.name + HALF
            values = numpy_helper.to_array(weight).astype(np.float16)
            weight.CopyFrom(numpy_helper.from_array(values, half))
            casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)


def _example(count: int, height: int, width: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(count)

    def rand(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    hints = rand(count, 3, height // HINT_STRIDE, width // HINT_STRIDE)
    return rand(count, 1, height, width), hints, rand(count, len(BINS)), 1 + rand(count)


if __name__ == "__main__":
    sys.exit(main())
