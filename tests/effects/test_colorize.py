"""Colorize, with the network that is shipped, on photographs that it was not trained on."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from effects import image
from effects.colorize import SPEC
from effects.colorize.lab import grey, lightness, to_lab
from effects.colorize.runner import Colorize
from effects.errors import BadParams, BadPicture, Cancelled
from effects.spec import Item
from effects.weights import WeightsStore
from tests.effects.odd_pictures import png16, save

SHOWN = 256


class Quiet:
    """A context that nobody looks at."""

    def step(self, done: int, total: int, preview: object = None) -> None:
        pass


@pytest.fixture(scope="module")
def effect() -> Colorize:
    """The effect, loaded once."""
    return Colorize("cpu", WeightsStore())


def colour(effect: Colorize, photo: Image.Image, **values: Any) -> np.ndarray[Any, Any]:
    """The coloured photo's pixels."""
    output = effect.run(Item(SPEC.parse(values), (photo,)), Quiet())
    return np.asarray(Image.open(io.BytesIO(output.media[0].content)))


def photograph(name: str) -> Image.Image:
    """One of scikit-image's, in colour."""
    return image.bound(Image.fromarray(getattr(data, name)()), SHOWN)


def greyed(photo: Image.Image) -> Image.Image:
    """The same lightness without colour."""
    return Image.fromarray((grey(lightness(np.asarray(photo))) * 255 + 0.5).astype(np.uint8))


def chroma(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """a* and b*, H×W×2."""
    return to_lab(pixels)[..., 1:]


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_nearer_to_the_truth_than_grey(effect: Colorize, name: str) -> None:
    """With little vividness the colours are nearer to the true ones than no colours are."""
    photo = photograph(name)
    truth = chroma(np.asarray(photo))
    ours = chroma(colour(effect, greyed(photo).convert("RGB"), vividness=0))
    assert np.square(ours - truth).mean() < 0.9 * np.square(truth).mean()


def test_skin_is_warm(effect: Colorize) -> None:
    """A face gets the hue of skin."""
    photo = Image.fromarray(data.astronaut()).crop((100, 0, 356, 256))
    a, b = chroma(colour(effect, greyed(photo).convert("RGB")))[90:130, 100:140].mean((0, 1))
    assert a > 4
    assert b > 4


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (37, 53), (255, 256), (400, 21)])
def test_lightness_stays(effect: Colorize, size: tuple[int, int]) -> None:
    """L* of every pixel of the picture is the photo's, within 1 of 255, at any size."""
    photo = Image.fromarray(data.camera()).resize(size).convert("RGB")
    found = colour(effect, photo, vividness=1)
    assert (size[1], size[0], 3) == found.shape
    difference = np.abs(lightness(found) - lightness(np.asarray(photo)))
    assert difference.max() <= 100 / 255


def test_strips_leave_no_trace(effect: Colorize) -> None:
    """A picture finished in strips is the picture finished at once."""
    photo = Image.fromarray(data.camera()).resize((150, 130)).convert("RGB")
    strips = Colorize("cpu", WeightsStore(), strip=150 * 7)
    whole, parts = (colour(each, photo).astype(int) for each in (effect, strips))
    assert np.abs(whole - parts).max() <= 1


def test_vividness(effect: Colorize) -> None:
    """More of it is more colour; the same request is the same bytes."""
    photo = greyed(photograph("astronaut")).convert("RGB")
    pictures = [colour(effect, photo, vividness=v) for v in (0, 0.5, 1)]
    levels = [np.linalg.norm(chroma(each), axis=-1).mean() for each in pictures]
    assert sorted(levels) == levels
    assert levels[2] > 1.3 * levels[0] > 0
    assert (pictures[1] == colour(effect, photo)).all()


