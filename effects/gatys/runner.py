"""The Gatys effect: photo and style in, picture out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effects import pictures
from effects.backbones import Backbones
from effects.errors import OutOfMemory
from effects.gatys import GatysParams
from effects.gatys.objective import RECIPES, Objective
from effects.gatys.optimise import descend
from effects.gatys.sizes import scale_sides, style_size
from effects.image import encode, recolour
from effects.spec import Context, Effect, Item, Media, Output, Weights

__all__ = ["Gatys"]


class Gatys(Effect[GatysParams]):
    """Optimises the pixels until they look like the style and still show the photo.

    Coarse to fine: each scale starts from the last one's result.
    """

    def __init__(self, device: str, weights: Weights) -> None:
        super().__init__(device, weights)
        self._backbones = Backbones(weights, device)

    def run(self, item: Item[GatysParams], ctx: Context) -> Output:
        """Paint; `data["losses.json"]` tells the losses of the photo and of the result."""
        with _memory_guard(item.params.size):
            return self._paint(item, ctx)

    def close(self) -> None:
        """Forget the networks."""
        self._backbones.clear()

    def _paint(self, item: Item[GatysParams], ctx: Context) -> Output:
        params = item.params
        photo, style = (_grey(each) if params.preserve_color else each for each in item.photos)
        generator = torch.Generator().manual_seed(params.seed)

        def finish(picture: Tensor) -> Image.Image:
            image = pictures.to_image(picture)
            if not params.preserve_color:
                return image
            return recolour(image, pictures.resize(item.photos[0], image.size))

        plan = _plan(params)
        canvas = self._tensor(photo, pictures.working_size(photo.size, plan[0][0]))
        if params.start == "noise":
            canvas = _clouds(canvas, generator)
        done = 0
        for side, steps in plan:
            objective = self._objective(params, photo, style, side, generator)
            canvas = _enlarge(canvas, objective.photo)

            def on_step(step: int, picture: Callable[[], Tensor], before: int = done) -> None:
                ctx.step(before + step, params.steps, lambda: finish(picture()))

            canvas = descend(canvas, objective, steps, params.optimizer, generator, on_step)
            done += steps
        first, last = objective.measure(objective.photo), objective.measure(canvas)
        report = {
            "style": {"first": first[0], "last": last[0]},
            "content": {"first": first[1], "last": last[1]},
        }
        return Output(
            media=(Media("image/png", encode(finish(canvas))),),
            data={"losses.json": json.dumps(report).encode()},
        )

    def _objective(
        self,
        params: GatysParams,
        photo: Image.Image,
        style: Image.Image,
        side: int,
        generator: torch.Generator,
    ) -> Objective:
        size = pictures.working_size(photo.size, side)
        of_style = style_size(style.size, size, params.style_scale)
        recipe = RECIPES[params.backbone]
        if params.start == "noise":
            # The photo must be found first, not only kept.
            recipe = replace(recipe, content=5 * recipe.content, tone=10 * recipe.tone)
        return Objective(
            self._backbones[params.backbone],
            recipe,
            self._tensor(photo, size),
            self._tensor(style, of_style),
            params.strength,
            generator,
        )

    def _tensor(self, image: Image.Image, size: tuple[int, int]) -> Tensor:
        return pictures.to_tensor(pictures.resize(image, size)).to(self.device)


def _plan(params: GatysParams) -> list[tuple[int, int]]:
    """Side and steps of each scale; the steps add up to `params.steps`."""
    *coarser, finest = scale_sides(params.size)
    share = params.steps // (len(coarser) + 2)
    return [*((side, share) for side in coarser), (finest, params.steps - share * len(coarser))]


def _enlarge(picture: Tensor, like: Tensor) -> Tensor:
    size = like.shape[2:]
    return functional.interpolate(picture, size, mode="bicubic", align_corners=False).clamp(0, 1)


def _clouds(like: Tensor, generator: torch.Generator) -> Tensor:
    # Noise without fine grain, which the network would be long in clearing away.
    height, width = (side // 8 + 1 for side in like.shape[2:])
    noise = 0.5 + 0.15 * torch.randn(1, 3, height, width, generator=generator)
    return _enlarge(noise.to(like.device), like)


def _grey(image: Image.Image) -> Image.Image:
    return image.convert("L").convert("RGB")


@contextmanager
def _memory_guard(size: int) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # torch says a full GPU by class, a full main memory only by words.
        full = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not full and "not enough memory" not in str(error) and "alloc" not in str(error):
            raise
        raise OutOfMemory(
            f"there is not enough memory to paint at size {size}; try a smaller size", size=size
        ) from error
