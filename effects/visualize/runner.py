"""The visualize effect: a photo in, a look into the network out."""

from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image

from effects import image
from effects.backbones import Backbones
from effects.pictures import resize, to_image, to_tensor, working_size
from effects.spec import Context, Effect, Item, Media, Output, Weights
from effects.visualize import (
    VisualizeParams,
    class_model,
    deconvnet,
    features,
    gradient,
    guided,
    occlusion,
    reconstruct,
    saliency,
)
from effects.visualize.scene import Scene, Shown
from effects.visualize.sheet import sheet

__all__ = ["Visualize"]

_METHODS: dict[str, Callable[[Scene], Shown]] = {
    "saliency": saliency.show,
    "guided": guided.show,
    "deconvnet": deconvnet.show,
    "class_model": class_model.show,
    "gradient": gradient.show,
    "features": features.show,
    "reconstruct": reconstruct.show,
    "occlusion": occlusion.show,
}
# The longer side of the photo under a map, and of each picture in a sheet; pixels.
SHOWN, PANEL = 1024, 512
# In place of a photo that is not needed.
GREY = "#808080"
# Of one of many pictures in a sheet.
TILE = 192


class Visualize(Effect[VisualizeParams]):
    """Shows what the network sees, by one of eight methods, each a module of its own."""

    def __init__(self, device: str, weights: Weights) -> None:
        super().__init__(device, weights)
        self._backbones = Backbones(weights, device)

    def run(self, item: Item[VisualizeParams], ctx: Context) -> Output:
        """Look; the text says what one sees."""
        scene = self._scene(item, ctx)
        shown = _METHODS[item.params.method](scene)
        picture = _composed(shown, scene, item.params.view)
        return Output((Media("image/jpeg", image.encode(picture, "image/jpeg")),), shown.caption)

    def close(self) -> None:
        """Forget the networks."""
        self._backbones.clear()

    def _scene(self, item: Item[VisualizeParams], ctx: Context) -> Scene:
        params = item.params
        blank = Image.new("RGB", (params.size, params.size), GREY)
        photo = item.photos[0] if item.photos else blank
        net = self._backbones[params.network]
        small = to_tensor(resize(photo, working_size(photo.size, params.size))).to(self.device)
        side = max(params.size, min(SHOWN, max(photo.size)))
        large = to_tensor(resize(photo, working_size(photo.size, side)))[0].to(self.device)
        return Scene(
            params=params,
            net=net,
            photo=small,
            has_photo=bool(item.photos),
            large=large,
            generator=torch.Generator().manual_seed(params.seed),
            context=ctx,
        )


def _composed(shown: Shown, scene: Scene, view: str) -> Image.Image:
    """The picture that goes out."""
    if len(shown.panels) > 1:
        return sheet(shown.panels, shown.columns, TILE)
    (picture, word), overlay = shown.panels[0], shown.overlay
    if view == "sheet" and scene.has_photo:
        panels = [(to_image(scene.large[None]), "photo"), (picture, word)]
        if overlay is not None:
            panels.append((overlay, "overlay"))
        return sheet(panels, len(panels), PANEL)
    if view == "overlay" and overlay is not None:
        return overlay
    return picture
