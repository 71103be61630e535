"""Learn style: any picture becomes a fast style, by fitting its γ and β alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from PIL import Image

from effects import image
from effects.errors import BadParams, BadPicture
from effects.spec import EffectSpec, Params, Text, param

__all__ = ["SPEC", "LearnStyleParams", "check"]

# Of a style picture: shorter side in pixels, longer side in shorter ones, and the deviation of
# its colours, of 255; below it there is nothing to learn.
LEAST_SIDE, MOST_RATIO, LEAST_DEVIATION = 128, 6, 4.0
_NAME = re.compile(r"[^\s+=,]{0,24}")


class LearnStyleParams(Params):
    """What can be set of a learning."""

    name: str = param(
        "",
        Text("Name", "Название"),
        Text(
            "What the filter is called: up to 24 letters and digits without spaces",
            "Как назвать фильтр: до 24 букв и цифр без пробелов",
        ),
    )
    steps: int = param(
        500,
        Text("Steps", "Шаги"),
        Text(
            "How long it is learned; more is closer to the picture and slower",
            "Как долго учить; больше — ближе к картине и дольше",
        ),
        ge=10,
        le=2000,
        advanced=True,
    )


def check(params: LearnStyleParams, pictures: Sequence[Image.Image]) -> None:
    """Refuse a name that is none, and a picture that no style can be learned from.

    Raises `BadParams` and `BadPicture`.
    """
    if not _NAME.fullmatch(params.name):
        shown = params.name[:40]
        raise BadParams(
            f"name={shown}: should be up to 24 letters and digits without spaces, + and =",
            effect="learn_style",
            param="name",
            value=shown,
        )
    (style,) = pictures
    image.check_shape(*style.size, LEAST_SIDE, MOST_RATIO, "a style")
    small = np.asarray(style.resize((128, 128), Image.Resampling.BOX), dtype=np.float32)
    if small.std((0, 1)).max() < LEAST_DEVIATION:
        raise BadPicture(
            "the picture is of one colour; please send one that shows a style", reason="flat"
        )


def _cost(params: LearnStyleParams, pixels: int) -> float:
    # The picture is scaled to one size.
    del pixels
    return 20.0 + 0.6 * params.steps


SPEC = EffectSpec(
    name="learn_style",
    title=Text("Learn a style", "Выучить стиль"),
    description=Text(
        "Learns the style of a picture, so that photos are painted in it at once.",
        "Выучивает стиль картины, чтобы потом сразу рисовать в нём фото.",
    ),
    params=LearnStyleParams,
    runner="effects.learn_style.runner:LearnStyle",
    cost=_cost,
    roles=("style",),
    aliases=("выучи", "выучить"),
    steps_field="steps",
    memory_mb=1200,
    step_limit=120.0,
    example={"steps": 10},
    deferrable=True,
    teaches="style",
    check=check,
)
