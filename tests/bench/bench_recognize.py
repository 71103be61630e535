"""Recognition: seconds from a photo's bytes to those of the annotated picture."""

from __future__ import annotations

import time

import numpy as np
import torch
from PIL import Image
from skimage import data

from effects import image
from effects.recognize import SPEC
from effects.recognize.runner import Recognize
from effects.recognize.sight import cells
from effects.spec import Item
from effects.weights import WeightsStore
from tests.bench.bench_gatys import Quiet

SIZE = (1280, 960)
TIMES = 9


def main() -> None:
    """Print the median and the fastest, and what the network takes of it."""
    effect = Recognize("cpu", WeightsStore())
    photo = Image.fromarray(data.coffee()).resize(SIZE, Image.Resampling.LANCZOS)
    content = image.encode(photo, "image/jpeg")
    whole, network = [], []
    # The first run takes memory and chooses algorithms.
    for _ in range(TIMES + 1):
        begin = time.perf_counter()
        effect.run(Item(SPEC.parse({}), (image.decode(content),)), Quiet())
        whole.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        cells(effect._net, photo, "cpu")
        network.append(time.perf_counter() - begin)
    del whole[0], network[0]
    print(f"{torch.get_num_threads()} threads, a JPEG of {SIZE[0]}×{SIZE[1]}, bytes in, bytes out")
    print(f"  {np.median(whole):.3f} s median, {min(whole):.3f} s fastest (0.15 wanted)")
    print(f"  {np.median(network):.3f} s of it the network and its view of the photo")


if __name__ == "__main__":
    main()
