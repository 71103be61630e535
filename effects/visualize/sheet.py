"""Pictures side by side, each with a word below."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from effects.fonts import font

__all__ = ["sheet"]

PAPER, INK = "#14161b", "#f4f5f7"
GAP, TEXT = 10, 16
LINE = TEXT + 12


def sheet(panels: Sequence[tuple[Image.Image, str]], columns: int, side: int) -> Image.Image:
    """Panels in rows of `columns`, each fitted into a box of the first one's shape, whose longer
    side has `side` pixels. Below is a line of text, if any has a word.
    """
    first = panels[0][0]
    scale = side / max(first.size)
    width, height = (max(1, round(length * scale)) for length in first.size)
    line = LINE if any(word for _, word in panels) else 0
    rows = -(-len(panels) // columns)
    paper = Image.new(
        "RGB",
        (columns * (width + GAP) + GAP, rows * (height + line + GAP) + GAP),
        PAPER,
    )
    draw = ImageDraw.Draw(paper)
    for n, (picture, word) in enumerate(panels):
        left = GAP + n % columns * (width + GAP)
        top = GAP + n // columns * (height + line + GAP)
        fitted = ImageOps.contain(picture, (width, height), Image.Resampling.LANCZOS)
        paper.paste(
            fitted, (left + (width - fitted.width) // 2, top + (height - fitted.height) // 2)
        )
        draw.text((left + width // 2, top + height + line // 2), word, INK, font(TEXT), anchor="mm")
    return paper
