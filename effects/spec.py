"""The interface of an effect: what it is called, what it takes, what it gives.

A module that only describes an effect imports this and nothing heavier; the network is
named by `EffectSpec.runner` and loaded in the worker's child process alone.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from effects.errors import BadParams, BadSpec, WrongPhotos
from effects.filters import Filters, Text

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


class Params(BaseModel):
    """The parameters of an effect: one frozen model from which chat, form and shell are made.

    Every field is declared with `param`, so that it has a title, a description and bounds.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )


def param(
    default: Any,
    title: Text,
    description: Text,
    *,
    ge: float | None = None,
    le: float | None = None,
    multiple_of: float | None = None,
    advanced: bool = False,
    phrase: bool = False,
) -> Any:
    """Declare one parameter: its default, its words and its bounds (both inclusive).

    `advanced` parameters are folded away in forms; `multiple_of` is also a slider's step; a
    `phrase` is a text that may have several words.
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
            "phrase": phrase,
        },
    )


P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Item(Generic[P]):
    """One request: checked parameters, and photos as upright sRGB pictures of mode RGB."""

    params: P
    photos: tuple[Image.Image, ...]
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    """The saved filters that the parameters name: what `EffectSpec.teaches` gave for them."""


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
        """Run several items; override where the network gains from it. One output per item.

        When it raises they are run one by one. A `Cancelled` that passes ends the run, and the
        other items are run again; a long run catches it, goes on with the others, and returns
        any output in that place.
        """
        return [self.run(item, ctx) for item, ctx in zip(items, ctxs, strict=True)]

    def close(self) -> None:
        """Give back what the effect holds."""


_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_KINDS = {"integer": "a whole number", "number": "a number", "boolean": "yes or no"}
_SWITCH = {"да": True, "вкл": True, "нет": False, "выкл": False}
_PICTURES = {"style": "a style picture", "guide": "a guide picture"}
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
    least: Callable[[Any], int] | None = None
    """(params) -> how many photos these need, where that is not always the fewest."""
    aliases: tuple[str, ...] = ()
    """Other words, in any language, that mean this effect."""
    strength_field: str | None = None
    """The parameter that "stronger" and "weaker" move."""
    size_field: str | None = None
    """The parameter that is the result's longer side in pixels, so that it can be limited."""
    steps_field: str | None = None
    """The parameter that is the number of steps."""
    order: int = 100
    """Where it stands in lists, smallest first; alike by name. The page begins with the first."""
    max_batch: int = 1
    memory_mb: int = 500
    """Peak memory of the run at default parameters."""
    step_limit: float = 60.0
    """Seconds without a step after which the effect counts as hung."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of a quick run, used for warm-up and tests."""
    deferrable: bool = False
    """May wait for the night."""
    filters: Filters | None = None
    """What its pictures can be made to look like, by name."""
    teaches: str = ""
    """The effect whose new filters are in this one's `Output.data`."""
    check: Callable[[Any, Sequence[Image.Image]], None] | None = None
    """(params, photos): a look before it costs anything. Raises `UserError`; done in a second."""

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
        named = self.filters.field if self.filters else None
        for meant in (self.strength_field, self.size_field, self.steps_field, named):
            if meant is not None and meant not in fields:
                raise BadSpec(f"effect {self.name}: no parameter {meant!r}")
        for key, info in fields.items():
            extra = info.json_schema_extra
            if info.is_required() or not (isinstance(extra, dict) and "title_ru" in extra):
                raise BadSpec(f"effect {self.name}: declare parameter {key!r} with param()")
        if self.max_batch < 1 or self.memory_mb < 0 or self.step_limit <= 0:
            raise BadSpec(f"effect {self.name}: max_batch, memory_mb or step_limit is too small")
        for values in ({}, self.example):
            self._try_out(values)

    def _try_out(self, values: Mapping[str, Any]) -> None:
        """Raise `BadSpec` unless `values` are good parameters with a sensible cost."""
        try:
            params = self.parse(values)
            seconds = float(self.cost(params, 1_000_000))
            needed = self.needs(params)
        except BadParams as error:
            which = "example is" if values else "defaults are"
            raise BadSpec(f"effect {self.name}: its {which} wrong: {error}") from error
        # The function is a plugin's and may fail in any way.
        except Exception as error:
            raise BadSpec(
                f"effect {self.name}: its cost or photos can't be worked out: {error}"
            ) from error
        if not self.photos[0] <= needed <= self.photos[1]:
            raise BadSpec(f"effect {self.name}: it needs {needed} photos but takes {self.photos}")
        if not 0 < seconds < math.inf:
            raise BadSpec(f"effect {self.name}: its cost is {seconds} seconds")

    def parse(self, values: Mapping[str, Any]) -> Any:
        """Check `values` (strings are converted) and return the effect's `Params`.

        Raises `BadParams` with one sentence that names the parameter and what it takes.
        """
        read = {key: self._read(self._known(key), value) for key, value in values.items()}
        try:
            return self.params.model_validate(read)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = str(first["loc"][0])
            shown = " ".join(str(first["input"]).split())[:40]
            raise BadParams(
                f"{key}={shown}: should be {self.takes(key)}",
                effect=self.name,
                param=key,
                value=shown,
            ) from error

    def takes(self, key: str) -> str:
        """What parameter `key` takes, in words: "a whole number from 128 to 1024"."""
        schema = self._schema(key)
        if "takes" in schema:
            return str(schema["takes"])
        if "enum" in schema:
            *others, last = (str(choice) for choice in schema["enum"])
            return f"{', '.join(others)} or {last}" if others else last
        kind = schema.get("type", "")
        words = _KINDS.get(kind, "text")
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            words += f" from {low:.15g} to {high:.15g}"
        elif low is not None:
            words += f" of at least {low:.15g}"
        elif high is not None:
            words += f" of at most {high:.15g}"
        if "multipleOf" in schema:
            words += f", a multiple of {schema['multipleOf']:.15g}"
        return words

    def _known(self, key: str) -> str:
        fields = self.params.model_fields
        if key in fields:
            return key
        close = difflib.get_close_matches(key.casefold(), fields, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(fields) or 'none'}"
        raise BadParams(
            f"{self.name} has no parameter {key[:40]!r}; {hint}",
            effect=self.name,
            param=key[:40],
            nearest=close[0] if close else "",
        )

    def _read(self, key: str, value: Any) -> Any:
        """Words as people write them: a Russian yes, a decimal comma."""
        if not isinstance(value, str):
            return value
        kind = self._schema(key).get("type")
        if kind == "boolean":
            return _SWITCH.get(value.strip().casefold(), value)
        return value.replace(",", ".") if kind == "number" else value

    def _schema(self, key: str) -> dict[str, Any]:
        schema: dict[str, Any] = self.params.model_json_schema()["properties"][key]
        return schema

    def needs(self, params: Any) -> int:
        """How many photos there must be with these parameters."""
        return self.least(params) if self.least else self.photos[0]

    def check_photos(self, count: int, params: Any) -> None:
        """Raise `WrongPhotos` unless the effect takes `count` photos with these parameters."""
        fewest, most = self.needs(params), self.photos[1]
        if fewest <= count <= most:
            return
        if count < fewest:
            pictures = (_PICTURES.get(role, f"a {role}") for role in self.roles[count:fewest])
            missing = " and ".join(pictures)
            raise WrongPhotos(
                f"{self.name} needs {fewest} picture{'s' * (fewest > 1)}; please add {missing}",
                effect=self.name,
                given=count,
                fewest=fewest,
                most=most,
                missing=", ".join(self.roles[count:fewest]),
            )
        raise WrongPhotos(
            f"{self.name} takes at most {most} picture{'s' * (most != 1)}, not {count}",
            effect=self.name,
            given=count,
            fewest=fewest,
            most=most,
            missing="",
        )
