"""Learning a style: the vectors that make the shipped network paint like a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageOps

from effects import image
from effects.backbones import efficientnet_lite0
from effects.fast_style.restore import restore
from effects.fast_style.styles import Styles
from effects.fast_style.train.batches import Batch, batches
from effects.fast_style.train.gradients import Gradients
from effects.fast_style.train.teacher import Teacher
from effects.fast_style.vectors import pack
from effects.learn_style import LearnStyleParams, photos
from effects.learn_style.checkpoint import Checkpoint
from effects.learn_style.fit import Fit
from effects.pictures import to_image, to_tensor
from effects.spec import Context, Effect, Item, Media, Output, Weights

__all__ = ["LearnStyle", "Terms"]

# Sides, pixels.
THUMBNAIL, PREVIEW = 384, 192
# Steps between checkpoints.
OFTEN = 5


@dataclass(frozen=True)
class Terms:
    """What a step works on."""

    crop: int = 256
    """Side of the squares cut from photographs, pixels."""
    batch: int = 2
    side: int = 512
    """Longer side of the style picture, pixels; as in training."""


class LearnStyle(Effect[LearnStyleParams]):
    """Style picture -> vectors and thumbnail; killed, the same call goes on where it was."""

    def __init__(self, device: str, weights: Weights, terms: Terms | None = None) -> None:
        super().__init__(device, weights)
        path = Path(weights.path("fast_style"))
        self._terms = terms or Terms()
        self._styles = Styles.load(path.with_suffix(".npz"))
        self._net = restore(path).to(device).requires_grad_(False)
        self._lite0 = efficientnet_lite0(weights, device)
        self._gradients = Gradients(device, self._terms.batch)
        self._photos, self._model = photos.bundled(), photos.model()

    def run(self, item: Item[LearnStyleParams], ctx: Context) -> Output:
        """Learn; `data` has the vectors, under the filter's name."""
        steps, network = item.params.steps, self._styles.network
        style = image.bound(item.photos[0], self._terms.side)
        checkpoint = Checkpoint(style, self._terms, steps, network, self.device)
        fit = self._resumed(checkpoint)
        teacher = Teacher(self._lite0, None, [to_tensor(style).to(self.device)])
        if not fit.step:
            self._begin(fit, teacher, lambda: ctx.step(0, steps))
        with self._batches(fit.step) as made:
            while fit.step < steps:
                ctx.step(fit.step, steps, lambda: self._show(fit, PREVIEW))
                fit.advance(next(made), teacher, fit.step / steps)
                if fit.step % OFTEN == 0:
                    checkpoint.write(fit.state())
        ctx.step(steps, steps, lambda: self._show(fit, PREVIEW))
        gamma, beta = fit.vectors.detach().cpu().numpy()[:, 0]
        thumbnail = image.encode(self._show(fit, THUMBNAIL), "image/jpeg")
        checkpoint.remove()
        name = item.params.name or f"filter-{checkpoint.key[:4]}"
        return Output((Media("image/jpeg", thumbnail),), data={name: pack(network, gamma, beta)})

    def close(self) -> None:
        """Give back the networks' memory, and the threads."""
        self._gradients.close()
        del self._net, self._lite0

    def _fresh(self) -> Fit:
        gamma, beta = (
            torch.from_numpy(each).to(self.device)
            for each in (self._styles.gamma, self._styles.beta)
        )
        return Fit(self._net, gamma, beta, self._gradients)

    def _resumed(self, checkpoint: Checkpoint) -> Fit:
        """A fit that is where the checkpoint is, or at its beginning."""
        state = checkpoint.read()
        if state is not None:
            # Whatever is wrong with it: nothing is lost but the time.
            with suppress(KeyError, TypeError, ValueError, RuntimeError):
                fit = self._fresh()
                fit.load(state)
                return fit
        return self._fresh()

    def _begin(self, fit: Fit, teacher: Teacher, tried: Callable[[], None]) -> None:
        """Start from the known style that is nearest, as a few photographs show."""
        with self._batches(0) as made:
            batch = next(made)
        found = []
        for style in range(len(self._styles.names)):
            tried()
            fit.begin(style)
            found.append(fit.judge(batch, teacher))
        fit.begin(found.index(min(found)))

    @contextmanager
    def _batches(self, first: int) -> Iterator[Iterator[Batch]]:
        terms = self._terms
        with closing(batches(self._photos, 1, terms.batch, terms.crop, 0, first)) as made:
            yield (each._replace(photos=each.photos.to(self.device)) for each in made)

    @torch.no_grad()
    def _show(self, fit: Fit, side: int) -> Image.Image:
        """The photograph of all thumbnails, a square, in the style so far."""
        square = ImageOps.fit(self._model, (side, side), Image.Resampling.LANCZOS)
        return to_image(fit.paint(to_tensor(square).to(self.device)))
