"""Saliency: which pixels a class's score hangs on (Simonyan, Vedaldi & Zisserman 2014)."""

from __future__ import annotations

from effects.spec import Text
from effects.visualize.colours import blurred, levelled
from effects.visualize.gradients import mean_slope, strongest
from effects.visualize.scene import Scene, Shown, shown_map
from effects.visualize.words import named

__all__ = ["SAMPLES", "show"]

SAMPLES = 8


def show(scene: Scene) -> Shown:
    """A map of the size of the gradient of the class's score."""
    gradient = mean_slope(
        scene.score(scene.net),
        scene.photo,
        scene.generator,
        SAMPLES,
        lambda done: scene.step(done, SAMPLES),
    )
    values = levelled(blurred(strongest(gradient), 0.01))
    name = named(scene.subject)
    caption = Text(
        f"Bright: the pixels on which the answer “{name.en}” hangs most.",
        f"Ярко — пиксели, от которых сильнее всего зависит ответ «{name.ru}».",
    )
    return shown_map(scene, values, caption)
