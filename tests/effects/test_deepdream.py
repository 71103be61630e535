"""Dreams through the effect's own door, on small pictures and the real network."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from skimage import data

from effects.catalogue import Catalogue
from effects.deepdream import SPEC
from effects.deepdream.film import encode_mp4
from effects.deepdream.runner import Dream
from effects.deepdream.schedule import plan
from effects.deepdream.subjects import PRESETS
from effects.errors import Cancelled, UnknownClass, UnknownLayer, WeightsMissing, WrongPhotos
from effects.image import encode
from effects.spec import Item, Output
from effects.verify import verify
from effects.weights import WeightsStore
from tests.effects.test_gatys import Steps, chroma
from worker.runtime.execute import Executor
from worker.runtime.messages import Failure, Order, Part
from worker.runtime.shelf import Shelf

ASTRONAUT = Image.fromarray(data.astronaut())
CAT = Image.fromarray(data.chelsea())


@pytest.fixture(scope="module")
def dream() -> Dream:
    """The effect, loaded once."""
    return Dream("cpu", WeightsStore())


def run(effect: Dream, *photos: Image.Image, context: Any = None, **values: Any) -> Output:
    """Dream at 64 pixels with 4 steps, of the astronaut, unless told otherwise."""
    params = SPEC.parse({"size": 64, "steps": 4, **values})
    photos = photos or (ASTRONAUT,)
    if SPEC.check is not None:
        SPEC.check(params, photos)
    return effect.run(Item(params, photos), context or Steps(cancel_at=-1))


def picture(output: Output) -> Image.Image:
    """The picture of an output."""
    return Image.open(io.BytesIO(output.media[0].content))


def pixels(image: Image.Image) -> np.ndarray[Any, Any]:
    """H×W×3."""
    return np.asarray(image.convert("RGB"), dtype=np.float64)


@pytest.mark.parametrize(
    ("values", "photos"),
    [
        ({}, (ASTRONAUT,)),
        # It is asked of the picture at another size at each step: the rise must be above that.
        ({"of": "volcano", "steps": 20}, (ASTRONAUT,)),
        ({"layer": "block8", "channel": 5}, (ASTRONAUT,)),
        ({"of": "buildings"}, (ASTRONAUT, CAT)),
    ],
    ids=["layer", "class", "channel", "guide"],
)
def test_the_objective_rises_in_each_octave(
    dream: Dream, values: dict[str, Any], photos: tuple[Image.Image, ...]
) -> None:
    """From an octave's first step to its last there is more of what was asked for."""
    output = run(dream, *photos, **{"size": 280, "scale": 2, "steps": 12, **values})
    climbs = json.loads(output.data["objective.json"])
    assert [100, 140] == [climb["side"] for climb in climbs]
    for climb in climbs:
        assert climb["last"] > climb["first"] + 0.03 * abs(climb["first"])


