"""Weights are found in their package or in a folder; otherwise it is said how to get them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from effects.__main__ import main
from effects.errors import WeightsMissing
from effects.weights import MANIFEST, Entry, WeightsStore
from effects.weights.pull import part_of


@pytest.mark.parametrize("name", ["colorize", "efficientnet_lite0", "fast_style"])
def test_carried_by_a_package(name: str, tmp_path: Path) -> None:
    """These need no folder: a package carries the very file of the manifest."""
    path = Path(WeightsStore(tmp_path).path(name))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest.startswith(MANIFEST[name].sha256)


def test_missing_file_is_named(tmp_path: Path) -> None:
    """Which file, where it should be, and what brings it."""
    with pytest.raises(WeightsMissing, match=r"vgg19-dcbb9e9d.pth .*weights pull vgg19") as caught:
        WeightsStore(tmp_path).path("vgg19")
    assert str(tmp_path) in str(caught.value)


def test_folder_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ATELIER_WEIGHTS_DIR says where the folder is, and a file there is found and checked."""
    path = keep(monkeypatch, tmp_path, b"numbers")
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(tmp_path))
    assert str(path) == WeightsStore().path("some")
    path.write_bytes(b"number")
    with pytest.raises(WeightsMissing, match="damaged"):
        WeightsStore().path("some")


def test_unknown_weights() -> None:
    """A name that is not in the manifest is answered with those that are."""
    with pytest.raises(
        WeightsMissing, match="efficientnet_lite0, fast_style, googlenet, ssdlite, vgg19"
    ):
        WeightsStore().path("vgg91")


def test_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file found good is not read again until it changes; `verify` reads it all the same."""
    path = keep(monkeypatch, tmp_path, b"numbers")
    store = WeightsStore(tmp_path)
    store.path("some")
    status = path.stat()
    # Damage that leaves size and time as they were, which no program does.
    path.write_bytes(b"Numbers")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert str(path) == store.path("some")
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(tmp_path))
    assert 1 == main(["weights", "verify", "some"])
    os.utime(path, ns=(0, 0))
    with pytest.raises(WeightsMissing, match="damaged"):
        store.path("some")


def test_a_folder_that_cant_be_written_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be remembered, the file is read each time."""
    path = keep(monkeypatch, tmp_path, b"numbers")
    (tmp_path / f".{path.name}.checked").mkdir()
    for _ in range(2):
        assert str(path) == WeightsStore(tmp_path).path("some")


def test_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Name, size and licence; where it lies, how much of it, or what brings it."""
    path = keep(monkeypatch, tmp_path, b"numbers")
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(tmp_path))
    part_of(tmp_path / MANIFEST["googlenet"].file).write_bytes(bytes(3 << 20))
    assert 0 == main(["weights", "list"])
    shown = capsys.readouterr().out.splitlines()
    lines = {line.split()[0]: line for line in shown}
    assert set(MANIFEST) == set(lines)
    assert str(path) in lines["some"]
    assert "548 MB  BSD-3-Clause  not here; python -m effects weights pull vgg19" in lines["vgg19"]
    assert "3 MB of it here; python -m effects weights pull googlenet" in lines["googlenet"]


def test_verify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Good weights and missing ones are in order; damaged ones, or missing ones named, are not."""
    path = keep(monkeypatch, tmp_path, b"numbers")
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(tmp_path))
    assert 0 == main(["weights", "verify"])
    assert f"some: good: {path}\n" in capsys.readouterr().out
    assert 1 == main(["weights", "verify", "vgg19"])
    assert "vgg19: not here" in capsys.readouterr().err
    path.write_bytes(b"number")
    assert 1 == main(["weights", "verify"])
    shown = capsys.readouterr()
    assert f"some: {path} is damaged; `python -m effects weights pull some` brings it" in shown.err
    assert "error: not in order: some\n" in shown.err
    assert "fast_style: good" in shown.out


def test_pull(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environment says where from and whether; one failure does not keep back the others."""
    (tmp_path / "a mirror").mkdir()
    path = keep(monkeypatch, tmp_path / "a mirror", bytes(20 << 20))
    home = tmp_path / "home"
    monkeypatch.setenv("ATELIER_WEIGHTS_DIR", str(home))
    monkeypatch.setenv("ATELIER_WEIGHTS_MIRRORS", f"{tmp_path / 'none'}, {path.parent}")
    monkeypatch.setenv("ATELIER_OFFLINE", "1")
    assert 1 == main(["weights", "pull", "vgg19", "some", "fast_style"])
    shown = capsys.readouterr()
    assert f"some: {home / path.name}\n" in shown.out
    carried = Path(WeightsStore().path("fast_style"))
    assert f"fast_style: {carried}\n" in shown.out
    assert [] == list(carried.parent.glob(".*"))
    assert "vgg19: ATELIER_OFFLINE is set" in shown.err
    assert "some: 18 of 20 MB\n" in shown.err
    assert shown.err.endswith("error: not in order: vgg19\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [(["pull", "vgg91"], "there are colorize"), (["pull"], "NAME"), ([], "COMMAND")],
)
def test_wrong_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and one line."""
    with pytest.raises(SystemExit) as caught:
        main(["weights", *words])
    shown = capsys.readouterr().err
    assert 2 == caught.value.code
    assert said in shown
    assert 1 == shown.count("\n")


def keep(monkeypatch: pytest.MonkeyPatch, folder: Path, content: bytes) -> Path:
    """Put a file into a folder and its entry, `some`, into the manifest."""
    digest = hashlib.sha256(content).hexdigest()
    entry = Entry("some.pth", digest, 20, "MIT", "nobody", url="http://127.0.0.1:1/some.pth")
    monkeypatch.setitem(MANIFEST, "some", entry)
    path = folder / "some.pth"
    path.write_bytes(content)
    return path
