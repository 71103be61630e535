"""A class model: how the network imagines a class (Simonyan et al. 2014, section 2).

In place of the paper's penalty on bright pixels, what makes it legible: colours and frequencies
as photographs have them, a moving eye, coarse sizes first, and little fine contrast.
"""

from __future__ import annotations

from itertools import count

from torch import Tensor

from effects.gatys.losses import total_variation
from effects.pictures import to_image
from effects.spec import Text
from effects.visualize.ascent import ascend
from effects.visualize.canvas import Canvas, seen_askew
from effects.visualize.scene import Scene, Shown

__all__ = ["shares", "show"]

VARIATION = 150.0
# The first step shows the picture at this share of its side: large shapes come first.
COARSEST = 0.45


def shares(step: int, steps: int) -> float:
    """At which share of its side the picture is seen at a step: all of it in the last fifth."""
    return min(1.0, COARSEST + (1 - COARSEST) * 1.25 * step / steps)


def show(scene: Scene) -> Shown:
    """A square picture grown from blank until the class's score is high."""
    side, steps = scene.params.size, scene.params.steps
    canvas = Canvas(1, (side, side), scene.generator, scene.photo.device)
    score = scene.score(scene.net)
    step = count()

    def objective(pictures: Tensor) -> Tensor:
        askew = seen_askew(pictures, scene.generator, share=shares(next(step), steps))
        return score(askew).sum() - VARIATION * total_variation(pictures)

    grown = ascend(canvas, objective, steps, scene.watch())
    name = scene.subject.name
    caption = Text(
        f"How the network imagines “{name.en}”: grown from a blank picture.",
        f"Так сеть представляет себе класс «{name.ru}»: картинка выросла из пустой.",
    )
    return Shown(caption, ((to_image(grown), name.en),))
