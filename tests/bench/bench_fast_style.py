"""Fast style: the bare network against the classic one, both with random weights."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from effects.fast_style.export import INPUTS, write_onnx
from effects.fast_style.network import StyleNetwork
from tests.bench.johnson import johnson

SIDE, ROUNDS, BATCH = 512, 5, 8

Feed = Mapping[str, npt.NDArray[np.float32]]


def main() -> None:
    """Print all figures; the networks take turns, so that both see the same machine."""
    if find_spec("onnx") is None:
        print("  skipped: pip install onnx")
        return
    torch.manual_seed(0)
    net = StyleNetwork()
    photo = torch.rand(1, 3, SIDE, SIDE)
    vectors = torch.rand(2, 1, net.channels)
    example = dict(zip(INPUTS, (photo, *vectors), strict=True))
    with tempfile.TemporaryDirectory(prefix="atelier-") as name:
        ours, classic = Path(name, "ours.onnx"), Path(name, "classic.onnx")
        write_onnx(net, example, ours)
        write_onnx(johnson(), {"photo": photo}, classic)
        size = ours.stat().st_size / 2**20
        single = {key: value.numpy() for key, value in example.items()}
        many = {key: value.repeat(BATCH, 0) for key, value in single.items()}
        session = _session(ours)
        took = _take_turns(
            [(_session(classic), {"photo": photo.numpy()}), (session, single), (session, many)]
        )
    parameters = sum(each.numel() for each in net.parameters()) / 1e6
    print(f"ONNX Runtime fp32 on the CPU, {SIDE}×{SIDE}, median of {ROUNDS}")
    print(f"  {took[0] * 1e3:.0f} ms Johnson et al., 32-64-128, five residual blocks")
    print(
        f"  {took[1] * 1e3:.0f} ms ours, {parameters:.2f} M parameters, {size:.1f} MB:"
        f" {took[0] / took[1]:.1f}× faster (5 wanted)"
    )
    print(
        f"  {took[2] / BATCH * 1e3:.0f} ms a picture in batches of {BATCH}:"
        f" {took[1] * BATCH / took[2]:.2f} of the pictures a second of singles (0.9 wanted)"
    )


def _session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _take_turns(runs: list[tuple[Any, Feed]]) -> list[float]:
    """Median seconds of each session, after one round that is not counted."""
    times: list[list[float]] = []
    for _ in range(ROUNDS + 1):
        times.append([])
        for session, feed in runs:
            begin = time.perf_counter()
            session.run(None, feed)
            times[-1].append(time.perf_counter() - begin)
    return [float(each) for each in np.median(times[1:], axis=0)]
