"""The effect of colours, in ONNX Runtime: no torch is needed here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from effects import image
from effects.colorize import ColorizeParams
from effects.colorize.gamut import shown
from effects.colorize.guided import Guided
from effects.colorize.lab import lightness
from effects.colorize.mend import mend
from effects.colorize.session import Network
from effects.colorize.vivid import palette, vivid
from effects.points import read_points
from effects.spec import Context, Effect, Item, Media, Output, Weights

__all__ = ["Colorize"]

STRIP = 2**19
# As PNG, which keeps every pixel, up to so many; a file of a larger picture would be too large to
# send.
LOSSLESS = 4_000_000


class Colorize(Effect[ColorizeParams]):
    """Photo -> the same lightness with the colours that a network expects there.

    A second photo lends its palette.
    """

    def __init__(self, device: str, weights: Weights, *, strip: int = STRIP) -> None:
        """The picture is finished in strips of at most `strip` pixels: memory is bounded."""
        super().__init__(device, weights)
        self._network = Network(Path(weights.path("colorize")), device)
        self._strip = strip

    def run(self, item: Item[ColorizeParams], ctx: Context) -> Output:
        """One step for the network, and one for each strip of the picture."""
        photo = image.bound(item.photos[0], item.params.size)
        if item.params.restore == "light":
            photo = mend(photo)
        rows = max(1, self._strip // photo.width)
        tops = range(0, photo.height, rows)
        ctx.step(0, 1 + len(tops))
        prior = self._network.prior
        wanted = palette(item.photos[1], prior) if len(item.photos) > 1 else None
        adjust, sharpness = vivid(prior, item.params.vividness, wanted)
        points = read_points(item.params.hints)
        guided = Guided(photo, self._network.chroma(photo, adjust, sharpness, points))
        result = Image.new("RGB", photo.size)
        for n, top in enumerate(tops, start=1):
            ctx.step(n, 1 + len(tops), result.copy)
            strip = photo.crop((0, top, photo.width, min(photo.height, top + rows)))
            light = lightness(np.asarray(strip))
            result.paste(Image.fromarray(shown(light, guided.chroma(light, top))), (0, top))
        type = "image/png" if photo.width * photo.height <= LOSSLESS else "image/jpeg"
        output = Output((Media(type, image.encode(result, type, quality=95)),))
        ctx.step(1 + len(tops), 1 + len(tops))
        return output

    def close(self) -> None:
        """Give back the session's memory."""
        del self._network
