"""A flight into a dream, as a GIF or an MP4."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from PIL import Image

__all__ = ["encode_gif", "encode_mp4", "makes_mp4", "matched", "zoomed"]

FRAME_MS = 100
COLOURS = 128
# A quality at which people see no loss. With more threads, or its tree of macroblocks, x264 gives
# other bytes now and then.
_X264 = {"crf": "18", "threads": "1", "x264-params": "mbtree=0"}


def zoomed(picture: Image.Image, factor: float) -> Image.Image:
    """The middle of the picture, enlarged to its size."""
    width, height = picture.size
    left, upper = (side * (1 - 1 / factor) / 2 for side in picture.size)
    return picture.resize(
        picture.size,
        Image.Resampling.BICUBIC,
        box=(left, upper, width - left, height - upper),
    )


def matched(picture: Image.Image, like: Image.Image) -> Image.Image:
    """The picture with the mean and deviation of each colour of another: dreams of dreams would
    else get ever more glaring.
    """
    ours, theirs = (np.asarray(each, dtype=np.float32) for each in (picture, like))
    gain = theirs.std((0, 1)) / ours.std((0, 1)).clip(1)
    values = (ours - ours.mean((0, 1))) * gain + theirs.mean((0, 1))
    return Image.fromarray(values.round().clip(0, 255).astype(np.uint8))


def encode_gif(frames: Sequence[Image.Image]) -> bytes:
    """An endless animation; each frame has a palette of its own."""
    # Dithering would be grain that flickers, and twice the bytes.
    first, *others = (frame.quantize(COLOURS, dither=Image.Dither.NONE) for frame in frames)
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=FRAME_MS, loop=0)
    return file.getvalue()


def makes_mp4() -> bool:
    """Whether the package that encodes MP4 is installed."""
    return find_spec("av") is not None


def encode_mp4(frames: Sequence[Image.Image]) -> bytes:
    """H.264, as browsers and messengers play it; of odd sides the last pixel is left out."""
    import av

    width, height = (side - side % 2 for side in frames[0].size)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("libx264", 1000 // FRAME_MS, _X264)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            even = frame.crop((0, 0, width, height))
            shown = av.VideoFrame.from_image(even)  # type: ignore[no-untyped-call]  # av's own
            film.mux(stream.encode(shown))
        film.mux(stream.encode())
    return file.getvalue()
