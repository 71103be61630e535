"""Gatys: paint a photograph in the style of another picture (Gatys, Ecker & Bethge 2015)."""

from typing import Literal

from effects import fields
from effects.spec import EffectSpec, Params, Text, param

__all__ = ["SPEC", "GatysParams"]


class GatysParams(Params):
    """What can be set of a Gatys run."""

    size: int = param(
        512,
        Text("Size", "Размер"),
        Text(
            "Longer side of the picture, in pixels; twice the size takes four times as long",
            "Длинная сторона картины в пикселях; вдвое больше — вчетверо дольше",
        ),
        ge=64,
        le=1536,
    )
    steps: int = param(
        300,
        Text("Steps", "Шаги"),
        Text(
            "How many times the picture is improved; more is finer and slower",
            "Сколько раз картина улучшается; больше — тоньше и дольше",
        ),
        ge=10,
        le=2000,
    )
    strength: float = param(
        1.0,
        Text("Strength", "Сила"),
        Text(
            "How much style: 0.1 is a breath of it, 1 is balanced, 2 nearly drowns the photo",
            "Сколько стиля: 0,1 — лёгкий налёт, 1 — поровну, 2 почти топит фото в стиле",
        ),
        ge=0.1,
        le=2,
    )
    style_scale: float = param(
        1.0,
        Text("Stroke size", "Размер мазка"),
        Text(
            "How large the style's strokes are: below 1 finer, above 1 broader",
            "Насколько крупны мазки: меньше 1 мельче, больше 1 крупнее",
        ),
        ge=0.25,
        le=2,
    )
    preserve_color: bool = fields.preserve_color()
    start: Literal["photo", "noise"] = param(
        "photo",
        Text("Start from", "Начать с"),
        Text(
            "photo keeps more of the likeness, noise gives freer shapes",
            "photo сохраняет больше сходства, noise даёт более вольные формы",
        ),
        advanced=True,
    )
    optimizer: Literal["adam", "lbfgs"] = param(
        "adam",
        Text("Optimizer", "Оптимизатор"),
        Text(
            "adam is robust; lbfgs is the original paper's",
            "adam надёжен; lbfgs — из исходной статьи",
        ),
        advanced=True,
    )
    backbone: Literal["lite0", "vgg19", "googlenet"] = param(
        "lite0",
        Text("Network", "Сеть"),
        Text(
            "lite0 is fast; vgg19 sees texture better and wants a GPU;"
            " vgg19 and googlenet need their weights",
            "lite0 быстрая; vgg19 лучше видит фактуру, но ей нужна видеокарта;"
            " для vgg19 и googlenet нужны их веса",
        ),
        advanced=True,
    )
    seed: int = fields.seed()


def _cost(params: GatysParams, pixels: int) -> float:
    # Per step and megapixel of a 4:3 picture, mean over the scales, two quiet cores. The photo's
    # own size hardly matters, since it is scaled to `size`.
    del pixels
    megapixels = 0.75 * params.size**2 / 1e6
    per_step = {"lite0": 0.6, "googlenet": 1.2, "vgg19": 10.0}[params.backbone]
    return 2.0 + params.steps * (0.01 + per_step * megapixels)


SPEC = EffectSpec(
    name="gatys",
    title=Text("Paint like this", "Нарисуй так же"),
    description=Text(
        "Repaints a photo with the colours and strokes of a second picture.",
        "Перерисовывает фото красками и мазками второй картинки.",
    ),
    params=GatysParams,
    runner="effects.gatys.runner:Gatys",
    cost=_cost,
    roles=("photo", "style"),
    photos=(2, 2),
    aliases=("paint", "стилизуй", "нарисуй", "картина"),
    order=2,
    strength_field="strength",
    size_field="size",
    steps_field="steps",
    memory_mb=900,
    example={"size": 64, "steps": 10},
    deferrable=True,
)
