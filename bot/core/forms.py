"""An effect's parameters as people meet them: fields of a form, lines of help, typed words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bot.core.texts import Texts
from effects.errors import UserError
from effects.spec import EffectSpec

__all__ = [
    "Field",
    "NoValue",
    "allowed",
    "command",
    "describe",
    "example",
    "fields",
    "read_values",
    "text_field",
]

Kind = Literal["integer", "number", "switch", "choice", "text", "points"]
_KINDS: dict[str, Kind] = {
    "integer": "integer",
    "number": "number",
    "boolean": "switch",
    "points": "points",
}
_SWITCH = {"да": "true", "нет": "false", "вкл": "true", "выкл": "false"}


class NoValue(UserError):
    """A typed word that is neither a parameter nor its value."""

    code = "no_value"


@dataclass(frozen=True)
class Field:
    """One parameter. Bounds are inclusive, of points they are their number; None: there is none."""

    name: str
    kind: Kind
    title: Mapping[str, str]
    """Language -> words."""
    description: Mapping[str, str]
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    advanced: bool = False
    phrase: bool = False
    """Whether a text may have several words."""


def fields(spec: EffectSpec) -> list[Field]:
    """The fields of an effect's form, in the order of its parameters."""
    schema = spec.params.model_json_schema()
    shared = schema.get("$defs", {})
    return [_field(name, entry, shared) for name, entry in schema.get("properties", {}).items()]


def _field(name: str, entry: dict[str, Any], shared: dict[str, Any]) -> Field:
    kind = _resolve(entry, shared)
    choices = tuple(str(choice) for choice in kind.get("enum", ()))
    return Field(
        name=name,
        kind="choice" if choices else _KINDS.get(kind.get("format", kind.get("type", "")), "text"),
        title={"en": entry["title"], "ru": entry["title_ru"]},
        description={"en": entry["description"], "ru": entry["description_ru"]},
        default=entry.get("default"),
        minimum=kind.get("minimum"),
        maximum=kind.get("maximum"),
        step=kind.get("multipleOf"),
        choices=choices,
        advanced=entry.get("advanced", False),
        phrase=entry.get("phrase", False),
    )


def _resolve(entry: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """The part of a JSON schema that says what values are: behind a reference, beside null."""
    for option in entry.get("anyOf", ()):
        if option.get("type") != "null":
            return {**entry, **_resolve(option, shared)}
    if "$ref" in entry:
        return {**entry, **shared[entry["$ref"].rsplit("/", 1)[1]]}
    return entry


def describe(spec: EffectSpec, lang: str, texts: Texts) -> str:
    """The help of one effect: what it is, its parameters, an example."""
    head = texts.say(
        lang,
        "help-effect",
        name=spec.name,
        title=getattr(spec.title, lang),
        description=getattr(spec.description, lang),
    )
    lines = [
        f"{field.name} — {field.title[lang]}: {allowed(field, lang, texts)}"
        for field in fields(spec)
    ]
    return "\n".join([head, *lines, texts.say(lang, "help-example", example=example(spec))])


def allowed(field: Field, lang: str, texts: Texts) -> str:
    """What may be given for a parameter, in words."""
    default = (
        texts.say(lang, "help-optional") if field.default in (None, "") else str(field.default)
    )
    if isinstance(field.default, bool):
        default = str(field.default).lower()
    if field.choices or field.kind == "switch":
        choices = ", ".join(field.choices or ("true", "false"))
        return texts.say(lang, "help-choices", choices=choices, default=default)
    if field.kind == "points":
        return texts.say(lang, "help-points", most=f"{field.maximum:g}", default=default)
    if field.minimum is not None and field.maximum is not None:
        return texts.say(
            lang,
            "help-range",
            minimum=f"{field.minimum:g}",
            maximum=f"{field.maximum:g}",
            default=default,
        )
    return texts.say(lang, "help-default", default=default)


def example(spec: EffectSpec) -> str:
    """A command that works: "/gatys size=384", "/style starry"."""
    if spec.filters is not None and spec.filters.samples:
        return f"/{spec.name} {spec.filters.samples[0].name}"
    known = [field for field in fields(spec) if field.default not in (None, "")]
    given = [f"{field.name}={field.default}" for field in known]
    return " ".join([f"/{spec.name}", *given[:1]])


def command(spec: EffectSpec, params: Mapping[str, Any]) -> str:
    """What a person would type for these parameters: only what differs from the usual."""
    usual = {field.name: field.default for field in fields(spec)}
    given = [f"{name}={value}" for name, value in params.items() if value != usual.get(name)]
    return " ".join([f"/{spec.name}", *given])


def text_field(spec: EffectSpec) -> str:
    """The first parameter that is text, which a word by itself is taken for; "": none is."""
    return next((field.name for field in fields(spec) if field.kind == "text"), "")


def read_values(spec: EffectSpec, words: Sequence[str], *, strict: bool) -> dict[str, str]:
    """The values in typed words: "size=384", "size 384", "сила=0,7".

    Values are not checked yet. With `strict` a word by itself that is one of a parameter's choices
    is its value; another word is the value of the effect's first text, several are if they name
    filters ("starry night") or the text may be a phrase; any other raises `NoValue`.
    """
    known = fields(spec)
    kinds = {field.name: field.kind for field in known}
    values: dict[str, str] = {}
    alone: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        name = name.lower()
        if not equals and name in kinds:
            value = next(rest, "")
        elif strict and (chosen := _chosen(known, word)) and chosen not in values:
            name, value = chosen, word.lower()
        elif not equals or not name or _is_blend(spec, word, kinds):
            alone.append(word)
            continue
        values[name] = _spell(value, kinds.get(name, "text"))
    if not strict:
        alone = [word for word in alone if _is_blend(spec, word, kinds)]
    if alone:
        text = spec.filters.field if spec.filters else text_field(spec)
        joined = spec.filters is not None or any(f.name == text and f.phrase for f in known)
        if joined and text in values:
            alone.insert(0, values[text])
        elif not text or text in values:
            raise _stray(spec, alone[0])
        elif len(alone) > 1 and not joined:
            raise _stray(spec, alone[1])
        values[text] = " ".join(alone)
    return values


def _chosen(known: Sequence[Field], word: str) -> str:
    """The parameter of which the word is a choice, if it is of one alone."""
    having = [field.name for field in known if word.lower() in field.choices]
    return having[0] if len(having) == 1 else ""


def _is_blend(spec: EffectSpec, word: str, kinds: Mapping[str, Kind]) -> bool:
    """Whether a word with "=" in it names filters: "starry=0.7+wave=0.3"."""
    return spec.filters is not None and "+" in word and word.partition("=")[0] not in kinds


def _stray(spec: EffectSpec, word: str) -> NoValue:
    message = f"{word!r} is no parameter; write parameter=value"
    return NoValue(message, word=word, example=example(spec))


def _spell(value: str, kind: Kind) -> str:
    """A value as the spec reads it: a decimal point, English words for yes and no."""
    if kind in ("integer", "number"):
        return value.replace(",", ".")
    if kind == "switch":
        return _SWITCH.get(value.lower(), value)
    return value
