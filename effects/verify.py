"""What an effect did, checked before anybody sees it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

from PIL import Image

from effects import image
from effects.errors import BadPicture, BrokenEffect, OutOfMemory
from effects.spec import Media, Output, Text

__all__ = ["is_out_of_memory", "verify"]

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF"}
_MOST_BYTES = 64 << 20
# The words of torch's plain RuntimeErrors, on the GPU and on the CPU.
_NO_MEMORY = re.compile("out of memory|allocate memory", re.IGNORECASE)
# What Pillow reports of a picture without metadata.
_PLAIN = {
    "PNG": {"gamma", "srgb", "chromaticity", "dpi", "aspect", "transparency", "interlace"},
    "JPEG": {
        *("jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"),
        *("adobe", "adobe_transform", "progressive", "progression"),
    },
}


def verify(output: Any, effect: str) -> Output:
    """The output that an effect returned, its pictures without metadata.

    Raises `BrokenEffect`.
    """
    if not isinstance(output, Output):
        raise _broken(effect, f"returned {type(output).__name__} in place of an output")
    if not output.media and output.text is None:
        raise _broken(effect, "returned neither a picture nor a text")
    text = output.text
    if text is not None and (
        not isinstance(text, Text) or not all(type(sentence) is str for sentence in text)
    ):
        raise _broken(effect, "returned a text of the wrong kind")
    if not all(type(key) is str and type(value) is bytes for key, value in output.data.items()):
        raise _broken(effect, "returned data of the wrong kind")
    media = tuple(_medium(medium, effect) for medium in output.media)
    if sum(map(len, (*(medium.content for medium in media), *output.data.values()))) > _MOST_BYTES:
        raise _broken(effect, f"returned more than {_MOST_BYTES >> 20} MB")
    return replace(output, media=media)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an effect's error says that memory is full, whatever library says it."""
    # torch's errors are told by name: torch may not be installed, and is the runners' to import.
    return (
        isinstance(error, MemoryError | OutOfMemory)
        or any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
        or (isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error)) is not None)
    )


def _medium(medium: Any, effect: str) -> Media:
    if not isinstance(medium, Media) or type(medium.content) is not bytes or not medium.content:
        raise _broken(effect, "returned an empty file")
    if medium.type == "video/mp4":
        if medium.content[4:8] != b"ftyp":
            raise _broken(effect, "returned a file that is not of its type video/mp4")
        return medium
    if medium.type not in _FORMATS:
        raise _broken(effect, f"returned a file of the type {str(medium.type)[:40]}")
    format_ = _FORMATS[medium.type]
    try:
        with Image.open(io.BytesIO(medium.content), formats=[format_]) as picture:
            picture.load()
            bare = format_ == "GIF" or _is_bare(picture, _PLAIN[format_])
        if bare:
            return medium
        return Media(medium.type, image.encode(image.decode(medium.content), medium.type))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, BadPicture) as error:
        raise _broken(effect, f"returned a file that is not of its type {medium.type}") from error


def _is_bare(picture: Image.Image, plain: set[str]) -> bool:
    segments = {name for name, _ in getattr(picture, "applist", ())}
    return set(picture.info) <= plain and segments <= {"APP0", "APP14"}


def _broken(effect: str, what: str) -> BrokenEffect:
    return BrokenEffect(f"The effect {effect} is broken: it {what}.", effect=effect)
