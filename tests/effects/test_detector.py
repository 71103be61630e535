"""Recognition with a detector: SSDlite as torchvision publishes it, here with made-up weights."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from skimage import data
from torch import Tensor

from effects.pictures import to_tensor
from effects.recognize import SPEC
from effects.recognize.runner import Recognize
from effects.recognize.ssdlite import SIDE, SSDLite, load_ssdlite
from effects.spec import Item
from effects.weights import MANIFEST, WeightsStore
from tests.bench.bench_gatys import Quiet

CAT, DOG, COUCH = 17, 18, 63
CLASSES, SHAPES = 91, 6
# What torchvision's own network makes of `random_state` and a cat, at these default boxes.
PLACES = [0, 2399, 2400, 3000, 3233]
EXPECTED_BOXES = [
    [0.0, 0.0, 0.0249, 0.1608],
    [0.9519, 0.2782, 1.0, 1.0],
    [0.0, 0.0, 0.3329, 0.6052],
    [0.0, 0.0, 0.6759, 0.3444],
    [0.2502, 0.0, 0.8814, 1.0],
]
EXPECTED_CLASSES = [10, 47, 16, 39, 15]
EXPECTED_SCORES = [0.7185, 0.5144, 0.9999, 0.1708, 0.0679]


def random_state() -> dict[str, Tensor]:
    """Random weights for the published names, of sizes that keep activations about 1."""
    generator = torch.Generator().manual_seed(1)
    state = {}
    for name, like in sorted(SSDLite().state_dict().items()):
        if like.dim() == 4:
            deviation = (2 / like[0].numel()) ** 0.5
            state[name] = torch.randn(like.shape, generator=generator) * deviation
        elif name.endswith(("weight", "running_var")):
            state[name] = torch.rand(like.shape, generator=generator) + 0.5
        elif like.dim():
            state[name] = torch.randn(like.shape, generator=generator) * 0.3
        else:
            state[name] = torch.tensor(1)
    return state


def speaking_state(said: dict[int, tuple[int, float, tuple[float, ...]]]) -> dict[str, Tensor]:
    """Weights that say the same of every photo: nothing anywhere but in the one place of the last
    map, there by shape: class, its score before softmax, and how the box is moved and stretched.
    """
    state = {name: torch.zeros_like(each) for name, each in random_state().items()}
    for level in range(6):
        silent = torch.zeros(SHAPES, CLASSES)
        silent[:, 0] = 20
        moves = torch.zeros(SHAPES, 4)
        for shape, (number, score, moved) in said.items() if level == 5 else ():
            silent[shape, 0], silent[shape, number] = 0, score
            moves[shape] = torch.tensor(moved)
        state[f"head.classification_head.module_list.{level}.1.bias"] = silent.flatten()
        state[f"head.regression_head.module_list.{level}.1.bias"] = moves.flatten()
    return state


class Store:
    """Lite0 as bundled, and a file for the detector."""

    def __init__(self, detector: Path) -> None:
        self._detector = detector

    def path(self, name: str) -> str:
        return str(self._detector) if name == "ssdlite" else WeightsStore().path(name)


def recognized(store: Any) -> tuple[str, Any, Any]:
    """What is said of the cat, its labels and objects."""
    photo = Image.fromarray(data.chelsea())
    output = Recognize("cpu", store).run(Item(SPEC.parse({}), (photo,)), Quiet())
    assert output.text is not None
    assert output.text.ru
    found = (json.loads(output.data[f"{name}.json"]) for name in ("labels", "objects"))
    return (output.text.en, *found)


@pytest.fixture(scope="module")
def by_maps(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Any]:
    """Without a detector."""
    return recognized(WeightsStore(tmp_path_factory.mktemp("empty")))


def test_names_and_shapes_are_those_published() -> None:
    """torchvision 0.28's ssdlite320_mobilenet_v3_large: 3,440,060 weights under these names."""
    state = SSDLite().state_dict()
    listing = "\n".join(sorted(f"{name} {tuple(each.shape)}" for name, each in state.items()))
    assert "f716bcf8374cdea3" == hashlib.sha256(listing.encode()).hexdigest()[:16]
    assert 3_440_060 == sum(each.numel() for each in SSDLite().parameters())


