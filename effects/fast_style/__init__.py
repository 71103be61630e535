"""Fast style: a photo painted in a trained style, or in a blend of several, by one network."""

from __future__ import annotations

from effects.fast_style.names import StyleNames
from effects.fields import preserve_color
from effects.spec import EffectSpec, Params, Text, param

__all__ = ["MOST_AT_ONCE", "SPEC", "FastStyleParams"]

MOST_AT_ONCE = 2048 * 2048
"""Pixels that the network is shown at once; larger pictures are painted in tiles."""


class FastStyleParams(Params):
    """What can be set of a fast style."""

    style: str = param(
        "",
        Text("Style", "Стиль"),
        Text(
            "A name, or several with their shares: starry=0.7+wave=0.3",
            "Название или несколько с долями: starry=0.7+wave=0.3",
        ),
    )
    strength: float = param(
        1.0,
        Text("Strength", "Сила"),
        Text(
            "How much style: 0 leaves the photo, 1 is the whole style",
            "Сколько стиля: 0 оставляет фото, 1 — стиль целиком",
        ),
        ge=0,
        le=1,
    )
    preserve_color: bool = preserve_color()
    size: int = param(
        1024,
        Text("Size", "Размер"),
        Text(
            "Longer side of the picture, in pixels, if the photo is larger",
            "Длинная сторона картины в пикселях, если фото больше",
        ),
        ge=64,
        le=6000,
    )


def _cost(params: FastStyleParams, pixels: int) -> float:
    pixels = min(pixels, params.size**2)
    # Tiles overlap, and a copy of the whole picture is looked at before them.
    return 0.05 + (0.7 if pixels <= MOST_AT_ONCE else 1.1) * pixels / 1e6


SPEC = EffectSpec(
    name="style",
    title=Text("Fast style", "Быстрый стиль"),
    description=Text(
        "Paints a photo in the style of a well-known artwork, at once.",
        "Сразу рисует фото в стиле известной картины.",
    ),
    params=FastStyleParams,
    runner="effects.fast_style.runner:FastStyle",
    cost=_cost,
    aliases=("стиль",),
    order=1,
    strength_field="strength",
    size_field="size",
    max_batch=8,
    memory_mb=600,
    filters=StyleNames(),
    example={"size": 64},
)
