"""Parameters that several effects have, with the same words."""

from __future__ import annotations

from typing import Any

from effects.spec import Text, param

__all__ = ["preserve_color", "seed"]


_OF_A_STYLE = Text(
    "Take only strokes and light from the style, colours from the photo",
    "Взять у стиля только мазки и свет, а цвета — у фото",
)


def preserve_color(description: Text = _OF_A_STYLE) -> Any:
    """Whether the picture keeps the colours of the photo; off unless set."""
    title = Text("Keep the photo's colours", "Сохранить цвета фото")
    return param(False, title, description)


def seed() -> Any:
    """What all chance of the effect hangs on; 0 unless set."""
    return param(
        0,
        Text("Seed", "Зерно"),
        Text(
            "The same seed gives the same picture; another one a variation",
            "То же зерно даёт ту же картину, другое — вариацию",
        ),
        ge=0,
        le=2**31 - 1,
        advanced=True,
    )
