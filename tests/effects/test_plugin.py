"""Effects of other people's packages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.effects.odd_pictures import save, scene
from tests.effects.packages import install
from tests.effects.test_shell import command


def test_plugin(plugin_path: Path, tmp_path: Path) -> None:
    """The package of docs/effects.md is listed beside ours, described, and runs."""
    listed = command("list", path=plugin_path)
    names = {line.split()[0] for line in listed.stdout.splitlines()}
    assert {"gatys", "negative", "recognize"} <= names
    described = json.loads(command("describe", "негатив", "--json", path=plugin_path).stdout)
    assert "Сила" == described["params"]["properties"]["strength"]["title_ru"]
    photo, result = tmp_path / "photo.png", tmp_path / "negative.png"
    photo.write_bytes(save(scene(), "PNG"))
    done = command(
        *("run", "negative", str(photo), "-o", str(result), "--device", "cpu"), path=plugin_path
    )
    assert (0, f"wrote {result}\n") == (done.returncode, done.stderr)
    negative = np.asarray(Image.open(result))
    assert np.array_equal(255 - np.asarray(scene()), negative)


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (
            {"one": "SPEC = spec('twin', 'one:X')", "two": "SPEC = spec('twin', 'two:X')"},
            ("package one", "package two", "'twin'", "uninstall one"),
        ),
        (
            {"one": "SPEC = spec('comb', 'one:X', aliases=('gatys',))"},
            ("package one", "package atelier", "'gatys'"),
        ),
        ({"one": "SPEC = spec('Comb', 'one:X')"}, ("package one: effect 'Comb'", "lower-case")),
        ({"one": "SPEC = 'comb'"}, ("package one", "not an EffectSpec")),
        ({"one": "import nowhere"}, ("package one", "No module named 'nowhere'")),
    ],
)
def test_bad_package(packages: dict[str, str], words: tuple[str, ...], tmp_path: Path) -> None:
    """A clash or a broken package stops the start with one line that says whose it is."""
    for package, code in packages.items():
        install(tmp_path, package, code)
    done = command("list", path=tmp_path)
    assert (1, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    for word in words:
        assert word in done.stderr
