"""A style picture that is ours: brush strokes along a swirling field, in a handful of colours."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

PALETTE = (
    (18, 38, 84),
    (28, 84, 140),
    (72, 146, 178),
    (236, 190, 66),
    (246, 226, 150),
    (196, 74, 44),
)


def ornament(side: int = 640, seed: int = 7) -> Image.Image:
    """Draw a square of `side` pixels; the same seed is the same picture."""
    rng = np.random.default_rng(seed)
    scale = 2  # drawn twice as large, then reduced: smooth edges
    size = side * scale
    centres = rng.uniform(0, size, (7, 2))
    turns = rng.choice([-1.0, 1.0], 7)
    image = Image.new("RGB", (size, size), PALETTE[0])
    draw = ImageDraw.Draw(image)
    for index in range(5200):
        point = rng.uniform(-20, size + 20, 2)
        away = np.linalg.norm(point - centres, axis=1)
        near = int(away.argmin())
        # Rings of colour round the nearest centre: light inside, dark outside.
        ring = (away[near] / (0.045 * size) + rng.normal(0, 0.5)) % len(PALETTE)
        colour = np.array(PALETTE[int(ring)]) + rng.normal(0, 12, 3)
        stroke = [tuple(point)]
        for _ in range(14):
            to = point - centres
            pull = turns / (np.linalg.norm(to, axis=1) + 0.05 * size) ** 2
            flow = (pull[:, None] * np.stack([-to[:, 1], to[:, 0]], 1)).sum(0)
            point = point + flow / (np.linalg.norm(flow) + 1e-9) * 0.006 * size
            stroke.append(tuple(point))
        width = int(rng.uniform(0.5, 1) * 0.013 * size * (1.6 - index / 5200))
        draw.line(
            stroke, fill=tuple(int(v) for v in colour.clip(0, 255)), width=width, joint="curve"
        )
    return image.resize((side, side), Image.Resampling.LANCZOS)