def test_sepia_is_taken_out(effect: Colorize) -> None:
    """A sepia print is no photo in colour, and is coloured like a grey one of its lightness."""
    plain = np.asarray(greyed(photograph("astronaut")).convert("RGB"), np.float64) / 255
    sepia = Image.fromarray((plain * (1.0, 0.87, 0.69) * 255 + 0.5).astype(np.uint8))
    SPEC.check(SPEC.parse({}), [sepia])
    ours = chroma(colour(effect, sepia))
    theirs = chroma(colour(effect, greyed(sepia).convert("RGB")))
    assert np.abs(ours - theirs).mean() < 0.5


@pytest.mark.parametrize("name", ["astronaut", "chelsea"])
def test_a_faded_print_has_faded_colours(effect: Colorize, name: str) -> None:
    """A print of a third of the contrast gets the same hues, as faded as it is."""
    fresh = greyed(photograph(name))
    faded = fresh.point(lambda level: 80 + level / 3)
    ours, theirs = (chroma(colour(effect, each.convert("RGB"))) for each in (fresh, faded))
    levels = [np.linalg.norm(each, axis=-1).mean() for each in (ours, theirs)]
    assert 0.2 < levels[1] / levels[0] < 0.6
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_a_photo_in_colour_is_refused(name: str) -> None:
    """Before it costs anything; unless it shall be coloured anew. A grey one passes."""
    photo = photograph(name)
    with pytest.raises(BadPicture, match="recolor=yes") as caught:
        SPEC.check(SPEC.parse({}), [photo])
    assert "coloured" == caught.value.details["reason"]
    SPEC.check(SPEC.parse({"recolor": "yes"}), [photo])
    SPEC.check(SPEC.parse({}), [greyed(photo).convert("RGB")])


def test_a_palette(effect: Colorize) -> None:
    """A second photo turns the colours towards its own; one without colours is refused."""
    photo = greyed(photograph("coffee")).convert("RGB")
    red, blue = (Image.linear_gradient("L").convert("RGB") for _ in range(2))
    red, blue = (
        Image.fromarray((np.asarray(each) * tint).astype(np.uint8))
        for each, tint in ((red, (1, 0.3, 0.2)), (blue, (0.3, 0.4, 1)))
    )
    hues = []
    for lent in (red, blue):
        SPEC.check(SPEC.parse({}), [photo, lent])
        output = effect.run(Item(SPEC.parse({}), (photo, lent)), Quiet())
        pixels = np.asarray(Image.open(io.BytesIO(output.media[0].content)))
        hues.append(chroma(pixels).mean((0, 1)))
    assert hues[0][0] > hues[1][0] + 3
    assert hues[0][1] > hues[1][1] + 6
    with pytest.raises(BadPicture, match="has none") as caught:
        SPEC.check(SPEC.parse({}), [photo, photo])
    assert "no_colours" == caught.value.details["reason"]


def test_a_hint(effect: Colorize) -> None:
    """The place has the colour asked for, what is far away nearly keeps its own; so has L*."""
    photo = greyed(photograph("astronaut")).convert("RGB")
    plain = chroma(colour(effect, photo))
    for wanted in ("#c03020", "#3c8c3c"):
        pixels = colour(effect, photo, hints=f"0.2,0.75,{wanted}")
        asked = to_lab(np.array(tuple(bytes.fromhex(wanted[1:])), np.uint8))[1:]
        place = np.s_[189:195, 48:54]
        before, after = (
            float(np.linalg.norm(each[place].mean((0, 1)) - asked))
            for each in (plain, chroma(pixels))
        )
        assert after < 0.35 * before
        change = np.linalg.norm(chroma(pixels) - plain, axis=-1)
        assert change[:64, 128:].mean() < 0.25 * change[place].mean()
        assert np.abs(lightness(pixels) - lightness(np.asarray(photo))).max() <= 100 / 255


