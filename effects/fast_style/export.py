"""`python -m effects.fast_style.export CHECKPOINT FOLDER`: from training to what is shipped."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from effects.commandline import Parser, finish
from effects.errors import EffectError, UserError
from effects.fast_style.modes import STEP, Mode
from effects.fast_style.names import ARTWORKS
from effects.fast_style.network import StyleNetwork
from effects.fast_style.pieces import PieceNetwork
from effects.fast_style.styles import Styles
from effects.fast_style.train.training import load_trained
from effects.training.onnx import write_onnx

__all__ = ["INPUTS", "MOST", "export", "fingerprint", "parity"]

INPUTS = ("photo", "gamma", "beta", "mode")
OUTPUTS = ("painting", "scale", "shift")
# Largest difference between torch and ONNX Runtime, of 1.
MOST = 1e-3


def main(argv: Sequence[str] | None = None) -> int:
    """Write styles.onnx and, with the names and vectors of the styles, styles.npz."""
    parser = Parser(prog="python -m effects.fast_style.export", description=main.__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--without", nargs="+", default=[], metavar="NAME", help="artworks to leave out"
    )

    def run() -> None:
        arguments = parser.parse_args(argv)
        if not arguments.folder.is_dir():
            raise UserError(f"{arguments.folder} is not a folder")
        net, names, gamma, beta = load_trained(arguments.checkpoint)
        target = arguments.folder / "styles.onnx"
        export(net, target)
        error = parity(net, target)
        if not error < MOST:
            raise EffectError(f"{target} differs from the network by {error:.2g}")
        if unknown := sorted(set(arguments.without) - set(names)):
            raise UserError(f"--without names {unknown[0]}; there are {', '.join(names)}")
        listed = [*ARTWORKS, *names]
        kept = [n for n, name in enumerate(names) if name not in arguments.without]
        order = sorted(kept, key=lambda n: listed.index(names[n]))
        named = tuple(ARTWORKS.get(names[n], names[n]) for n in order)
        styles = Styles(named, gamma[order].numpy(), beta[order].numpy(), fingerprint(net))
        styles.save(target.with_suffix(".npz"))
        size = target.stat().st_size / 2**20
        print(f"{target}: {len(named)} styles, {size:.1f} MB, error {error:.1g}")

    return finish(run)


def export(net: StyleNetwork, path: Path) -> None:
    """Write the network: photo N×3×H×W, gamma and beta N×channels, and one `Mode`, to painting
    N×3×H×W, and scale and shift N×channels.

    N, H and W are free; H and W must be multiples of `modes.STEP`. Raises `UserError`.
    """
    values = (*_example(net, 2, 8 * STEP, 12 * STEP), torch.tensor(Mode.WHOLE.value))
    write_onnx(PieceNetwork.of(net), dict(zip(INPUTS, values, strict=True)), OUTPUTS, path)


def parity(net: StyleNetwork, path: Path) -> float:
    """Largest difference between what the network paints and what its ONNX file paints, in each
    mode, over sizes and batches.
    """
    import onnxruntime  # type: ignore[import-untyped]  # published without types

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for count, height, width in ((1, 8, 8), (2, 9, 13), (3, 20, 7)):
        values = _example(net, count, height * STEP, width * STEP)
        with torch.no_grad():
            ours = net(*values).numpy()
        photo, *vectors = (value.numpy() for value in values)
        for mode in Mode:
            feed = dict(zip(INPUTS, (photo, *vectors, np.array(mode.value)), strict=True))
            # The scale and shift that MEASURE tells are those that FIXED is given.
            theirs, *vectors = session.run(None, feed)
            worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst


def fingerprint(net: StyleNetwork) -> str:
    """What tells a network from those with other weights: vectors fit one alone."""
    digest = hashlib.sha256()
    for name, value in net.state_dict().items():
        digest.update(f"{name} {tuple(value.shape)} ".encode() + value.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _example(net: StyleNetwork, count: int, height: int, width: int) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(count)
    shapes = ((count, 3, height, width), (count, net.channels), (count, net.channels))
    return tuple(torch.rand(shape, generator=generator) for shape in shapes)


if __name__ == "__main__":
    sys.exit(main())
