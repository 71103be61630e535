"""Colorize: colour for black-and-white photographs, by one network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PIL import Image

from effects.colorize.tone import has_colour, is_grey
from effects.errors import BadPicture
from effects.points import Points
from effects.spec import EffectSpec, Params, Text, param

__all__ = ["SPEC", "ColorizeParams"]


class ColorizeParams(Params):
    """What can be set of the colours."""

    vividness: float = param(
        0.5,
        Text("Vividness", "Яркость красок"),
        Text(
            "0 is pale and rarely wrong, 1 is bright and daring",
            "0 — бледно и почти без ошибок, 1 — ярко и смело",
        ),
        ge=0,
        le=1,
    )
    recolor: bool = param(
        False,
        Text("Colour anew", "Перекрасить"),
        Text(
            "Also photos that have colour: it is taken away, and they are coloured anew",
            "И цветные фото: их краски убираются, и они раскрашиваются заново",
        ),
    )
    restore: Literal["none", "light"] = param(
        "none",
        Text("Restore", "Реставрация"),
        Text(
            "light: dust and thin scratches go, contrast comes back",
            "light: пыль и тонкие царапины уходят, контраст возвращается",
        ),
    )
    hints: Points = param(
        "",
        Text("Colours of your own", "Свои цвета"),
        Text(
            "Places of the photo, and the colours wanted there",
            "Места на фото и цвета, которые там нужны",
        ),
    )
    size: int = param(
        6000,
        Text("Size", "Размер"),
        Text(
            "Longer side of the picture, in pixels, if the photo is larger",
            "Длинная сторона картины в пикселях, если фото больше",
        ),
        ge=64,
        le=6000,
        advanced=True,
    )


def check(params: ColorizeParams, photos: Sequence[Image.Image]) -> None:
    """Raise `BadPicture` for a photo that has colour, unless it shall be coloured anew, and for a
    palette that has none.
    """
    if not params.recolor and has_colour(photos[0]):
        raise BadPicture(
            "the photo has colour already; to have it coloured anew, send it with recolor=yes",
            reason="coloured",
        )
    if len(photos) > 1 and is_grey(photos[1]):
        raise BadPicture(
            "the second picture lends its colours, and it has none; please send one in colour",
            reason="no_colours",
        )


def _cost(params: ColorizeParams, pixels: int) -> float:
    return 0.4 + 0.8 * min(pixels, params.size**2) / 1e6


SPEC = EffectSpec(
    name="colorize",
    title=Text("Colorize", "Раскрасить"),
    description=Text(
        "Gives a black-and-white photo natural colours, at its full size. A second picture can"
        " lend its palette.",
        "Придаёт чёрно-белому фото естественные цвета, в полном размере. Вторая картинка может"
        " дать палитру.",
    ),
    params=ColorizeParams,
    runner="effects.colorize.runner:Colorize",
    cost=_cost,
    roles=("photo", "palette"),
    photos=(1, 2),
    aliases=("раскрась", "colourize", "color", "цвет"),
    strength_field="vividness",
    size_field="size",
    memory_mb=700,
    example={"recolor": True},
    check=check,
)
