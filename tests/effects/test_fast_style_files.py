"""What fast styles are kept in: the network's file, and files of single styles."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch

from effects.errors import BadFilter, WeightsMissing
from effects.fast_style.export import export, fingerprint
from effects.fast_style.network import StyleNetwork
from effects.fast_style.restore import restore
from effects.fast_style.vectors import pack, unpack

GAMMA, BETA = np.random.default_rng(1).normal(0, 1, (2, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def net() -> StyleNetwork:
    """A small network with random weights."""
    torch.manual_seed(3)
    return StyleNetwork(fine=8, coarse=12, half=6, blocks=(1, 2, 0)).eval()


def test_the_network_comes_back(net: StyleNetwork, tmp_path: Path) -> None:
    """What is read of the file is the network that was written, of any shape."""
    export(net, tmp_path / "styles.onnx")
    restored = restore(tmp_path / "styles.onnx")
    assert fingerprint(net) == fingerprint(restored)
    photo, vectors = torch.rand(1, 3, 64, 56), torch.rand(2, 1, net.channels)
    with torch.no_grad():
        torch.testing.assert_close(net(photo, *vectors), restored(photo, *vectors))


def test_networks_are_told_apart(net: StyleNetwork) -> None:
    """One number changed makes another network."""
    before = fingerprint(net)
    with torch.no_grad():
        net.paint.bias[0] += 1e-6
        changed = fingerprint(net)
        net.paint.bias[0] -= 1e-6
    assert before != changed


@pytest.mark.parametrize("kept", [0, 2000, None], ids=["empty", "cut", "nonsense"])
def test_a_damaged_network_is_named(net: StyleNetwork, tmp_path: Path, kept: int | None) -> None:
    """A file that holds no network is named in one sentence."""
    path = tmp_path / "styles.onnx"
    export(net, path)
    path.write_bytes(b"no network" * 9 if kept is None else path.read_bytes()[:kept])
    with pytest.raises(WeightsMissing, match=r"styles\.onnx is damaged"):
        restore(path)


def test_vectors_come_back() -> None:
    """γ and β are what they were, in a few kilobytes."""
    content = pack("net", GAMMA, BETA)
    assert len(content) < 2000
    for ours, theirs in zip((GAMMA, BETA), unpack(content, "mine", "net", 12), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_vectors_of_another_network_are_refused() -> None:
    """The person hears which filter it is, and what to do."""
    with pytest.raises(BadFilter, match=r"'mine' .* earlier network.* anew") as caught:
        unpack(pack("old", GAMMA, BETA), "mine", "new", 12)
    assert {"name": "mine", "reason": "network"} == caught.value.details


def npz(**arrays: object) -> bytes:
    """An .npz."""
    file = io.BytesIO()
    np.savez(file, **{key: np.asarray(value) for key, value in arrays.items()})
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        pack("net", GAMMA, BETA)[:300],
        pack("net", GAMMA[:5], BETA[:5]),
        pack("net", GAMMA * np.nan, BETA),
        npz(network="net", gamma=GAMMA),
        npz(network="net", gamma=GAMMA, beta=["a"] * 12),
    ],
    ids=["empty", "nonsense", "cut", "short", "nan", "half", "words"],
)
def test_damaged_vectors_are_refused(content: bytes) -> None:
    """Whatever is wrong with the file, one sentence."""
    with pytest.raises(BadFilter, match="'mine' is damaged"):
        unpack(content, "mine", "net", 12)
