"""Weights are found in their package or in a folder; otherwise it is said how to get them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from effects.errors import WeightsMissing
from effects.weights import MANIFEST, Entry, WeightsStore


@pytest.mark.parametrize("name", ["efficientnet_lite0", "fast_style"])
def test_carried_by_a_package(name: str, tmp_path: Path) -> None:
    """These need no folder: a package carries the very file of the manifest."""
    path = Path(WeightsStore(tmp_path).path(name))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest.startswith(MANIFEST[name].sha256)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """Which file, where it should be, and where it is published."""
    with pytest.raises(WeightsMissing, match=r"vgg19-dcbb9e9d.pth .*get it from http") as caught:
        WeightsStore(tmp_path).path("vgg19")
    assert str(tmp_path) in str(caught.value)


def test_folder_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ATELIER_WEIGHTS_DIR says where the folder is, and a file there is found and checked."""
    content = b"numbers"
    entry = Entry("some.pth", hashlib.sha256(content).hexdigest()[:8], 1, "MIT", "nowhere")
    monkeypatch.setitem(MANIFEST, "some", entry)
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(tmp_path))
    (tmp_path / "some.pth").write_bytes(content)
    assert str(tmp_path / "some.pth") == WeightsStore().path("some")
    (tmp_path / "some.pth").write_bytes(content[:-1])
    with pytest.raises(WeightsMissing, match="damaged"):
        WeightsStore().path("some")


def test_unknown_weights() -> None:
    """A name that is not in the manifest is answered with those that are."""
    with pytest.raises(WeightsMissing, match="efficientnet_lite0, fast_style, googlenet, vgg19"):
        WeightsStore().path("vgg91")
