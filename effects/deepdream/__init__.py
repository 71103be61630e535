"""DeepDream: more of whatever a network sees in a photo (Mordvintsev, Olah & Tyka 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from PIL import Image
from pydantic import model_validator

from effects import fields
from effects.deepdream.schedule import plan
from effects.deepdream.subjects import PRESETS, RANDOM, Subject, find_subject
from effects.errors import WrongPhotos
from effects.layers import ALL_CHANNELS
from effects.spec import EffectSpec, Params, Text, param

__all__ = ["SPEC", "DreamParams", "check"]

_NAMES = Text(*map(", ".join, zip(*(preset.title for preset in PRESETS), strict=True)))


class DreamParams(Params):
    """What can be set of a dream."""

    of: str = param(
        "",
        Text("What of", "О чём"),
        Text(
            f"{_NAMES.en}; any animal or thing, like volcano; or {RANDOM.en}",
            f"{_NAMES.ru}; любой зверь или предмет, например вулкан; или {RANDOM.ru}",
        ),
        phrase=True,
    )
    strength: float = param(
        1.0,
        Text("Strength", "Сила"),
        Text(
            "How much of it: 0.2 is a shimmer, 1 leaves the photo recognisable, 2 drowns it",
            "Насколько сильно: 0,2 — лёгкая дымка, при 1 фото ещё узнаётся, 2 топит его во сне",
        ),
        ge=0.1,
        le=2,
    )
    scale: float = param(
        1.0,
        Text("Scale", "Крупность"),
        Text(
            "How large it grows: 0.5 is many small ones, 2 few large ones",
            "Насколько крупно: 0,5 — много мелкого, 2 — мало, но крупного",
        ),
        ge=0.5,
        le=2,
    )
    preserve_color: bool = fields.preserve_color(
        Text(
            "Only the light and the shapes change, the colours stay",
            "Меняются только свет и формы, цвета остаются",
        )
    )
    size: int = param(
        512,
        Text("Size", "Размер"),
        Text(
            "Longer side of the picture, in pixels; twice the size takes three times as long",
            "Длинная сторона картины в пикселях; вдвое больше — втрое дольше",
        ),
        ge=64,
        le=4000,
    )
    frames: int = param(
        1,
        Text("Frames", "Кадры"),
        Text(
            "More than 1 makes an animation that flies into the dream, 10 frames a second",
            "Больше 1 — анимация с полётом вглубь сна, 10 кадров в секунду",
        ),
        ge=1,
        le=60,
    )
    format: Literal["gif", "mp4"] = param(
        "gif",
        Text("Animation as", "Анимация в виде"),
        Text(
            "gif loops everywhere; mp4 has all the colours and a much smaller file",
            "gif крутится везде; у mp4 все цвета, и файл в несколько раз меньше",
        ),
        advanced=True,
    )
    zoom: float = param(
        1.04,
        Text("Zoom", "Приближение"),
        Text(
            "How much each frame of an animation is enlarged over the last",
            "Во сколько раз каждый кадр анимации крупнее прошлого",
        ),
        ge=1,
        le=1.2,
        advanced=True,
    )
    steps: int = param(
        40,
        Text("Steps", "Шаги"),
        Text(
            "How many times the picture is improved; more is clearer and slower",
            "Сколько раз картина улучшается; больше — отчётливее и дольше",
        ),
        ge=4,
        le=400,
        advanced=True,
    )
    layer: str = param(
        "",
        Text("Layer", "Слой"),
        Text(
            "A layer of the network in place of a subject, for example block11.expand",
            "Слой сети вместо темы, например block11.expand",
        ),
        advanced=True,
    )
    channel: int = param(
        ALL_CHANNELS,
        Text("Channel", "Канал"),
        Text("One channel of the layer; -1 is all", "Один канал слоя; -1 — все"),
        ge=ALL_CHANNELS,
        le=1279,
        advanced=True,
    )
    backbone: Literal["lite0", "googlenet", "vgg19"] = param(
        "lite0",
        Text("Network", "Сеть"),
        Text(
            "lite0 is fast; googlenet dreams as the first dreams did; both others need weights",
            "lite0 быстрая; googlenet видит самые первые сны; двум другим нужны их веса",
        ),
        advanced=True,
    )
    seed: int = fields.seed()

    @property
    def subject(self) -> Subject:
        """What is dreamt of. Raises `UnknownClass` and `UnknownLayer`."""
        return find_subject(self.of, self.layer, self.channel, self.backbone)

    @model_validator(mode="after")
    def _known(self) -> Self:
        # Its errors are no `ValueError`s: pydantic lets them pass.
        _ = self.subject
        return self


def check(params: DreamParams, photos: Sequence[Image.Image]) -> None:
    """Raise `WrongPhotos` for a guide to a dream of classes: a class is guide enough."""
    if len(photos) > 1 and not params.subject.is_layer:
        raise WrongPhotos(
            f"a dream of {params.of!r} takes one picture; a second one guides dreams of a layer",
            effect="dream",
            given=2,
            fewest=1,
            most=1,
            missing="",
        )


# Seconds per megapixel that is shown, on two quiet cores; a class needs the whole network.
_PER_MEGAPIXEL = {"lite0": 0.9, "googlenet": 3.0, "vgg19": 10.0}
_SHOWN_AROUND = 56


def _cost(params: DreamParams, pixels: int) -> float:
    # The photo's own size hardly matters, since it is scaled to `size`.
    del pixels
    rate = _PER_MEGAPIXEL[params.backbone] * (1.0 if params.subject.is_layer else 1.6)
    planned = plan(params.size, params.scale, params.steps, params.frames)
    seconds = 0.5 + planned.side**2 * 1e-7 * params.frames
    for octave in (octave for frame in planned.frames for octave in frame):
        shown = (octave.side + _SHOWN_AROUND) * (0.75 * octave.side + _SHOWN_AROUND)
        seconds += octave.steps * (0.01 + rate * shown / 1e6)
    return seconds


SPEC = EffectSpec(
    name="dream",
    title=Text("Dream", "Сон"),
    description=Text(
        f"Grows out of a photo what a network sees in it: {_NAMES.en}; or any animal or thing that"
        " you name. A second picture can guide it.",
        f"Выращивает из фото то, что видит в нём сеть: {_NAMES.ru}; или любого зверя или предмет,"
        " какой назовёте. Вторая картинка может направлять сон.",
    ),
    params=DreamParams,
    runner="effects.deepdream.runner:Dream",
    cost=_cost,
    roles=("photo", "guide"),
    photos=(1, 2),
    aliases=("deepdream", "сон", "приснись", "сновидение"),
    strength_field="strength",
    size_field="size",
    steps_field="steps",
    memory_mb=1200,
    step_limit=120.0,
    example={"size": 64, "steps": 4},
    deferrable=True,
    check=check,
)
