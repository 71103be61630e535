"""Training of the fast styles by its command, on a few small pictures."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from effects.backbones import efficientnet_lite0
from effects.fast_style.train.__main__ import main
from effects.fast_style.train.teacher import Teacher
from effects.fast_style.train.vgg_slice import VGG19Slice
from effects.pictures import to_tensor
from effects.training.photos import Photos
from effects.weights import WeightsStore
from tests.effects.killed import kill_while_saving

STEPS = 20


def painting(seed: int, width: int = 80, height: int = 64) -> Image.Image:
    """Coloured waves, other ones for each seed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    fields = [np.sin(x * a + y * b + c) for a, b, c in random.uniform(-0.5, 0.5, (3, 3))]
    return Image.fromarray(((np.stack(fields, -1) + 1) * 127).astype(np.uint8))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos.tar, photos.tsv that keeps one of them out, artworks/, samples/ and vgg.npz."""
    folder = tmp_path_factory.mktemp("data")
    rows = ["file\tsplit\tsource_repo"]
    with tarfile.open(folder / "photos.tar", "w") as tar:
        for n in range(5):
            file = io.BytesIO()
            painting(n, 96, 72).save(file, "PNG")
            info = tarfile.TarInfo(f"photos/p{n}.png")
            info.size = file.tell()
            file.seek(0)
            tar.addfile(info, file)
            rows.append(f"p{n}.png\t{'test' if n == 3 else 'train'}\tsource{n % 2}")
    (folder / "photos.tsv").write_text("\n".join(rows))
    (folder / "artworks").mkdir()
    for n, name in enumerate(("night", "sea")):
        painting(10 + n).save(folder / "artworks" / f"{name}.png")
    (folder / "samples").mkdir()
    for n in range(2):
        painting(20 + n).save(folder / "samples" / f"{n}.png")
    widths = {"1_1": (3, 4), "1_2": (4, 4), "2_1": (4, 8), "2_2": (8, 8), "3_1": (8, 8)}
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for name, (channels, filters) in widths.items():
        arrays[f"conv{name}.weight"] = random.normal(0, 0.1, (filters, channels, 3, 3))
        arrays[f"conv{name}.bias"] = random.normal(0, 0.1, filters)
    np.savez(folder / "vgg.npz", **arrays)
    return folder


def command(data: Path, out: Path, **changed: Any) -> list[str]:
    """The arguments of a short training; `changed` replaces some or adds others."""
    values = {
        "photos": data / "photos.tar",
        "splits": data / "photos.tsv",
        "artworks": data / "artworks",
        "out": out,
        "steps": STEPS,
        "batch": 1,
        "crop": 64,
        "style_size": 64,
        "rate": 0.01,
        "samples": data / "samples",
        **changed,
    }
    return [
        word for key, value in values.items() for word in (f"--{key.replace('_', '-')}", str(value))
    ]


def status(arguments: list[str]) -> int | str | None:
    """The exit status of the command."""
    try:
        return main(arguments)
    except SystemExit as ending:
        return ending.code


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing disturbed."""
    out = tmp_path_factory.mktemp("trained")
    assert 0 == main(command(data, out))
    return out


def test_losses_fall(trained: Path) -> None:
    """The second ten steps have a lower loss than the first ten; a sheet shows every style."""
    header, *rows = (line.split("\t") for line in (trained / "losses.tsv").read_text().splitlines())
    assert ["step", "total", "style", "content"] == header
    assert ["10", "20"] == [row[0] for row in rows]
    assert float(rows[1][1]) < 0.85 * float(rows[0][1])
    with Image.open(trained / f"sheet-{STEPS:07d}.jpg") as sheet:
        assert (3 * 320, 3 * 320) == sheet.size


