"""The fast style effect, in ONNX Runtime: no torch is needed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from effects import image
from effects.fast_style import MOST_AT_ONCE, FastStyleParams
from effects.fast_style.session import Network, Planes
from effects.fast_style.styles import Styles
from effects.fast_style.tiles import paint_tiles, planes
from effects.spec import Context, Effect, Item, Media, Output, Weights

__all__ = ["FastStyle"]

# Pixels that the CPU gains from seeing together; with more its caches overflow, and eight pictures
# of 512×512 take a tenth longer together than one after the other.
TOGETHER_ON_CPU = 256 * 256


class FastStyle(Effect[FastStyleParams]):
    """Photo -> painting, in one pass of a network that stays loaded."""

    def __init__(self, device: str, weights: Weights, *, most: int = MOST_AT_ONCE) -> None:
        """The network is shown at most `most` pixels at once, so that memory is bounded."""
        super().__init__(device, weights)
        path = Path(weights.path("fast_style"))
        self._styles = Styles.load(path.with_suffix(".npz"))
        self._network = Network(path, device)
        self._most = most
        self._together = most if self._network.on_gpu else min(most, TOGETHER_ON_CPU)

    def run(self, item: Item[FastStyleParams], ctx: Context) -> Output:
        """Paint; one step, and one a tile where the picture is large."""
        (output,) = self.run_batch([item], [ctx])
        return output

    def run_batch(
        self, items: Sequence[Item[FastStyleParams]], ctxs: Sequence[Context]
    ) -> list[Output]:
        """Photos of one size go through the network together, where that is faster, each in its
        own style.
        """
        photos = [image.bound(item.photos[0], item.params.size) for item in items]
        vectors = [self._styles.vectors(item.params.style, item.attachments) for item in items]
        paintings: dict[int, Image.Image] = {}
        for members in self._groups(photos):
            first = members[0]
            if photos[first].width * photos[first].height > self._most:
                paintings[first] = paint_tiles(
                    self._network,
                    photos[first],
                    vectors[first],
                    self._most,
                    partial(_finished, items[first].params),
                    ctxs[first].step,
                )
                continue
            for n in members:
                ctxs[n].step(0, 1)
            gamma, beta = (np.concatenate([vectors[n][k] for n in members]) for k in range(2))
            shown = np.concatenate([planes(photos[n]) for n in members])
            for n, painting in zip(members, self._network.paint(shown, gamma, beta), strict=True):
                paintings[n] = _finished(items[n].params, painting, photos[n])
                ctxs[n].step(1, 1)
        files = (image.encode(paintings[n], "image/jpeg") for n in range(len(items)))
        return [Output((Media("image/jpeg", file),)) for file in files]

    def close(self) -> None:
        """Give back the session's memory."""
        del self._network

    def _groups(self, photos: Sequence[Image.Image]) -> Iterator[list[int]]:
        """Numbers of photos of one size, as many as the network is shown together."""
        sizes: dict[tuple[int, int], list[int]] = defaultdict(list)
        for n, photo in enumerate(photos):
            sizes[photo.size].append(n)
        for (width, height), members in sizes.items():
            count = max(1, self._together // (width * height))
            for start in range(0, len(members), count):
                yield members[start : start + count]


def _finished(params: FastStyleParams, painting: Planes, photo: Image.Image) -> Image.Image:
    """The painting 3×H×W as a picture, and so much of the photo as is wished for."""
    pixels = (painting[:, : photo.height, : photo.width] * 255 + 0.5).astype(np.uint8)
    result = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    if params.preserve_color:
        result = image.recolour(result, photo)
    return Image.blend(photo, result, params.strength)
