"""Fast style: the network against the classic one, the effect against its network, memory; all
with random weights.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from effects.fast_style.export import INPUTS, export, fingerprint
from effects.fast_style.modes import Mode
from effects.fast_style.network import StyleNetwork
from effects.fast_style.styles import Styles
from effects.image import encode
from effects.sessions import open_session
from effects.training.onnx import write_onnx
from tests.bench.fast_style_door import Door
from tests.bench.johnson import johnson

SIDE, ROUNDS, BATCH = 512, 5, 8
SIZES = ((512, 512), (2048, 2048), (6000, 4000))
MOST_MB = 1500


def main() -> None:
    """Print all figures; what is compared takes turns, so that all see the same machine."""
    if find_spec("onnx") is None:
        print("  skipped: pip install onnx")
        return
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory(prefix="atelier-") as name:
        folder = Path(name)
        net = StyleNetwork()
        export(net, folder / "styles.onnx")
        rows = np.random.default_rng(0).normal(1, 0.3, (2, 1, net.channels)).astype(np.float32)
        Styles(("any",), *rows, fingerprint(net)).save(folder / "styles.npz")
        _speed(net, folder)
        _memory(folder)


def _speed(net: StyleNetwork, folder: Path) -> None:
    """The same 512×512 pixels everywhere."""
    photo = torch.rand(1, 3, SIDE, SIDE)
    example = dict(zip(INPUTS, (photo, *torch.rand(2, 1, net.channels)), strict=False))
    write_onnx(net, example, ["painting"], folder / "plain.onnx")
    write_onnx(johnson(), {"photo": photo}, ["painting"], folder / "classic.onnx")
    single = {name: value.numpy() for name, value in example.items()}
    mode = {"mode": np.array(Mode.WHOLE.value)}
    ours, plain, classic = (
        open_session(folder / f"{name}.onnx", "cpu") for name in ("styles", "plain", "classic")
    )
    door, file = Door(folder), encode(_noise(SIDE, SIDE), "image/jpeg")
    took = _take_turns(
        {
            "classic": lambda: classic.run(None, {"photo": single["photo"]}),
            "plain": lambda: plain.run(None, single),
            "ours": lambda: ours.run(["painting"], single | mode),
            "effect": lambda: door.paint([file], SIDE),
            "effects": lambda: door.paint([file] * BATCH, SIDE),
        }
    )
    parameters = sum(each.numel() for each in net.parameters()) / 1e6
    size = (folder / "styles.onnx").stat().st_size / 2**20
    print(f"ONNX Runtime fp32 on the CPU, {SIDE}×{SIDE}, median of {ROUNDS}")
    print(f"  {took['classic'] * 1e3:.0f} ms Johnson et al., 32-64-128, five residual blocks")
    print(
        f"  {took['ours'] * 1e3:.0f} ms ours, {parameters:.2f} M parameters, {size:.1f} MB:"
        f" {took['classic'] / took['ours']:.1f}× faster (5 wanted)"
    )
    print(f"  {took['ours'] / took['plain']:.2f} × the time of a graph that can't do tiles")
    print(
        f"  {took['effect'] / took['ours']:.2f} × ours for the whole effect, file to file"
        " (1.4 wanted)"
    )
    print(
        f"  {took['effect'] * BATCH / took['effects']:.2f} of the pictures a second of singles for"
        f" the whole effect in orders of {BATCH} (0.9 wanted)"
    )


def _memory(folder: Path) -> None:
    """Each size in a process of its own."""
    for width, height in SIZES:
        photo = folder / "photo.jpg"
        photo.write_bytes(encode(_noise(width, height), "image/jpeg"))
        command = [sys.executable, "-m", "tests.bench.fast_style_door"]
        done = subprocess.run(
            [*command, str(folder), str(photo), str(max(width, height))],
            check=True,
            capture_output=True,
            text=True,
        )
        found = json.loads(done.stdout)
        print(
            f"  {found['mb']:.0f} MB peak memory of the whole process at {width}×{height}"
            f" ({MOST_MB} allowed), {found['seconds']:.1f} s file to file"
        )


def _noise(width: int, height: int) -> Image.Image:
    """A photo; what it shows changes no figure."""
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return Image.fromarray(small).resize((width, height))


def _take_turns(runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, after one round that is not counted."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS + 1):
        for name, run in runs.items():
            begin = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begin)
    return {name: float(np.median(each[1:])) for name, each in times.items()}
