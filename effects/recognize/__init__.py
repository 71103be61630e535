"""Recognize: what is in the picture, and where."""

from __future__ import annotations

from effects.spec import EffectSpec, Params, Text


class RecognizeParams(Params):
    """There is nothing to set."""


SPEC = EffectSpec(
    name="recognize",
    title=Text("Recognize", "Что на фото"),
    description=Text(
        "Says what the photo shows and where: boxes around up to four things, and the likeliest"
        " of a thousand kinds of animals and things.",
        "Говорит, что на фото и где: до четырёх предметов в рамках и самые вероятные из тысячи"
        " видов животных и предметов.",
    ),
    params=RecognizeParams,
    runner="effects.recognize.runner:Recognize",
    cost=lambda params, pixels: 0.2 + pixels * 2e-8,
    roles=("photo",),
    photos=(1, 1),
    aliases=("classify", "what", "распознай", "узнай", "что"),
    memory_mb=500,
)
