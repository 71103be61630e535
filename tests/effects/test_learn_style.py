"""Learning a style by the effect's own door, with a small network and small crops."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from effects import fast_style
from effects.backbones import efficientnet_lite0
from effects.errors import BadParams, BadPicture, Cancelled, WeightsMissing
from effects.fast_style.export import export, fingerprint
from effects.fast_style.network import StyleNetwork
from effects.fast_style.runner import FastStyle
from effects.fast_style.styles import Styles
from effects.fast_style.train.teacher import Teacher
from effects.fast_style.vectors import unpack
from effects.learn_style import SPEC, check, photos
from effects.learn_style.checkpoint import KEEP, Checkpoint
from effects.learn_style.runner import LearnStyle, Terms
from effects.pictures import to_tensor
from effects.spec import Item
from effects.weights import WeightsStore

SMALL = Terms(crop=64, batch=1, side=128)
STEPS = 16


class Steps:
    """A context that writes steps down, and may cancel or look at previews."""

    def __init__(self, cancel_at: int = -1, look_at: int = -1) -> None:
        self.seen: list[int] = []
        self.preview: Image.Image | None = None
        self._cancel_at = cancel_at
        self._look_at = look_at

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        assert 0 <= done <= total
        self.seen.append(done)
        if done == self._cancel_at:
            raise Cancelled
        if done == self._look_at and preview is not None:
            self.preview = preview()


class Folder:
    """The network of a folder, and the other weights from where they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> str:
        if name == "fast_style":
            return str(self._folder / "styles.onnx")
        return WeightsStore().path(name)


@pytest.fixture(scope="module")
def net() -> StyleNetwork:
    """A small network with random weights."""
    torch.manual_seed(3)
    return StyleNetwork(fine=8, coarse=12, half=6, blocks=(1, 1, 1)).eval()