def test_a_killed_training_goes_on(data: Path, trained: Path, tmp_path: Path) -> None:
    """After kill -9 the same command ends where an undisturbed training ends."""
    checkpoint = tmp_path / "checkpoint.pt"
    kill_while_saving("effects.fast_style.train.__main__", command(data, tmp_path, save_every=0))
    assert 0 < torch.load(checkpoint)["step"] < STEPS
    assert 0 == main(command(data, tmp_path))
    ours, theirs = torch.load(checkpoint), torch.load(trained / "checkpoint.pt")
    assert STEPS == ours["step"]
    for part in ("net", "gamma", "beta", "history"):
        torch.testing.assert_close(ours[part], theirs[part], atol=1e-6, rtol=0)


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "nonsense", "cut"])
def test_a_damaged_checkpoint_is_refused(
    content: bytes | None,
    data: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is named and left as it is, in place of hours of training written over."""
    checkpoint = tmp_path / "checkpoint.pt"
    if content is None:
        content = (trained / "checkpoint.pt").read_bytes()[:100_000]
    checkpoint.write_bytes(content)
    assert 2 == main(command(data, tmp_path))
    assert f"{checkpoint} is damaged" in capsys.readouterr().err
    assert content == checkpoint.read_bytes()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"batch": 3}, "batch 1, not batch 3"),
        ({"without": "sea"}, "styles night, sea, not styles night"),
    ],
)
def test_another_training_is_not_gone_on_with(
    changed: dict[str, Any],
    words: str,
    data: Path,
    trained: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Other arguments than the checkpoint's are refused with both values."""
    assert 2 == main(command(data, trained, **changed))
    assert words in capsys.readouterr().err


def test_vgg19_judges_too(data: Path, tmp_path: Path) -> None:
    """With a file of VGG-19 the loss is another one from the first step on."""
    totals = []
    for name, changed in (("lite0", {}), ("both", {"vgg19": data / "vgg.npz"})):
        assert 0 == main(command(data, tmp_path / name, steps=1, **changed))
        totals.append(torch.load(tmp_path / name / "checkpoint.pt")["recent"][0][0].item())
    assert totals[0] + 0.01 < totals[1]


def test_vgg19_sees_bgr(data: Path) -> None:
    """The first layer is the convolution of blue, green, red less their means."""
    picture = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    arrays = np.load(data / "vgg.npz")
    means = np.array([103.94, 116.78, 123.68])
    patch = picture[0, :, 2:5, 2:5].numpy()[::-1] * 255 - means[:, None, None]
    expected = (arrays["conv1_1.weight"] * patch).sum((1, 2, 3)) + arrays["conv1_1.bias"]
    found = VGG19Slice(data / "vgg.npz").features(picture, ["relu1_1"])["relu1_1"]
    np.testing.assert_allclose(found[0, :, 3, 3], expected.clip(0), atol=1e-3)


def test_a_stronger_style_weighs_more() -> None:
    """A style's strength multiplies its own part of the loss, and no other style's."""
    lite0 = efficientnet_lite0(WeightsStore(), "cpu")
    photo, style = to_tensor(painting(1)), to_tensor(painting(2))

    def total(judged: int, strengths: tuple[float, ...]) -> float:
        judge = Teacher(lite0, None, [photo, style], strengths)
        return judge(photo, photo, [judged], torch.Generator().manual_seed(0)).total.item()

    plain, double, triple = total(1, ()), total(1, (1, 2)), total(1, (1, 3))
    assert 0.5 * plain < double - plain
    assert pytest.approx(double - plain, rel=1e-4) == triple - double
    assert total(0, ()) == total(0, (1, 3))


def test_only_the_training_split(data: Path) -> None:
    """Photographs that the table keeps for other uses are never drawn."""
    assert 5 == len(Photos.read([data / "photos.tar"]))
    photos = Photos.read([data / "photos.tar"], [data / "photos.tsv"])
    assert 4 == len(photos)
    held_out = np.asarray(painting(3, 96, 72))
    assert not any(np.array_equal(held_out, photos[n]) for n in range(4))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"batch": 0}, "from 1 to 64"),
        ({"crop": 100}, "a multiple of 16"),
        ({"steps": "many"}, "whole number"),
        ({"rate": "nan"}, "from 1e-06 to 0.1"),
        ({"device": "tpu"}, "there is no device 'tpu'"),
        ({"photos": "nowhere"}, "nowhere: no such file"),
        ({"samples": "nowhere.jpg"}, "no photographs"),
        ({"photos": __file__}, "neither a folder nor a sound tar"),
        ({"splits": __file__}, "no columns file and split"),
        ({"artworks": "nowhere"}, "nowhere is not a folder"),
        ({"without": "sun"}, "no artwork called sun"),
        ({"strength": "sun=2"}, "sun, which is none of the artworks"),
        ({"strength": "night"}, "NAME=2"),
        ({"strength": "night=0"}, "from 0.1 to 10"),
        ({"vgg19": __file__}, "not the .npz of VGG-19"),
        ({"stepz": 3}, "unrecognized arguments: --stepz 3"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_bad_arguments(
    changed: dict[str, Any],
    words: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What is wrong is said in one sentence."""
    assert status(command(data, tmp_path, **changed)) in (1, 2)
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert 1 == len(errors)
    assert words in errors[0]