def test_a_hint_fills_a_large_thing(effect: Colorize) -> None:
    """One place of a space suit told halves the error of all of it."""
    photo = photograph("astronaut")
    pixels = np.asarray(photo)
    truth, told = chroma(pixels), pixels[228:233, 75:80].mean((0, 1)).astype(int)
    suit = np.linalg.norm(truth - to_lab(told.astype(np.uint8))[1:], axis=-1) < 10
    before, after = (
        np.linalg.norm(
            chroma(colour(effect, greyed(photo).convert("RGB"), hints=words)) - truth, axis=-1
        )[suit]
        for words in ("", "0.3,0.9,#{:02x}{:02x}{:02x}".format(*told))
    )
    assert suit.mean() > 0.1
    assert after.mean() < 0.5 * before.mean()


def test_hints_side_by_side(effect: Colorize) -> None:
    """Each has its own place, also at the very edge; the same one twice is no trouble."""
    photo = Image.new("RGB", (200, 150), (120, 120, 120))
    both = "0,0.5,#c03020; 1,0.5,#3060c0;1,0.5,#3060c0"
    ab = chroma(colour(effect, photo, hints=both))
    left, right = ab[70:80, :9].mean((0, 1)), ab[70:80, -9:].mean((0, 1))
    assert left[0] > right[0] + 15
    assert left[1] > right[1] + 50


@pytest.mark.parametrize(
    "words",
    [
        "red",
        "0.1,0.2",
        "0.1,0.2,red",
        "1.1,0,#c03020",
        "0,-1,#c03020",
        ";".join(["0,0,#c03020"] * 33),
    ],
)
def test_no_hint(words: str) -> None:
    """What is no list of points is refused in a sentence with an example."""
    with pytest.raises(BadParams, match="should be up to 32 points such as") as no:
        SPEC.parse({"hints": words})
    assert "hints" == no.value.details["param"]


def test_hints_are_one_word() -> None:
    """However they are typed; a photo without hints has none."""
    typed = SPEC.parse({"hints": " 0.50, .3, #C03020 ;1,0,#3060c0; "}).hints
    assert "0.5,0.3,#c03020;1,0,#3060c0" == typed
    assert typed == SPEC.parse({"hints": typed}).hints
    assert "" == SPEC.parse({}).hints


def test_light_restoration(effect: Colorize) -> None:
    """Dust goes and contrast comes back; elsewhere the lightness is a stretched one."""
    grey = np.asarray(photograph("astronaut").convert("L"), np.float64)
    faded = 90 + 0.3 * grey
    dusty = faded.copy()
    dusty[::16, ::16] = 255
    faded_photo, dusty_photo = (
        Image.fromarray(each.astype(np.uint8)).convert("RGB") for each in (faded, dusty)
    )
    ours = lightness(colour(effect, dusty_photo, restore="light"))
    clean = lightness(colour(effect, faded_photo, restore="light"))
    assert np.ptp(ours) > 95
    assert np.abs(ours - clean)[::16, ::16].mean() < 6
    assert lightness(colour(effect, dusty_photo))[::16, ::16].min() > 99


def test_kinds_of_grey(effect: Colorize) -> None:
    """Sixteen bits, a palette and an opaque alpha are coloured like eight bits."""
    small = Image.fromarray(data.camera()).resize((64, 48))
    values = np.asarray(small)
    files = [
        save(small, "PNG"),
        png16(values.astype(np.uint16) * 257, 0),
        save(small.convert("P"), "PNG"),
        save(small.convert("LA"), "PNG"),
    ]
    first, *others = (colour(effect, image.decode(file)) for file in files)
    for other in others:
        assert np.array_equal(first, other)


def test_cancelled_between_strips() -> None:
    """A run ends at the step at which it is cancelled."""
    steps: list[int] = []

    class Impatient(Quiet):
        def step(self, done: int, total: int, preview: object = None) -> None:
            steps.append(done)
            if done == 2:
                raise Cancelled

    effect = Colorize("cpu", WeightsStore(), strip=640)
    photo = Image.new("RGB", (64, 64), "gray")
    with pytest.raises(Cancelled):
        effect.run(Item(SPEC.parse({}), (photo,)), Impatient())
    assert [0, 1, 2] == steps
