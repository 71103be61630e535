"""Reconstruction: what a layer still knows of a photo (Gatys, Ecker & Bethge 2015, figure 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from effects.backbones import Backbone
from effects.gatys import losses
from effects.gatys.objective import (
    RECIPES,
    Recipe,
    Shift,
    StyleTarget,
    draw_shifts,
    random_directions,
    shifted,
    style_loss,
)
from effects.pictures import to_image
from effects.spec import Text
from effects.visualize.ascent import ascend
from effects.visualize.canvas import Canvas
from effects.visualize.scene import Scene, Shown

__all__ = ["content_objective", "show", "texture_objective"]

Objective = Callable[[Tensor], Tensor]

# Of grain, which deep layers do not see and so would leave as it comes.
VARIATION = 2.0


def content_objective(
    net: Backbone, layer: str, photo: Tensor, generator: torch.Generator
) -> Objective:
    """How near a picture's activation at `layer` is to that of `photo`, 1×3×H×W; 0 at best."""
    shifts = draw_shifts(generator)

    @cache
    @torch.no_grad()
    def wanted(shift: Shift) -> Tensor:
        return net.features(shifted(photo, shift), [layer])[layer]

    def objective(picture: Tensor) -> Tensor:
        shift = _one_of(shifts, generator)
        found = net.features(shifted(picture, shift), [layer])[layer]
        loss = losses.content_loss(found, wanted(shift))
        return -loss - VARIATION * losses.total_variation(picture)

    return objective


def texture_objective(
    net: Backbone, recipe: Recipe, photo: Tensor, generator: torch.Generator
) -> Objective:
    """How near a picture is to the style of `photo`, with all that Gatys asks of a style but
    nothing of the content; 0 at best.
    """
    shifts = draw_shifts(generator)
    wanted = StyleTarget.of(net, recipe, photo, shifts[:4])

    def objective(picture: Tensor) -> Tensor:
        shift = _one_of(shifts, generator)
        features = net.features(shifted(picture, shift), recipe.style_layers)
        directions = random_directions(generator, picture.device)
        grain = losses.grain_loss(losses.local_covariances(picture), wanted.covariances)
        palette = losses.palette_loss(losses.palette(picture), wanted.palette, directions)
        return -(
            recipe.style * style_loss(features, wanted.grams)
            + recipe.grain * grain
            + recipe.palette * palette
            + recipe.variation * losses.total_variation(picture)
        )

    return objective


def _one_of(shifts: Sequence[Shift], generator: torch.Generator) -> Shift:
    return shifts[int(torch.randint(len(shifts), (), generator=generator))]


def show(scene: Scene) -> Shown:
    """A picture of the photo's size grown from blank."""
    net, photo = scene.net, scene.photo
    height, width = photo.shape[2:]
    canvas = Canvas(1, (height, width), scene.generator, photo.device)
    if scene.params.keep == "texture":
        recipe = RECIPES[scene.params.network]
        objective = texture_objective(net, recipe, photo, scene.generator)
        word = "texture"
        caption = Text(
            "The photo's texture alone: what it is made of is kept, where things stand is not.",
            "Одна лишь фактура фото: из чего оно сделано — сохранено, что где стоит — нет.",
        )
    else:
        objective = content_objective(net, scene.layer, photo, scene.generator)
        word = scene.layer
        caption = Text(
            f"All that layer {word} still knows of the photo, grown from a blank picture.",
            f"Всё, что слой {word} ещё помнит о фото: картинка выросла из пустой.",
        )
    return Shown(
        caption, ((to_image(ascend(canvas, objective, scene.params.steps, scene.watch())), word),)
    )