@pytest.fixture(scope="module")
def folder(net: StyleNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """styles.onnx and styles.npz with two styles."""
    folder = tmp_path_factory.mktemp("styles")
    export(net, folder / "styles.onnx")
    gamma, beta = np.random.default_rng(1).normal(0, 0.5, (2, 2, net.channels)).astype(np.float32)
    Styles(("night", "sea"), 1 + gamma, beta, fingerprint(net)).save(folder / "styles.npz")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for checkpoints."""
    monkeypatch.setenv("ATELIER_CACHE_DIR", str(tmp_path))
    return tmp_path / "learn_style"


@pytest.fixture(scope="module")
def effect(folder: Path) -> LearnStyle:
    """The effect, loaded once."""
    return LearnStyle("cpu", Folder(folder), SMALL)


def picture(width: int = 160, height: int = 128) -> Image.Image:
    """Wavy diagonal bands from dark blue to orange."""
    y, x = np.mgrid[0:height, 0:width]
    share = (np.sin((x + y) * 0.35 + 2 * np.sin(y * 0.15)) / 2 + 0.5)[..., None]
    colours = share * np.array([250, 160, 40]) + (1 - share) * np.array([20, 30, 90])
    return Image.fromarray(colours.astype(np.uint8))


def item(**values: Any) -> Item[Any]:
    """A request."""
    return Item(SPEC.parse({"name": "bands", "steps": STEPS, **values}), (picture(),))


@pytest.fixture(scope="module")
def learned(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The vectors of a learning that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATELIER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return dict(LearnStyle("cpu", Folder(folder), SMALL).run(item(), Steps()).data)["bands"]


def test_it_learns(learned: bytes, net: StyleNetwork, folder: Path) -> None:
    """On a photo never seen the new style is nearer to the picture than any known one."""
    teacher = Teacher(efficientnet_lite0(WeightsStore(), "cpu"), None, [to_tensor(picture())])
    y, x = np.mgrid[0:96, 0:96] / 96
    unseen = np.stack([0.5 + 0.3 * y, 0.7 - 0.2 * y, np.where(x > 0.6, 0.2, 0.9)], -1)
    photo = to_tensor(Image.fromarray((unseen * 255).astype(np.uint8)))

    @torch.no_grad()
    def loss(gamma: Any, beta: Any) -> float:
        vectors = (torch.from_numpy(each).reshape(1, -1) for each in (gamma, beta))
        chance = torch.Generator().manual_seed(1)
        return teacher(net(photo, *vectors), photo, [0], chance).total.item()

    styles = Styles.load(folder / "styles.npz")
    known = [loss(*pair) for pair in zip(styles.gamma, styles.beta, strict=True)]
    assert loss(*unpack(learned, "bands", fingerprint(net), net.channels)) < 0.97 * min(known)


def test_the_effect_style_paints_in_it(folder: Path, learned: bytes) -> None:
    """What is learned blends with a shipped style, and is another picture than that alone."""
    style = FastStyle("cpu", Folder(folder))

    def paint(words: str) -> Any:
        request = Item(fast_style.SPEC.parse({"style": words}), (picture(),), {"bands": learned})
        (media,) = style.run(request, Steps()).media
        return np.asarray(Image.open(io.BytesIO(media.content)), dtype=np.float64)

    alone, blend, shipped = map(paint, ("bands", "bands=0.5+night=0.5", "night"))
    assert np.abs(alone - shipped).mean() > 5
    assert np.abs(blend - shipped).mean() < np.abs(alone - shipped).mean()


def test_progress_previews_and_thumbnail(effect: LearnStyle, cache: Path) -> None:
    """Each step is told, a preview shows the style so far, the thumbnail is small."""
    context = Steps(look_at=7)
    output = effect.run(item(steps=10), context)
    # Trying the two known styles, then the steps.
    assert [0, 0, *range(11)] == context.seen
    assert context.preview is not None
    assert (192, 192) == context.preview.size
    (media,) = output.media
    assert "image/jpeg" == media.type
    with Image.open(io.BytesIO(media.content)) as thumbnail:
        assert (384, 384) == thumbnail.size
    assert ["bands"] == list(output.data)
    assert [] == list(cache.iterdir())


def test_a_filter_without_a_name_gets_one(effect: LearnStyle) -> None:
    """One that hangs on the picture."""
    (name,) = effect.run(item(name="", steps=10), Steps()).data
    assert re.fullmatch("filter-[0-9a-f]{4}", name)


def test_a_cancelled_learning_stops(effect: LearnStyle) -> None:
    """At once, at any step."""
    for step in (0, 7):
        context = Steps(cancel_at=step)
        with pytest.raises(Cancelled):
            effect.run(item(), context)
        assert step == context.seen[-1]


def test_a_killed_learning_goes_on(
    effect: LearnStyle, folder: Path, cache: Path, learned: bytes
) -> None:
    """After kill -9 the same request goes on where it was, and ends with the same vectors."""
    code = f"""
import os, signal
from pathlib import Path
from tests.effects.test_learn_style import SMALL, Folder, LearnStyle, Steps, item

class Dies(Steps):
    def step(self, done, total, preview=None):
        if done == 7:
            os.kill(os.getpid(), signal.SIGKILL)

LearnStyle("cpu", Folder(Path({str(folder)!r})), SMALL).run(item(), Dies())
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert -9 == killed.returncode
    assert 1 == len([*cache.glob("*.pt")])
    context = Steps()
    data = effect.run(item(), context).data
    assert 5 == context.seen[0]
    for ours, theirs in zip(
        *(np.load(io.BytesIO(each))["gamma"] for each in (data["bands"], learned)), strict=True
    ):
        assert ours == pytest.approx(theirs, abs=1e-6)


def test_a_damaged_checkpoint_is_no_harm(effect: LearnStyle, cache: Path, learned: bytes) -> None:
    """The learning begins anew."""
    with pytest.raises(Cancelled):
        effect.run(item(), Steps(cancel_at=6))
    (checkpoint,) = cache.iterdir()
    for content in (b"nonsense", checkpoint.read_bytes()[:900]):
        checkpoint.write_bytes(content)
        context = Steps(cancel_at=1)
        with pytest.raises(Cancelled):
            effect.run(item(), context)
        assert [0, 0, 0, 1] == context.seen


def test_a_checkpoint_of_other_terms_is_not_taken(effect: LearnStyle) -> None:
    """Another number of steps is another learning."""
    with pytest.raises(Cancelled):
        effect.run(item(), Steps(cancel_at=6))
    context = Steps(cancel_at=1)
    with pytest.raises(Cancelled):
        effect.run(item(steps=STEPS + 1), context)
    assert 0 == context.seen[0]


def test_old_checkpoints_are_swept(tmp_path: Path) -> None:
    """What nobody came back to goes with the next learning; young ones stay."""
    old, young = tmp_path / "old.pt", tmp_path / "young.pt"
    old.touch()
    young.touch()
    now = old.stat().st_mtime
    os.utime(old, (now - KEEP - 60, now - KEEP - 60))
    Checkpoint(picture(), folder=tmp_path, clock=lambda: now)
    assert [young] == list(tmp_path.iterdir())


def test_a_folder_that_can_not_be_written(
    effect: LearnStyle, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The style is learned all the same, and the log tells what is lost."""
    cache.write_text("not a folder")
    assert effect.run(item(steps=10), Steps()).data
    assert 1 == caplog.text.count("can't be gone on with")


@pytest.mark.parametrize(
    ("bad", "reason", "words"),
    [
        (Image.new("RGB", (1, 1)), "too_small", "1×1 pixels; a style needs at least 128"),
        (picture(400, 127), "too_small", "400×127"),
        (picture(1300, 200), "too_thin", "at most 6 times"),
        (Image.new("RGB", (300, 200), "red"), "flat", "of one colour"),
        (Image.effect_noise((300, 200), 3).convert("RGB"), "flat", "of one colour"),
    ],
    ids=["dot", "small", "thin", "flat", "nearly flat"],
)
def test_bad_pictures(bad: Image.Image, reason: str, words: str) -> None:
    """Refused in one sentence, with the limit."""
    with pytest.raises(BadPicture, match=words) as caught:
        check(SPEC.parse({}), [bad])
    assert reason == caught.value.details["reason"]


@pytest.mark.parametrize("name", ["a+b", "night=1", "two words", "x" * 25])
def test_bad_names(name: str) -> None:
    """What could not be written in a blend is no name."""
    with pytest.raises(BadParams, match="up to 24 letters"):
        check(SPEC.parse({"name": name}), [picture()])


def test_without_its_photographs_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The admin is told which package brings them."""
    monkeypatch.setattr("effects.learn_style.photos.NAMES", ("no-such.png",))
    with pytest.raises(WeightsMissing, match=r"no-such\.png .* pip install scikit-image"):
        photos.bundled()


def test_good_pictures_pass() -> None:
    """A pale one in a Russian name, too."""
    check(SPEC.parse({"name": "зима-2"}), [Image.radial_gradient("L").convert("RGB")])