def test_a_seed_fixes_every_byte(dream: Dream) -> None:
    """The same seed gives the same file; another seed another."""
    first, again, other = (run(dream, seed=seed).media[0].content for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_names_mean_what_they_say(dream: Dream) -> None:
    """Different words give different pictures; a word in Russian gives the one in English."""
    words = ("", "eyes", "volcano", "random", "Глаза", "вулкан", "случайное", "animals")
    plain, eyes, volcano, random, *russian, animals = (
        run(dream, of=of).media[0].content for of in words
    )
    assert 4 == len({plain, eyes, volcano, random})
    assert [eyes, volcano, random] == russian
    assert plain == animals
    assert plain == run(dream, layer=PRESETS[0].layer, of="eyes").media[0].content


def test_every_name_is_of_one_layer() -> None:
    """No word means two layers, and no layer is named twice."""
    words = [word for preset in PRESETS for word in (*preset.title, *preset.words)]
    assert len(words) == len(set(words))
    assert len(PRESETS) == len({preset.layer for preset in PRESETS})
    for word in words:
        assert SPEC.parse({"of": word.upper()}).subject.is_layer


def test_a_guide_guides(dream: Dream) -> None:
    """A second photo changes the dream; another one changes it otherwise."""
    pictures = {
        run(dream, ASTRONAUT, *guide).media[0].content for guide in ((), (CAT,), (ASTRONAUT,))
    }
    assert 3 == len(pictures)


def test_a_guide_and_a_class_are_refused() -> None:
    """A class needs no guide; it is said before anything is computed."""
    assert SPEC.check is not None
    with pytest.raises(WrongPhotos, match="'volcano' takes one picture"):
        SPEC.check(SPEC.parse({"of": "volcano"}), (ASTRONAUT, CAT))


def test_strength_is_distance_from_the_photo(dream: Dream) -> None:
    """More strength, farther from the photo; the photo stays recognisable, nothing blows out."""
    small = ASTRONAUT.resize((64, 64), Image.Resampling.LANCZOS)
    faint, usual, strong = (
        pixels(picture(run(dream, strength=strength, steps=10))) for strength in (0.2, 1, 2)
    )
    distances = [np.abs(each - pixels(small)).mean() for each in (faint, usual, strong)]
    assert 1 < distances[0] < 0.6 * distances[1] < 0.6 * distances[2]
    assert np.corrcoef(usual.ravel(), pixels(small).ravel())[0, 1] > 0.8
    assert _blown(usual) < _blown(pixels(small)) + 0.01


def _blown(values: np.ndarray[Any, Any]) -> float:
    """The share of values at the end of the range."""
    return float(((values <= 2) | (values >= 253)).mean())


def test_preserve_color_keeps_chroma(dream: Dream) -> None:
    """With preserve_color the colours are the photo's."""
    small = ASTRONAUT.resize((64, 64), Image.Resampling.LANCZOS)
    kept, taken = (
        np.abs(chroma(picture(run(dream, steps=8, preserve_color=keep))) - chroma(small)).mean()
        for keep in (True, False)
    )
    assert kept < 4
    assert 1.5 * kept < taken


def test_animation(dream: Dream) -> None:
    """A GIF of so many frames, each unlike the last; steps count over all of them."""
    context = Steps()
    output = run(dream, frames=3, zoom=1.1, context=context)
    assert "image/gif" == output.media[0].type
    with picture(output) as film:
        assert (3, (64, 64)) == (film.n_frames, film.size)
        shown = []
        for n in range(3):
            film.seek(n)
            shown.append(pixels(film))
    assert np.abs(shown[1] - shown[0]).mean() > 3
    assert np.abs(shown[2] - shown[1]).mean() > 3
    assert [(n + 1, 6) for n in range(6)] == context.seen


def test_animation_as_mp4(dream: Dream, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same frames as H.264, the same bytes again; without its package a GIF, and a sentence."""
    output = run(dream, frames=2, zoom=1.1, format="mp4")
    assert "video/mp4" == output.media[0].type
    assert output.text is None
    assert output.media == verify(run(dream, frames=2, zoom=1.1, format="mp4"), "dream").media
    with av.open(io.BytesIO(output.media[0].content)) as film:
        (stream,) = film.streams
        shown = [pixels(frame.to_image()) for frame in film.decode(stream)]
        assert ("h264", 10) == (stream.codec_context.name, stream.average_rate)
    gif = run(dream, frames=2, zoom=1.1)
    with picture(gif) as first:
        assert np.abs(shown[0] - pixels(first)).mean() < 12
    assert np.abs(shown[1] - shown[0]).mean() > 3
    monkeypatch.setitem(sys.modules, "av", None)
    spared = run(dream, frames=2, zoom=1.1, format="mp4")
    assert gif.media == spared.media
    assert spared.text is not None
    assert "av" in spared.text.en


def test_odd_sides(dream: Dream) -> None:
    """What H.264 can't show, a row and a column, is left out."""
    frame = Image.fromarray(data.chelsea()).resize((65, 41))
    with av.open(io.BytesIO(encode_mp4([frame, frame]))) as film:
        (stream,) = film.streams
        assert (64, 40) == (stream.codec_context.width, stream.codec_context.height)


def test_animations_stay_small() -> None:
    """However large an animation is wished for, all its frames have few pixels."""
    for frames in (2, 24, 60):
        assert plan(4000, 1, 40, frames).side ** 2 * frames <= 5e6
    assert 4000 == plan(4000, 1, 40, 1).side


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (33, 31), (300, 16), (16, 300)])
def test_odd_sizes(dream: Dream, size: tuple[int, int]) -> None:
    """Tiny and very long photos give a picture of their proportions, at least 32 pixels high."""
    result = picture(run(dream, ASTRONAUT.resize(size))).size
    assert max(result) >= 64
    assert min(result) >= 32
    assert abs(size[0] / size[1] - result[0] / result[1]) < 0.05 * size[0] / size[1]


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_flat_pictures(dream: Dream, grey: int) -> None:
    """Where nothing is to be seen, something is dreamt, or nothing; all numbers stay finite."""
    flat = Image.new("L", (64, 48), grey).convert("RGB")
    assert (64, 48) == picture(run(dream, flat)).size


