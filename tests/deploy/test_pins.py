"""The check that every package that is needed has its exact version in deploy/constraints.txt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from deploy.pins import faults, needed, read_pins
from tests.deploy.settings import ROOT

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a package's metadata where Python looks."""
    monkeypatch.syspath_prepend(tmp_path)

    def put(name: str, version: str, *requires: str) -> None:
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        lines = [f"Name: {name}", f"Version: {version}", "Provides-Extra: more"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        (folder / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")

    return put


def test_ways(install: Install) -> None:
    """What is needed leads over extras and markers, in a circle too, and to what is not there."""
    install(
        "House", "1", "door>=1; extra == 'more'", "window[more]", "roof; sys_platform == 'mars'"
    )
    install("door", "1.5", "house", "hinge")
    install("window", "2", "glass; extra == 'more'", "curtain; extra == 'less'")
    install("glass", "3")
    expected = {"house": "1", "door": "1.5", "hinge": "", "window": "2", "glass": "3"}
    assert expected == needed("house", frozenset({"more"}))
    assert {"house", "window", "glass"} == {*needed("house", frozenset())}


def test_faults() -> None:
    """A package without a version, and one of another; a local build of the same is the same."""
    pins = {"same": Version("1.0"), "built": Version("2.1"), "other": Version("3")}
    installed = {"same": "1.0", "built": "2.1+cpu", "other": "3.1", "new": "1", "away": ""}
    assert [
        "away is needed, and deploy/constraints.txt has no version of it",
        "new is needed, and deploy/constraints.txt has no version of it",
        "other 3.1 is installed, 3 is in deploy/constraints.txt",
    ] == list(faults(pins, installed))


@pytest.mark.parametrize("line", ["a>=1", "a", "a==1 # so", "b==1", "B==2", "-r more.txt"])
def test_no_pin(line: str) -> None:
    """Only exact versions, each once."""
    with pytest.raises(ValueError, match=r"constraints\.txt"):
        read_pins(f"# head\nb==1.0\n{line}\n")


def test_ours() -> None:
    """Every line of the file is an exact pin."""
    lines = (ROOT / "deploy/constraints.txt").read_text("utf-8").splitlines()
    assert len(lines) - 1 == len(read_pins("\n".join(lines)))
