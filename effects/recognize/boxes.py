"""Boxes around objects, with a tag each that keeps off the objects."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from effects.fonts import font
from effects.recognize.objects import Box, Object
from effects.recognize.panel import COLOURS, fit
from effects.spec import Text

__all__ = ["draw_boxes"]

SHADE, INK = "#101216", "#101216"
SMALLEST, SMALLEST_TAGGED = 48, 120
"""Pixels of the photo's shorter side below which a box, and a tag, would hide it."""

Sides = tuple[int, int, int, int]


def draw_boxes(photo: Image.Image, objects: Sequence[Object]) -> Image.Image:
    """A copy of `photo` with the objects' boxes and names, in Russian and English."""
    drawn = photo.copy()
    if min(photo.size) < SMALLEST:
        return drawn
    pen = ImageDraw.Draw(drawn)
    line = max(2, round(max(photo.size) / 256))
    boxes = [_pixels(each.box, photo.size) for each in objects]
    for (left, top, right, bottom), colour in zip(boxes, COLOURS, strict=False):
        # A dark line on both sides keeps the box visible on any ground.
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=SHADE, width=line + 2)
        pen.rectangle((left, top, right, bottom), outline=colour, width=line)
    if min(photo.size) < SMALLEST_TAGGED:
        return drawn
    size = max(14, min(28, max(photo.size) // 36))
    taken: list[Sides] = []
    for number, each in enumerate(objects):
        lines = _lines(each.name, photo.width - 2 * size, size)
        wide = max(int(font(part).getlength(words)) for words, part in lines) + size
        high = sum(part + part // 4 for _, part in lines) + size // 2
        place = _place(number, boxes, (wide, high), photo.size, taken)
        taken.append(place)
        pen.rectangle((place[0] - 1, place[1] - 1, place[2], place[3]), SHADE)
        pen.rectangle((place[0], place[1], place[2] - 1, place[3] - 1), COLOURS[number])
        y = place[1] + size // 4
        for words, part in lines:
            pen.text((place[0] + size // 2, y), words, INK, font(part))
            y += part + part // 4
    return drawn


def _lines(name: Text, room: int, size: int) -> list[tuple[str, int]]:
    """Words of the tag, and the size of their letters."""
    small = round(size * 0.72)
    return [(fit(name.ru, room, size), size), (fit(name.en, room, small), small)]


def _pixels(box: Box, size: tuple[int, int]) -> Sides:
    wide, high = size[0] - 1, size[1] - 1
    left, top = round(box.left * wide), round(box.top * high)
    return left, top, round(box.right * wide), round(box.bottom * high)


def _place(
    number: int,
    boxes: Sequence[Sides],
    tag: tuple[int, int],
    photo: tuple[int, int],
    taken: Sequence[Sides],
) -> Sides:
    """Where in the photo the tag of box `number` hides least: outside the box where there is room.

    Of equal places the first is taken: above, below, then inside at the top.
    """
    left, top, right, bottom = boxes[number]
    wide, high = tag
    rows = (top - high, bottom + 1, top, bottom - high)
    corners = [(x, y) for y in rows for x in (left, right - wide, (left + right - wide) // 2)]
    places = []
    for x, y in corners:
        x, y = max(0, min(x, photo[0] - wide)), max(0, min(y, photo[1] - high))
        places.append((x, y, x + wide, y + high))

    def hidden(place: Sides) -> int:
        covered = sum(_overlap(place, box) * (3 if box is boxes[number] else 1) for box in boxes)
        return covered + 100 * sum(_overlap(place, other) for other in taken)

    return min(places, key=hidden)


def _overlap(one: Sides, other: Sides) -> int:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, wide) * max(0, high)
