"""Two effects as a third party would bring them: filters of one colour, and what learns them."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

from PIL import Image

from effects.errors import BadParams
from effects.filters import Sample
from effects.image import encode
from effects.spec import Context, Effect, EffectSpec, Item, Media, Output, Params, Text, param


class Tints:
    """Of the filters of `tint`."""

    field = "colour"
    samples = (Sample("grey", Text("Grey", "Серый"), ("серый",), Path("nowhere.jpg")),)

    def find(self, params: Any, own: Collection[str]) -> tuple[str, ...]:
        """See `effects.filters.Filters`."""
        name = params.colour.casefold()
        if name in own:
            return (name,)
        if name in ("", "grey"):
            return ()
        raise BadParams(f"there is no tint {name}", effect="tint", param="colour", value=name)


class TintParams(Params):
    """Which one."""

    colour: str = param("", Text("Colour", "Цвет"), Text("its name", "его имя"))


class Tint(Effect[TintParams]):
    """The photo's size in one colour."""

    def run(self, item: Item[TintParams], ctx: Context) -> Output:
        """The colour is what was learned, or grey."""
        ctx.step(1, 1)
        colour = next(iter(item.attachments.values()), bytes((128, 128, 128)))
        tinted = Image.new("RGB", item.photos[0].size, tuple(colour))
        return Output((Media("image/png", encode(tinted)),))


class LearnParams(Params):
    """Its name."""

    name: str = param("", Text("Name", "Имя"), Text("of the tint", "цвета"))


class Learn(Effect[LearnParams]):
    """The mean colour of a picture."""

    def run(self, item: Item[LearnParams], ctx: Context) -> Output:
        """Three bytes, and a picture in that colour."""
        ctx.step(1, 1)
        pixel = item.photos[0].resize((1, 1)).getpixel((0, 0))
        assert isinstance(pixel, tuple)
        file = io.BytesIO()
        Image.new("RGB", (32, 32), pixel).save(file, "PNG")
        return Output((Media("image/png", file.getvalue()),), data={"tint": bytes(pixel)})


TINT = EffectSpec(
    name="tint",
    title=Text("Tint", "Оттенок"),
    description=Text("one colour", "один цвет"),
    params=TintParams,
    runner="tests.bot.tiny_styles:Tint",
    cost=lambda params, pixels: 0.1,
    filters=Tints(),
    max_batch=4,
    memory_mb=10,
)
LEARN_TINT = EffectSpec(
    name="learn_tint",
    title=Text("Learn a tint", "Выучить оттенок"),
    description=Text("the colour of a picture", "цвет картинки"),
    params=LearnParams,
    runner="tests.bot.tiny_styles:Learn",
    cost=lambda params, pixels: 0.1,
    roles=("style",),
    memory_mb=10,
    teaches="tint",
)


def install(folder: Path) -> Path:
    """Write what pip would of a package with both; returns the folder for sys.path."""
    info = folder / "tiny_styles-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-styles\nVersion: 1.0\n")
    lines = ["[atelier.effects]", f"tint = {__name__}:TINT", f"learn_tint = {__name__}:LEARN_TINT"]
    (info / "entry_points.txt").write_text("\n".join([*lines, ""]))
    return folder