def test_cancelled_within_one_step(dream: Dream) -> None:
    """A cancellation ends the run at the step in which it comes."""
    context = Steps(cancel_at=2)
    with pytest.raises(Cancelled):
        run(dream, context=context)
    assert [(1, 4), (2, 4)] == context.seen


def test_a_preview_shows_the_dream(dream: Dream) -> None:
    """Halfway it has the photo's proportions and is no longer the photo."""
    context = Steps(look_at=4)
    run(dream, CAT, context=context)
    assert context.preview is not None
    assert (64, 43) == context.preview.size
    assert np.abs(pixels(context.preview) - pixels(CAT.resize((64, 43)))).mean() > 3


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"layer": "block99"}, UnknownLayer, "no layer 'block99' in lite0; there are stem, .*head"),
        ({"layer": "stem", "channel": 32}, UnknownLayer, "channels of stem are 0 to 31, not 32"),
        ({"of": "eyes", "backbone": "vgg19"}, UnknownLayer, "'eyes' in vgg19; .*relu5_4"),
        ({"of": "vulkano"}, UnknownClass, "(.*,){4}"),
        ({"of": "qqqq"}, UnknownClass, "(.*,){4}"),
    ],
)
def test_unknown(values: dict[str, Any], error: type[Exception], words: str) -> None:
    """A layer that is not there lists those that are, an unknown class offers the nearest five."""
    with pytest.raises(error, match=words) as caught:
        SPEC.parse(values)
    assert "\n" not in str(caught.value)


def test_a_missing_network_is_named(dream: Dream, tmp_path: Any) -> None:
    """googlenet without its weights says which file is missing."""
    with pytest.raises(WeightsMissing, match="googlenet"):
        run(Dream("cpu", WeightsStore(tmp_path)), backbone="googlenet")


def test_a_broken_guide_is_one_sentence() -> None:
    """At the worker's door, as for any photo."""
    said: list[object] = []
    catalogue = Catalogue([("atelier", SPEC)])
    shelf = Shelf(catalogue, "cpu", WeightsStore())
    executor = Executor(catalogue, shelf, 1, {}, said.append, lambda number: False)
    photo = encode(ASTRONAUT.resize((64, 64)), "image/jpeg")
    executor.execute(Order("dream", (Part(0, 1, {"size": 64}, (photo, photo[:500])),)))
    (failure,) = (each for each in said if isinstance(each, Failure))
    assert ("bad_picture", "broken") == (failure.code, failure.details["reason"])


def test_cost_grows_with_the_work() -> None:
    """The expected seconds follow steps, size, frames and network."""
    base, *others = (
        SPEC.cost(SPEC.parse(values), 10**6)
        for values in (
            {},
            {"steps": 80},
            {"size": 1024},
            {"frames": 8},
            {"backbone": "vgg19"},
            {"of": "volcano"},
        )
    )
    assert [] == [other for other in others if not 1.2 * base < other < 30 * base]


def test_the_spec_loads_no_torch() -> None:
    """A bot that reads the spec and checks words never loads torch."""
    code = (
        "import effects.deepdream as it, sys; it.SPEC.parse({'of': 'volcano'});"
        "sys.exit('torch' in sys.modules)"
    )
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
