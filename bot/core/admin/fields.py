"""The rules as fields to show and to set: "zone", "nights", "tiers.free.day".

Everything is taken from the models of the rules, so that a new field is there by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any
from zoneinfo import available_timezones

from pydantic import BaseModel, ValidationError

from bot.core.admin.refusal import Refusal, choose
from bot.core.admin.values import NONE, read_integer, read_night, read_number
from worker.jobs.rules import Night, Rules, Tier, read_rules

__all__ = ["Field", "Known", "difference", "find", "put", "read", "show", "shown", "summary"]

# Changed by commands of their own.
_OWN = {"version", "tiers", "paused_effects", "paused_pools"}
_ALL = ("all", "все")
_SPECIAL = {"zone": "zone", "nights": "nights", "effects": "effects", "reference": "pool"}


@dataclass(frozen=True)
class Field:
    """One value of the rules. Bounds are inclusive."""

    path: str
    kind: str
    """"integer", "number", or one of those that are read in a way of their own."""
    low: float
    high: float
    optional: bool


@dataclass(frozen=True)
class Known:
    """What there is to name."""

    effects: Collection[str]
    pools: Collection[str]


def find(path: str, rules: Rules) -> Field:
    """The field of a typed path. Raises `Refusal` with the nearest."""
    fields = _fields(rules.tiers)
    return fields[choose(path, fields, "field")]


def read(field: Field, words: list[str], known: Known) -> Any:
    """The value that was typed, as JSON has it. Raises `Refusal` with the allowed range."""
    if not words:
        raise Refusal("admin-no-value", path=field.path)
    if field.kind == "nights":
        return [] if words[0].lower() in NONE else _read_nights(words)
    if field.kind == "effects":
        names = [name for word in words for name in word.split(",") if name]
        if words[0].lower() in _ALL:
            return None
        if words[0].lower() in NONE:
            return []
        return [choose(name, known.effects, "effect") for name in names]
    if len(words) > 1:
        raise Refusal("admin-one-value", path=field.path, given=" ".join(words))
    if field.optional and words[0].lower() in NONE:
        return None
    if field.kind == "zone":
        return choose(words[0], available_timezones(), "zone")
    if field.kind == "pool":
        return choose(words[0], known.pools, "pool")
    if field.kind == "number":
        return read_number(words[0], field.low, field.high, field.path)
    return read_integer(words[0], int(field.low), int(field.high), field.path)


def put(rules: Rules, path: str, value: Any) -> Rules:
    """The rules with one value changed. Raises `BadRules`."""
    document = rules.model_dump(mode="json")
    *way, last = path.split(".")
    place = document
    for name in way:
        place = place[name]
    place[last] = value
    return read_rules(document)


def show(value: Any, kind: str = "") -> str:
    """A value as it would be typed."""
    if value is None:
        return _ALL[0] if kind == "effects" else NONE[0]
    if isinstance(value, tuple | list):
        return " ".join(show(each) for each in value) or NONE[0]
    if isinstance(value, Night):
        return f"{value.begins:%H:%M}-{value.ends:%H:%M}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown(rules: Rules, tiers: Iterable[str] | None = None) -> dict[str, str]:
    """Path -> value, as it would be typed; what is paused too. `tiers`: those alone."""
    values = {}
    for path, field in _fields(rules.tiers if tiers is None else tiers).items():
        place: Any = rules
        for name in path.split("."):
            place = place[name] if isinstance(place, dict) else getattr(place, name)
        values[path] = show(place, field.kind)
    for path in ("paused_effects", "paused_pools"):
        values[path] = show(getattr(rules, path))
    return values


def summary(values: Mapping[str, str], tier: str) -> str:
    """All of a tier's values of `shown` in a line."""
    start = f"tiers.{tier}."
    own = {path: value for path, value in values.items() if path.startswith(start)}
    return ", ".join(f"{path.removeprefix(start)} {value}" for path, value in own.items())


def difference(before: Rules, after: Rules) -> list[tuple[str, str, str]]:
    """(path, before, after) of what is not the same; a tier that came or went is one entry."""
    names = sorted({*before.tiers, *after.tiers})
    touched = [name for name in names if before.tiers.get(name) != after.tiers.get(name)]
    old, new = (shown(each, each.tiers.keys() & touched) for each in (before, after))
    changes = [
        (f"tiers.{name}", summary(old, name), summary(new, name))
        for name in touched
        if name not in before.tiers or name not in after.tiers
    ]
    return changes + [
        (path, old[path], new[path]) for path in old if new.get(path, old[path]) != old[path]
    ]


@cache
def _properties(model: type[BaseModel]) -> dict[str, Any]:
    properties: dict[str, Any] = model.model_json_schema()["properties"]
    return properties


def _fields(tiers: Iterable[str]) -> dict[str, Field]:
    schema = _properties(Rules)
    fields = {path: _field(path, schema[path]) for path in Rules.model_fields if path not in _OWN}
    schema = _properties(Tier)
    for tier in tiers:
        for name in Tier.model_fields:
            fields[f"tiers.{tier}.{name}"] = _field(f"tiers.{tier}.{name}", schema[name])
    return fields


def _field(path: str, entry: dict[str, Any]) -> Field:
    options: list[dict[str, Any]] = entry.get("anyOf", [entry])
    optional = any(option.get("type") == "null" for option in options)
    (main,) = [option for option in options if option.get("type") != "null"]
    kind = _SPECIAL.get(path.rpartition(".")[2], main.get("type", "integer"))
    low, high = main.get("minimum", 0), main.get("maximum", 10**12)
    return Field(path, kind, low, high, optional)


def _read_nights(words: Iterable[str]) -> list[Any]:
    nights = [read_night(word) for text in words for word in text.split(",") if word]
    for one, other in combinations(nights, 2):
        try:
            Rules(nights=(one, other))
        except ValidationError:
            raise Refusal("admin-overlap", one=show(one), other=show(other)) from None
    return [night.model_dump(mode="json") for night in nights]
