"""A third party's effects, well-behaved and otherwise, for the tests of the runtime.

They come into a worker as any plugin does: through entry points (see `runtime_kit.install`).
"""

from __future__ import annotations

import ctypes
import io
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, PngImagePlugin

from effects.errors import Cancelled, WeightsMissing, WrongPhotos
from effects.spec import Context, Effect, EffectSpec, Item, Media, Output, Params, Text, param


def _word(name: str) -> Text:
    return Text(name, name)


def _png(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


class GateParams(Params):
    """Files through which a test watches and steers an effect."""

    trace: str = param("", _word("Trace"), _word("A line is added when the effect begins"))
    gate: str = param("", _word("Gate"), _word("The effect goes on when this file exists"))
    pause: float = param(0.02, _word("Pause"), _word("Seconds between steps"), ge=0, le=600)
    how: str = param("", _word("How"), _word("What to do wrong"))


def _leave_trace(params: GateParams) -> None:
    if params.trace:
        with Path(params.trace).open("a") as file:
            file.write(f"{os.getpid()}\n")


class Noop(Effect[GateParams]):
    """Says a word."""

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """Nothing but a text."""
        return Output(text=Text("nothing", "ничего"))


class Invert(Effect[GateParams]):
    """Inverts a photo, step after step until its gate opens."""

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """Step until the gate is there."""
        photo = item.photos[0]
        _leave_trace(item.params)
        done = 0
        while item.params.gate and not Path(item.params.gate).exists():
            time.sleep(item.params.pause)
            done += 1
            ctx.step(done, 1000, lambda: photo)
        picture = _png(ImageOps.invert(photo))
        return Output(media=(Media("image/png", picture),), text=Text("inverted", "наоборот"))


class Teach(Effect[GateParams]):
    """Gives back what was attached."""

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """The attachments, longer."""
        data = {name: content + b" learnt" for name, content in item.attachments.items()}
        return Output(text=Text("taught", "научен"), data=data)


class StrollParams(Params):
    """How long to take."""

    steps: int = param(1, _word("Steps"), _word("How many"), ge=1, le=1000)
    pause: float = param(0.02, _word("Pause"), _word("Seconds between steps"), ge=0, le=600)


class Stroll(Effect[StrollParams]):
    """Inverts a photo in its own time."""

    def run(self, item: Item[StrollParams], ctx: Context) -> Output:
        """Step so many times."""
        for done in range(item.params.steps):
            time.sleep(item.params.pause)
            ctx.step(done, item.params.steps, lambda: item.photos[0])
        return Output(media=(Media("image/png", _png(ImageOps.invert(item.photos[0]))),))


class Hang(Effect[GateParams]):
    """Falls silent, deep in native code that holds the interpreter's lock."""

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """Never comes back."""
        _leave_trace(item.params)
        ctypes.PyDLL(None).sleep(600)
        raise AssertionError


class Odd(Effect[GateParams]):
    """Does something wrong."""

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """Do what `how` says."""
        _leave_trace(item.params)
        picture = Image.new("RGB", (32, 24), "teal")
        match item.params.how:
            case "raise":
                raise RuntimeError("inner words: /home/secret")
            case "exit":
                raise SystemExit(3)
            case "user":
                raise WrongPhotos("odd wants a happier picture", given=1)
            case "memory":
                raise MemoryError
            case "torch memory":
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            case "die":
                os._exit(7)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "none":
                return None
            case "nothing":
                return Output()
            case "wrong type":
                return Output(media=(Media("image/jpeg", _png(picture)),))
            case "unknown type":
                return Output(media=(Media("text/html", b"<p>"),))
            case "empty":
                return Output(media=(Media("image/png", b""),))
            case "truncated":
                return Output(media=(Media("image/png", _png(picture)[:-40]),))
            case "prints":
                print("noise on the pipe", flush=True)
            case "metadata":
                exif, words = Image.Exif(), PngImagePlugin.PngInfo()
                exif[0x010E] = "GPS 55.75 37.61"
                words.add_text("Author", "GPS 55.75 37.61")
                jpeg = io.BytesIO()
                picture.save(jpeg, "JPEG", exif=exif, comment=b"GPS 55.75 37.61")
                return Output(
                    media=(
                        Media("image/png", _png(picture, exif=exif, pnginfo=words)),
                        Media("image/jpeg", jpeg.getvalue()),
                    )
                )
        return Output(media=(Media("image/png", _png(picture)),))


class Choir(Effect[GateParams]):
    """Inverts several photos in step, until the gate of each is open."""

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """One voice."""
        return self.run_batch([item], [ctx])[0]

    def run_batch(self, items: Sequence[Item[GateParams]], ctxs: Sequence[Context]) -> list[Output]:
        """All voices; the trace of each tells how many there are."""
        hows = {item.params.how for item in items}
        for item in items:
            if item.params.trace:
                with Path(item.params.trace).open("a") as file:
                    file.write(f"{len(items)}\n")
        if "die" in hows or ("die alone" in hows and len(items) == 1):
            os._exit(7)
        if "hang" in hows:
            time.sleep(600)
        if "raise" in hows or ("together" in hows and len(items) > 1):
            raise RuntimeError("inner words: /home/secret")
        if "memory" in hows and len(items) > 1:
            raise MemoryError
        singing = list(zip(items, ctxs, strict=True))
        while singing := [pair for pair in singing if self._sings(*pair)]:
            time.sleep(0.02)
        outputs = [self._output(item) for item in items]
        return outputs[1:] if "short" in hows and len(items) > 1 else outputs

    def _sings(self, item: Item[GateParams], ctx: Context) -> bool:
        try:
            ctx.step(1, 2)
        except Cancelled:
            if item.params.how != "go on":
                raise
            return False
        return bool(item.params.gate) and not Path(item.params.gate).exists()

    def _output(self, item: Item[GateParams]) -> Output:
        if item.params.how == "nothing":
            return Output()
        return Output(media=(Media("image/png", _png(ImageOps.invert(item.photos[0]))),))


class NoWeights(Noop):
    """Can't be loaded before its weights are there."""

    def __init__(self, device: str, weights: Any) -> None:
        super().__init__(device, weights)
        if not (weights.folder / "odd.pth").exists():
            raise WeightsMissing("the weights odd.pth are not there: get them from nowhere")


class LateTrouble(Effect[GateParams]):
    """Loads once; the second time, after the shelf was emptied, it can't."""

    def __init__(self, device: str, weights: Any) -> None:
        super().__init__(device, weights)
        flag = Path(os.environ["LATE_TROUBLE"])
        if flag.exists():
            raise ValueError("inner words")
        flag.touch()

    def run(self, item: Item[GateParams], ctx: Context) -> Output:
        """Empty the shelf."""
        raise MemoryError


class DeadlyLoad(Noop):
    """Kills the process that loads it before its weights are there."""

    def __init__(self, device: str, weights: Any) -> None:
        super().__init__(device, weights)
        if not (weights.folder / "deadly.pth").exists():
            os._exit(9)


class EndlessLoad(Effect[GateParams]):
    """Is never loaded."""

    def __init__(self, device: str, weights: Any) -> None:
        time.sleep(600)


def _spec(
    name: str,
    runner: type[Effect[Any]],
    photos: int,
    step_limit: float,
    params: type[Params] = GateParams,
    max_batch: int = 1,
    teaches: str = "",
) -> EffectSpec:
    return EffectSpec(
        name=name,
        title=_word(name),
        description=_word(name),
        params=params,
        runner=f"{__name__}:{runner.__name__}",
        cost=lambda params, pixels: 0.1,
        roles=("photo",) * photos,
        photos=(photos, photos),
        step_limit=step_limit,
        teaches=teaches,
        max_batch=max_batch,
        memory_mb=10,
    )


NOOP = _spec("noop", Noop, 0, 60)
INVERT = _spec("invert", Invert, 1, 60)
DUET = _spec("duet", Invert, 2, 60)
STROLL = _spec("stroll", Stroll, 1, 3, StrollParams)
HANG = _spec("hang", Hang, 0, 3)
TEACH = _spec("teach", Teach, 0, 60, teaches="invert")
HANG_LONG = _spec("hang_long", Hang, 0, 600)
ODD = _spec("odd", Odd, 0, 60)
CHOIR = _spec("choir", Choir, 1, 60, max_batch=4)
HASTY_CHOIR = _spec("hasty_choir", Choir, 1, 3, max_batch=4)
NO_WEIGHTS = _spec("no_weights", NoWeights, 0, 60)
LATE_TROUBLE = _spec("late_trouble", LateTrouble, 0, 60)
DEADLY_LOAD = _spec("deadly_load", DeadlyLoad, 0, 60)
ENDLESS_LOAD = _spec("endless_load", EndlessLoad, 0, 60)
