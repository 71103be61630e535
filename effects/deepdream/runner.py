"""The dream effect: a photo in, what the network sees in it out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from effects.backbones import Backbones
from effects.deepdream import DreamParams, film
from effects.deepdream.aims import Aim, aim_at, guided_by
from effects.deepdream.ascent import ascend
from effects.deepdream.schedule import plan
from effects.image import encode, recolour
from effects.pictures import resize, to_image, to_tensor, working_size
from effects.spec import Context, Effect, Item, Media, Output, Text, Weights

__all__ = ["Dream"]

# Longer sides, pixels.
GUIDE, PREVIEW = 256, 512
_NO_MP4 = Text(
    "A GIF, since this machine can't make MP4: it lacks the package av.",
    "Это GIF: сделать MP4 на этой машине нельзя, на ней нет пакета av.",
)


class Dream(Effect[DreamParams]):
    """Gradient ascent on what a layer, a class or a guide says, from coarse to fine."""

    def __init__(self, device: str, weights: Weights) -> None:
        super().__init__(device, weights)
        self._nets = Backbones(weights, device)

    def run(self, item: Item[DreamParams], ctx: Context) -> Output:
        """Dream; `data["objective.json"]` tells the objective's rise at each octave."""
        params, photo = item.params, item.photos[0]
        planned = plan(params.size, params.scale, params.steps, params.frames)
        generator = torch.Generator().manual_seed(params.seed)
        aim = self._aim(item)
        watch = _Watch(ctx, planned.steps, params)
        frames: list[Image.Image] = []
        report = []
        for octaves in planned.frames:
            start = film.zoomed(frames[-1], params.zoom) if frames else photo
            watch.photo = start
            picture, climbs = ascend(
                start,
                planned.side,
                octaves,
                aim,
                params.strength,
                generator,
                self.device,
                watch,
                inert=not params.subject.is_layer and not params.subject.is_random,
            )
            frame = _finished(params, picture, start)
            frames.append(film.matched(frame, photo) if frames else frame)
            report += [asdict(climb) for climb in climbs]
        media, text = _media(frames, params.format)
        return Output((media,), text, data={"objective.json": json.dumps(report).encode()})

    def close(self) -> None:
        """Forget the networks."""
        self._nets.clear()

    def _aim(self, item: Item[DreamParams]) -> Aim:
        net, subject = self._nets[item.params.backbone], item.params.subject
        if len(item.photos) == 1:
            return aim_at(net, subject)
        guide = resize(item.photos[1], working_size(item.photos[1].size, GUIDE))
        return guided_by(net, subject.layer, to_tensor(guide).to(self.device))


def _media(frames: list[Image.Image], format: str) -> tuple[Media, Text | None]:
    """The picture or the animation, and what there is to say of it."""
    if len(frames) == 1:
        return Media("image/jpeg", encode(frames[0], "image/jpeg")), None
    if format == "mp4" and film.makes_mp4():
        return Media("video/mp4", film.encode_mp4(frames)), None
    said = _NO_MP4 if format == "mp4" else None
    return Media("image/gif", film.encode_gif(frames)), said


class _Watch:
    """Counts the steps for a context."""

    photo: Image.Image
    """What is dreamt upon just now."""

    def __init__(self, ctx: Context, total: int, params: DreamParams) -> None:
        self._ctx = ctx
        self._done, self._total = 0, total
        self._params = params

    def on_step(self, picture: Callable[[], Tensor]) -> None:
        """See `effects.deepdream.ascent.Watch`."""
        self._done += 1

        def preview() -> Image.Image:
            return _finished(self._params, _small(picture()), self.photo)

        self._ctx.step(self._done, self._total, preview)

    def on_piece(self) -> None:
        """See `effects.deepdream.ascent.Watch`."""
        self._ctx.step(self._done, self._total)


def _finished(params: DreamParams, picture: Tensor, photo: Image.Image) -> Image.Image:
    image = to_image(picture)
    return recolour(image, resize(photo, image.size)) if params.preserve_color else image


def _small(picture: Tensor) -> Tensor:
    factor = PREVIEW / max(picture.shape[2:])
    if factor >= 1:
        return picture
    return functional.interpolate(picture, scale_factor=factor, mode="area")
