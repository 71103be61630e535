"""The interface of an effect: what it is called, what it takes, what it gives.

A module that only describes an effect imports this and nothing heavier; the network is
named by `EffectSpec.runner` and loaded in the worker's child process alone.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from effects.errors import BadParams, BadSpec, WrongPhotos

__all__ = [
    "Context",
    "Effect",
    "EffectSpec",
    "Item",
    "Media",
    "Output",
    "Params",
    "Text",
    "Weights",
    "param",
]


class Text(NamedTuple):
    """A sentence for people, in English and Russian."""

    en: str
    ru: str


class Params(BaseModel):
    """The parameters of an effect: one frozen model from which chat, form and shell are made.

    Every field is declared with `param`, so that it has a title, a description and bounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def param(
    default: Any,
    title: Text,
    description: Text,
    *,
    ge: float | None = None,
    le: float | None = None,
    multiple_of: float | None = None,
    advanced: bool = False,
) -> Any:
    """Declare one parameter: its default, its words and its bounds (both inclusive).

    `advanced` parameters are folded away in forms; `multiple_of` is also a slider's step.
    """
    return Field(
        default,
        title=title.en,
        description=description.en,
        ge=ge,
        le=le,
        multiple_of=multiple_of,
        json_schema_extra={
            "title_ru": title.ru,
            "description_ru": description.ru,
            "advanced": advanced,
        },
    )


P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Item(Generic[P]):
    """One request: checked parameters, and photos as upright sRGB pictures of mode RGB."""

    params: P
    photos: tuple[Image.Image, ...]


@dataclass(frozen=True)
class Media:
    """An encoded file that goes back to the person."""

    type: str
    """MIME type: image/png, image/jpeg, image/gif or video/mp4."""
    content: bytes


@dataclass(frozen=True)
class Output:
    """What an effect gives back: files to show, words to say, named data for programs."""

    media: tuple[Media, ...] = ()
    text: Text | None = None
    data: Mapping[str, bytes] = field(default_factory=dict)


class Context(Protocol):
    """All that a running effect may know of the world around it."""

    def step(self, done: int, total: int, preview: Callable[[], Image.Image] | None = None) -> None:
        """Say that `done` of `total` steps are over; call it at least once in every
        `EffectSpec.step_limit` seconds.

        `preview` is called only when somebody is about to look. Raises `Cancelled` when the
        job was cancelled: let it pass.
        """


class Weights(Protocol):
    """Where an effect gets the files of its networks from."""

    def path(self, name: str) -> str:
        """The local path of the weights `name`; raises `WeightsMissing`."""


class Effect(Generic[P]):
    """A loaded effect on one device; made once, then called many times from one thread."""

    def __init__(self, device: str, weights: Weights) -> None:
        """Load what is needed. `device` is torch's name of it: "cpu", "cuda:0"."""
        self.device = device
        self.weights = weights

    def run(self, item: Item[P], ctx: Context) -> Output:
        """Turn one item into an output."""
        raise NotImplementedError

    def run_batch(self, items: Sequence[Item[P]], ctxs: Sequence[Context]) -> list[Output]:
        """Run several items; override where the network gains from it. One output per item."""
        return [self.run(item, ctx) for item, ctx in zip(items, ctxs, strict=True)]

    def close(self) -> None:
        """Give back what the effect holds."""


_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_RUNNER = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class EffectSpec:
    """Everything that is known of an effect without loading it."""

    name: str
    """Lower-case identifier; also the chat command: `/gatys`."""
    title: Text
    description: Text
    params: type[Params]
    runner: str
    """Where the `Effect` class is: "package.module:Class"."""
    cost: Callable[[Any, int], float]
    """(params, pixels of the first photo) -> expected seconds on two CPU cores."""
    roles: tuple[str, ...] = ("photo",)
    """What each photo is for, in order: photo, style, guide, palette."""
    photos: tuple[int, int] = (1, 1)
    """Fewest and most photos."""
    aliases: tuple[str, ...] = ()
    """Other words, in any language, that mean this effect."""
    strength_field: str | None = None
    """The parameter that "stronger" and "weaker" move."""
    max_batch: int = 1
    memory_mb: int = 500
    """Peak memory of the run at default parameters."""
    step_limit: float = 60.0
    """Seconds without a step after which the effect counts as hung."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of a quick run, used for warm-up and tests."""
    deferrable: bool = False
    """May wait for the night."""

    def __post_init__(self) -> None:
        for word in (self.name, *self.aliases):
            if not word or word != word.lower() or " " in word:
                raise BadSpec(f"effect {self.name!r}: {word!r} is not one lower-case word")
        if not _NAME.fullmatch(self.name):
            raise BadSpec(f"effect name {self.name!r}: use 2–32 of a–z, 0–9 and _")
        if not _RUNNER.fullmatch(self.runner):
            raise BadSpec(f"effect {self.name}: runner {self.runner!r} is not 'module:Class'")
        fewest, most = self.photos
        if not 0 <= fewest <= most == len(self.roles):
            raise BadSpec(f"effect {self.name}: {self.photos} photos but {len(self.roles)} roles")
        fields = self.params.model_fields
        if self.strength_field is not None and self.strength_field not in fields:
            raise BadSpec(f"effect {self.name}: no parameter {self.strength_field!r}")
        for key, info in fields.items():
            if not (info.title and info.description) or info.is_required():
                raise BadSpec(f"effect {self.name}: declare parameter {key!r} with param()")
        try:
            self.parse(self.example)
        except BadParams as error:
            raise BadSpec(f"effect {self.name}: its example is wrong: {error}") from error

    def parse(self, values: Mapping[str, Any]) -> Any:
        """Check `values` (strings are converted) and return the effect's `Params`.

        Raises `BadParams` with one sentence that names the parameter and its range.
        """
        fields = self.params.model_fields
        for key in values:
            if key not in fields:
                close = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else "it has " + ", ".join(fields)
                raise BadParams(
                    f"{self.name} has no parameter {key!r}; {hint}",
                    effect=self.name,
                    param=key,
                    nearest=close[0] if close else "",
                )
        try:
            return self.params.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = str(first["loc"][0]) if first["loc"] else ""
            shown = str(first["input"])[:40]
            raise BadParams(
                f"{key}={shown}: {first['msg'].removeprefix('Input ')}{self._range(key)}",
                effect=self.name,
                param=key,
                value=shown,
            ) from error

    def _range(self, key: str) -> str:
        schema = self.params.model_json_schema()["properties"].get(key, {})
        low, high = schema.get("minimum"), schema.get("maximum")
        return f" (from {low} to {high})" if low is not None and high is not None else ""

    def check_photos(self, count: int) -> None:
        """Raise `WrongPhotos` unless the effect takes `count` photos."""
        fewest, most = self.photos
        if fewest <= count <= most:
            return
        if count < fewest:
            missing = " and a ".join(self.roles[count:fewest])
            raise WrongPhotos(
                f"{self.name} needs {fewest} picture{'s' * (fewest > 1)}; please add a {missing}",
                effect=self.name,
                given=count,
                fewest=fewest,
                most=most,
                missing=missing,
            )
        raise WrongPhotos(
            f"{self.name} takes at most {most} picture{'s' * (most != 1)}, not {count}",
            effect=self.name,
            given=count,
            fewest=fewest,
            most=most,
            missing="",
        )
