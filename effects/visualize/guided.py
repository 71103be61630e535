"""Guided backpropagation: the lines that speak for a class (Springenberg et al. 2015)."""

from __future__ import annotations

from effects.pictures import to_image
from effects.spec import Text
from effects.visualize.colours import blurred, drawing, levelled
from effects.visualize.gradients import mean_slope, strongest
from effects.visualize.rules import guided
from effects.visualize.scene import Scene, Shown, shown_map
from effects.visualize.words import named

__all__ = ["show"]

SAMPLES = 12


def show(scene: Scene) -> Shown:
    """The class's score followed back through positive gradients only, as a drawing in colour."""
    gradient = mean_slope(
        scene.score(guided(scene.net)),
        scene.photo,
        scene.generator,
        SAMPLES,
        lambda done: scene.step(done, SAMPLES),
        noise=0.03,
    )
    values = levelled(blurred(strongest(gradient), 0.008))
    name = named(scene.subject)
    caption = Text(
        f"The lines and colours in which the network sees “{name.en}”.",
        f"Линии и цвета, в которых сеть видит класс «{name.ru}».",
    )
    return shown_map(scene, values, caption, to_image(drawing(gradient[0])[None]))
