"""Training of the network of colours by its command, on a few small pictures; and its file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from effects.colorize.bins import BINS, share
from effects.colorize.export import main as export_main
from effects.colorize.export import weights_of
from effects.colorize.lab import to_lab
from effects.colorize.train.__main__ import main
from effects.errors import UserError
from effects.training.photos import Photos
from tests.effects.killed import kill_while_saving

STEPS = 4


def painting(seed: int, side: int = 72) -> Image.Image:
    """Coloured waves, other ones for each seed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:side, 0:side]
    fields = [np.sin(x * a + y * b + c) for a, b, c in random.uniform(-0.2, 0.2, (3, 3))]
    return Image.fromarray(((np.stack(fields, -1) + 1) * 127).astype(np.uint8))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/ with a grey one among them, and photos.tsv."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "photos").mkdir()
    rows = ["file\tsplit\tsource_repo"]
    for n in range(5):
        picture = painting(n)
        (picture.convert("L") if n == 2 else picture).save(folder / "photos" / f"p{n}.png")
        rows.append(f"p{n}.png\t{('train', 'train', 'train', 'validation', 'test')[n]}\tsource")
    (folder / "photos.tsv").write_text("\n".join(rows))
    return folder


def command(data: Path, out: Path, **changed: Any) -> list[str]:
    """The arguments of a short training; `changed` replaces some or adds others."""
    values = {
        "photos": data / "photos",
        "splits": data / "photos.tsv",
        "out": out,
        "steps": STEPS,
        "batch": 1,
        "crop": 64,
        **changed,
    }
    return [
        word for key, value in values.items() for word in (f"--{key.replace('_', '-')}", str(value))
    ]


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing disturbed."""
    out = tmp_path_factory.mktemp("trained")
    assert 0 == main(command(data, out))
    return out


def test_what_a_training_leaves(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of what validation said, a sheet, and a checkpoint to export, which agrees."""
    header, row = (trained / "validation.tsv").read_text().splitlines()
    assert ["step", "minutes", "entropy", "gain_db"] == header.split("\t")
    assert str(STEPS) == row.split("\t")[0]
    assert (trained / f"sheet-{STEPS:07d}.jpg").exists()
    assert 0 == export_main([str(trained / "checkpoint.pt"), str(trained)])
    assert "error" in capsys.readouterr().out
    assert (trained / "colorize.onnx").stat().st_size < 12 * 2**20
    with np.load(trained / "colorize.npz") as file:
        assert len(BINS) == len(file["prior"])


def test_a_start_from_a_file(data: Path, trained: Path, tmp_path: Path) -> None:
    """With --start a training begins where an exported network stood: validation says the same of
    both; and no step changes the weights below those that are trained.
    """
    shutil.copy(trained / "checkpoint.pt", tmp_path)
    assert 0 == export_main([str(tmp_path / "checkpoint.pt"), str(tmp_path)])
    out = tmp_path / "out"
    assert 0 == main(command(data, out, start=tmp_path / "colorize.onnx", steps=1))
    rows = [
        [float(word) for word in (folder / "validation.tsv").read_text().splitlines()[1].split()]
        for folder in (trained, out)
    ]
    assert 0 == rows[1][0]
    assert rows[0][2:] == pytest.approx(rows[1][2:], rel=1e-3)
    ours, theirs = weights_of(tmp_path / "colorize.onnx"), torch.load(out / "checkpoint.pt")["net"]
    torch.testing.assert_close(ours["trunk.stem.weight"], theirs["trunk.stem.weight"])
    assert not torch.equal(ours["scores.weight"], theirs["scores.weight"])


def test_a_killed_training_goes_on(data: Path, trained: Path, tmp_path: Path) -> None:
    """After kill -9 the same command ends where an undisturbed training ends."""
    checkpoint = tmp_path / "checkpoint.pt"
    kill_while_saving("effects.colorize.train.__main__", command(data, tmp_path, save_every=0))
    assert 2 == torch.load(checkpoint)["step"]
    assert 0 == main(command(data, tmp_path))
    ours, theirs = torch.load(checkpoint), torch.load(trained / "checkpoint.pt")
    assert STEPS == ours["step"]
    for part in ("net", "smooth"):
        torch.testing.assert_close(ours[part], theirs[part], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"crop": 96}, "crop 64, not crop 96"),
        ({"crop": 100}, "a multiple of 32"),
        ({"photos": "nowhere"}, "nowhere: no such file"),
        ({"start": "effects/fast_style/models/styles.onnx"}, "of another network"),
        ({"start": "pyproject.toml"}, "can't be read as ONNX"),
    ],
    ids=["plan", "crop", "photos", "network", "file"],
)
def test_bad_arguments(
    changed: dict[str, Any],
    words: str,
    data: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is wrong is said in one sentence; a checkpoint of another plan is not gone on with."""
    out = tmp_path if "start" in changed else trained
    try:
        status: int | str | None = main(command(data, out, **changed))
    except SystemExit as ending:
        status = ending.code
    assert 2 == status
    assert words in capsys.readouterr().err


def test_grey_photographs_teach_nothing(data: Path) -> None:
    """A photograph without colour is left out; from those alone there is nothing to learn."""
    photos = Photos.read([data / "photos"], [data / "photos.tsv"])
    assert 3 == len(photos)
    coloured = photos.decoded(lambda photo: np.ptp(np.asarray(photo), -1).max() > 0)
    assert 2 == len(coloured)
    with pytest.raises(UserError, match="none of the photographs"):
        photos.decoded(lambda photo: False)


def test_a_colour_is_the_mean_of_its_bins() -> None:
    """The shares of the four bins around a colour add up to 1 and their mean is the colour."""
    random = np.random.default_rng(0)
    chroma = to_lab(random.integers(0, 256, (1000, 3)).astype(np.uint8))[:, 1:]
    numbers, shares = share(chroma)
    np.testing.assert_allclose(1, shares.sum(-1), atol=1e-5)
    np.testing.assert_allclose(chroma, (shares[..., None] * BINS[numbers]).sum(1), atol=0.02)