def test_the_same_as_torchvision(tmp_path: Path) -> None:
    """For the same random weights and picture torchvision 0.28 came to these numbers."""
    torch.save(random_state(), tmp_path / "random.pth")
    net = load_ssdlite(str(tmp_path / "random.pth"))
    cat = to_tensor(Image.fromarray(data.chelsea()).resize((SIDE, SIDE)))
    with torch.inference_mode():
        scores, boxes = (said[0] for said in net(cat))
    assert torch.allclose(torch.tensor(EXPECTED_BOXES), boxes[PLACES], atol=1e-3)
    assert EXPECTED_CLASSES == scores[PLACES].argmax(1).tolist()
    assert torch.allclose(torch.tensor(EXPECTED_SCORES), scores[PLACES].amax(1), atol=1e-3)


def test_objects_are_the_detectors(tmp_path: Path, by_maps: tuple[str, Any, Any]) -> None:
    """Boxes as worked out by hand, one for what is the same object; labels are still the
    classifier's.
    """
    said = {
        0: (CAT, 8.0, (-2.0, 1.0, -3.0, -3.0)),
        1: (COUCH, 7.0, (0.0, 0.0, 0.0, 0.0)),
        2: (DOG, 6.0, (0.0, 0.0, 0.0, 0.0)),
    }
    torch.save(speaking_state(said), tmp_path / "speaking.pth")
    text, labels, objects = recognized(Store(tmp_path / "speaking.pth"))
    # 0.95 is the largest scale, 1 follows it; a box is moved by tenths and stretched by fifths.
    half, wide = 0.95 * 2.718281828 ** (-3 / 5) / 2, 0.95**0.5
    across, down = 0.5 - 0.2 * 0.95, 0.5 + 0.1 * 0.95
    cat = [across - half, down - half, across + half, down + half]
    couch = [0.5 - wide / 2, 0.5 - wide / 2, 0.5 + wide / 2, 0.5 + wide / 2]
    assert ["cat", "couch"] == [each["label"] for each in objects]
    assert ["кошка", "диван"] == [each["label_ru"] for each in objects]
    assert pytest.approx(cat, abs=2e-3) == objects[0]["box"]
    assert pytest.approx(couch, abs=2e-3) == objects[1]["box"]
    assert pytest.approx(0.9707, abs=1e-3) == objects[0]["probability"]
    assert by_maps[1] == labels
    assert text.startswith("In the photo: cat (97 %), couch (92 %). All in all it looks like: ")


def test_what_the_detector_does_not_know_the_maps_find(
    tmp_path: Path, by_maps: tuple[str, Any, Any]
) -> None:
    """A detector that sees nothing changes nothing, and one of low scores sees nothing."""
    torch.save(speaking_state({0: (CAT, 4.0, (0.0,) * 4)}), tmp_path / "unsure.pth")
    assert by_maps == recognized(Store(tmp_path / "unsure.pth"))


@pytest.mark.parametrize("content", [b"", b"rubbish", None], ids=["empty", "rubbish", "another's"])
def test_a_bad_file_is_not_used(
    content: bytes | None,
    tmp_path: Path,
    by_maps: tuple[str, Any, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without sound weights it is as if there were none; only the log tells."""
    file = tmp_path / "bad.pth"
    if content is None:
        torch.save({"features.0.weight": torch.zeros(3)}, file)
    else:
        file.write_bytes(content)
    assert by_maps == recognized(Store(file))
    assert f"without its detector: the weights file {file} is damaged" in caplog.text


def test_only_the_published_file_is_used(
    tmp_path: Path, by_maps: tuple[str, Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Sound weights that are not those of the manifest are none."""
    torch.save(random_state(), tmp_path / MANIFEST["ssdlite"].file)
    assert by_maps == recognized(WeightsStore(tmp_path))
    assert "their SHA-256 is not a79551df" in caplog.text
