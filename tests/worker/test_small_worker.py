"""Without torch and all that comes with it, fast styles are served; the rest says why it is not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.worker.runtime_kit import ROOT
from worker.config import WorkerOptions
from worker.runtime.device import Device, News
from worker.runtime.messages import Part, Result

MISSING = ("torch", "onnx", "skimage", "efficientnet_lite_pytorch")


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New interpreters find none of the packages of the extra `models`."""
    for name in MISSING:
        text = f"raise ModuleNotFoundError('No module named {name}', name={name!r})"
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))


@pytest.fixture
def photo() -> bytes:
    """A JPEG."""
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "JPEG")
    return file.getvalue()


async def test_a_worker(photo: bytes) -> None:
    """Its child loads, paints, and tells of each other effect what to install."""
    device = Device(WorkerOptions(effects=("gatys", "recognize", "style")))
    heard: list[News] = []
    await device.start()
    try:
        await device.run("style", [Part(1, 1, {"size": 64}, (photo,))], heard.append)
    finally:
        await device.kill()
    assert ("cpu", ("style",)) == (device.name, device.effects)
    assert {"gatys", "recognize"} == set(device.down)
    for name, why in device.down.items():
        needed = "needs the package 'torch', which is not installed; pip install 'atelier[worker]'"
        assert why.startswith(f"{name} {needed}")
    (result,) = [each for each in heard if isinstance(each, Result)]
    ((type_, content),) = result.media
    assert ("image/jpeg", (64, 64)) == (type_, Image.open(io.BytesIO(content)).size)


def test_the_shell(photo: bytes, tmp_path: Path) -> None:
    """`python -m effects run style` paints a file."""
    (tmp_path / "cat.jpg").write_bytes(photo)
    done = subprocess.run(
        [sys.executable, "-m", "effects", "run", "style", "cat.jpg", "size=64", "-o", "out.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (0, "wrote out.png\n") == (done.returncode, done.stderr)
    assert (64, 64) == Image.open(tmp_path / "out.png").size


def test_without_onnxruntime(photo: bytes, tmp_path: Path) -> None:
    """The person is told the smallest thing to install."""
    (tmp_path / "onnxruntime.py").write_text("raise ModuleNotFoundError(name='onnxruntime')")
    (tmp_path / "cat.jpg").write_bytes(photo)
    done = subprocess.run(
        [sys.executable, "-m", "effects", "run", "style", "cat.jpg"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert 1 == done.returncode
    (line,) = done.stderr.splitlines()
    assert line.endswith("pip install 'atelier[worker-small]' brings it")
