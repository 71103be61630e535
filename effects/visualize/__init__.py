"""Visualize: what a network looks at in a photo, and what it has in mind."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from effects import fields
from effects.imagenet import find
from effects.layers import ALL_CHANNELS, check_layer
from effects.spec import EffectSpec, Params, Text, param
from effects.visualize.networks import backbone_of, layer_of

__all__ = ["SPEC", "VisualizeParams"]


class VisualizeParams(Params):
    """What can be set of a look into a network."""

    method: Literal[
        "saliency",
        "guided",
        "deconvnet",
        "class_model",
        "gradient",
        "features",
        "reconstruct",
        "occlusion",
    ] = param(
        "saliency",
        Text("Method", "Способ"),
        Text(
            "saliency, guided, occlusion: what speaks for a class; class_model: how the network"
            " imagines it; gradient, deconvnet: what excites a layer; features: what its channels"
            " look for; reconstruct: what it still knows",
            "saliency, guided, occlusion — что говорит за класс; class_model — каким сеть его"
            " представляет; gradient, deconvnet — что возбуждает слой; features — что ищут его"
            " каналы; reconstruct — что он ещё помнит",
        ),
    )
    of: str = param(
        "",
        Text("Class", "Класс"),
        Text(
            "One of ImageNet's thousand, in English or Russian: volcano; else what is recognised",
            "Один из тысячи классов ImageNet, по-русски или по-английски: вулкан;"
            " иначе тот, что узнан на фото",
        ),
        phrase=True,
    )
    view: Literal["overlay", "map", "sheet"] = param(
        "overlay",
        Text("View", "Вид"),
        Text(
            "overlay lays the map over the photo, map shows it alone, sheet all side by side",
            "overlay кладёт карту на фото, map показывает её одну, sheet — всё рядом",
        ),
    )
    keep: Literal["content", "texture"] = param(
        "content",
        Text("Reconstruct from", "Восстановить по"),
        Text(
            "content of one layer gives the photo back, texture only what it is made of",
            "content — по содержанию одного слоя, получится фото; texture — только по фактуре",
        ),
    )
    layer: str = param(
        "",
        Text("Layer", "Слой"),
        Text(
            "For gradient, deconvnet, features, reconstruct: block4; a wrong name lists them all",
            "Для gradient, deconvnet, features, reconstruct: block4; на неверное имя придёт список",
        ),
        advanced=True,
    )
    channel: int = param(
        ALL_CHANNELS,
        Text("Channel", "Канал"),
        Text(
            "One channel of the layer, from 0; -1 takes the whole layer or its strongest nine",
            "Один канал слоя, считая с 0; -1 — весь слой или девять сильнейших",
        ),
        ge=ALL_CHANNELS,
        le=1279,
        advanced=True,
    )
    size: int = param(
        256,
        Text("Size", "Размер"),
        Text(
            "Longer side of what the network sees, in pixels; it learned at 224",
            "Длинная сторона того, что видит сеть, в пикселях; училась она на 224",
        ),
        ge=64,
        le=1024,
        advanced=True,
    )
    steps: int = param(
        160,
        Text("Steps", "Шаги"),
        Text(
            "For class_model, features and reconstruct: more is clearer and slower",
            "Для class_model, features и reconstruct: больше — яснее и дольше",
        ),
        ge=10,
        le=1000,
        advanced=True,
    )
    backbone: Literal["auto", "lite0", "vgg19", "googlenet"] = param(
        "auto",
        Text("Network", "Сеть"),
        Text(
            "lite0 is always there; vgg19, best for deconvnet, and googlenet need their weights",
            "lite0 есть всегда; для vgg19, лучшей для deconvnet, и googlenet нужны их веса",
        ),
        advanced=True,
    )
    seed: int = fields.seed()

    @property
    def network(self) -> str:
        """The backbone that is meant."""
        return backbone_of(self.method, self.backbone)

    @property
    def tap(self) -> str:
        """The layer that is meant, "" where none is."""
        return layer_of(self.method, self.network, self.layer)

    @model_validator(mode="after")
    def _known(self) -> Self:
        # The errors of both are no ValueError and pass pydantic as they are.
        if self.of:
            find(self.of)
        if self.tap:
            check_layer(self.network, self.tap, self.channel)
        return self


# Passes forward and back over the whole photo, or as much work, in all and for each step.
_PASSES = {"saliency": 8.0, "guided": 12.0, "deconvnet": 10.0, "gradient": 6.0, "occlusion": 30.0}
_PASSES_PER_STEP = {"class_model": 1.7, "features": 1.8, "reconstruct": 0.7}
# Seconds of a pass, per megapixel, on two quiet cores.
_SECONDS = {"lite0": 1.3, "googlenet": 4.0, "vgg19": 14.0}


def _cost(params: VisualizeParams, pixels: int) -> float:
    # The photo's own size hardly matters, since it is scaled to `size`.
    del pixels
    passes = _PASSES.get(params.method, 0.0)
    passes += _PASSES_PER_STEP.get(params.method, 0.0) * params.steps
    megapixels = 0.75 * params.size**2 / 1e6
    return 0.8 + passes * (0.01 + _SECONDS[params.network] * megapixels)


def _least(params: VisualizeParams) -> int:
    # A class that is named, or a layer, is shown without a photo too.
    named = params.method == "class_model" and bool(params.of)
    return 0 if named or params.method == "features" else 1


SPEC = EffectSpec(
    name="visualize",
    title=Text("What the network sees", "Что видит сеть"),
    description=Text(
        "Shows what a neural network looks at in a photo, and how it imagines things.",
        "Показывает, на что нейросеть смотрит на фото и как она представляет себе вещи.",
    ),
    params=VisualizeParams,
    runner="effects.visualize.runner:Visualize",
    cost=_cost,
    photos=(0, 1),
    least=_least,
    aliases=("saliency", "визуализируй", "загляни", "внимание"),
    size_field="size",
    steps_field="steps",
    memory_mb=900,
    step_limit=120.0,
    example={"size": 64, "steps": 10},
    deferrable=True,
)
