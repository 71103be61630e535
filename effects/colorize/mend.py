"""Light repairs of an old print: dust, thin scratches and lost contrast."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageOps

__all__ = ["mend"]

# A pixel that is so far, of 255, from the median of the 5×5 around it is dust or scratch.
SPECK, WINDOW = 48, 5
# Percent of the pixels that may become quite black, and white.
LOST = 0.5


def mend(photo: Image.Image) -> Image.Image:
    """A grey picture of mode RGB."""
    grey = photo.convert("L")
    median = grey.filter(ImageFilter.MedianFilter(WINDOW))
    specks = ImageChops.difference(grey, median).point(lambda level: 255 * (level > SPECK))
    whole = Image.composite(median, grey, specks)
    return ImageOps.autocontrast(whole, cutoff=LOST).convert("RGB")
