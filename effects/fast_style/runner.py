"""The fast style effect, in ONNX Runtime: no torch is needed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]  # published without types
from PIL import Image

from effects import image
from effects.errors import WeightsMissing
from effects.fast_style import FastStyleParams
from effects.fast_style.styles import Styles
from effects.spec import Context, Effect, Item, Media, Output, Weights

__all__ = ["FastStyle"]

# The network halves sides three times, and reflects borders on at least two pixels.
STEP, FEWEST = 8, 16

Pixels = npt.NDArray[np.float32]


class FastStyle(Effect[FastStyleParams]):
    """Photo -> painting, in one pass of a network that stays loaded."""

    def __init__(self, device: str, weights: Weights) -> None:
        super().__init__(device, weights)
        path = Path(weights.path("fast_style"))
        self._styles = Styles.load(path.with_suffix(".npz"))
        options = onnxruntime.SessionOptions()
        # Idle threads sleep: another program may need the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=_providers(device)
            )
        # ONNX Runtime's errors have no base of their own.
        except Exception as error:
            raise WeightsMissing(f"{path} is damaged or no network", path=str(path)) from error

    def run(self, item: Item[FastStyleParams], ctx: Context) -> Output:
        """Paint; one step."""
        (output,) = self.run_batch([item], [ctx])
        return output

    def run_batch(
        self, items: Sequence[Item[FastStyleParams]], ctxs: Sequence[Context]
    ) -> list[Output]:
        """Photos of one size go through the network together, each in its own style."""
        photos = [image.bound(item.photos[0], item.params.size) for item in items]
        vectors = [self._styles.vectors(item.params.style, item.attachments) for item in items]
        groups: dict[tuple[int, int], list[int]] = defaultdict(list)
        for n, photo in enumerate(photos):
            groups[photo.size].append(n)
        outputs: dict[int, Output] = {}
        for members in groups.values():
            for n in members:
                ctxs[n].step(0, 1)
            feed = {
                "photo": np.concatenate([_padded(photos[n]) for n in members]),
                "gamma": np.concatenate([vectors[n][0] for n in members]),
                "beta": np.concatenate([vectors[n][1] for n in members]),
            }
            (paintings,) = self._session.run(None, feed)
            for n, painting in zip(members, paintings, strict=True):
                result = _finish(painting, photos[n], items[n].params)
                outputs[n] = Output((Media("image/jpeg", image.encode(result, "image/jpeg")),))
                ctxs[n].step(1, 1)
        return [outputs[n] for n in range(len(items))]

    def close(self) -> None:
        """Give back the session's memory."""
        del self._session


def _providers(device: str) -> list[Any]:
    """CUDA on a GPU where ONNX Runtime has it, and always the CPU."""
    providers: list[Any] = ["CPUExecutionProvider"]
    kind, _, number = device.partition(":")
    if kind == "cuda" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": int(number or 0)}))
    return providers


def _padded(photo: Image.Image) -> Pixels:
    """1×3×H×W in [0, 1], mirrored beyond the right and lower borders to sides that fit."""
    pixels: Pixels = np.asarray(photo, dtype=np.float32) / np.float32(255)
    more = [(0, max(FEWEST, side + -side % STEP) - side) for side in pixels.shape[:2]]
    return np.pad(pixels, (*more, (0, 0)), mode="symmetric").transpose(2, 0, 1)[None]


def _finish(painting: Pixels, photo: Image.Image, params: FastStyleParams) -> Image.Image:
    pixels = painting[:, : photo.height, : photo.width].transpose(1, 2, 0)
    result = Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8))
    if params.preserve_color:
        result = image.recolour(result, photo)
    return Image.blend(photo, result, params.strength)
