"""Changes of the rules: values, tiers, pauses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.core.admin.desk import Desk
from bot.core.admin.fields import difference, find, put, read, show, shown
from bot.core.admin.refusal import Refusal, choose
from worker.jobs.errors import BadRules, RulesChanged
from worker.jobs.people import DEFAULT_TIER
from worker.jobs.policy import LATER
from worker.jobs.rules import Rules, Tier, read_rules

__all__ = ["add_tier", "pause", "remove_tier", "resume", "set_value"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,29}")
# (kind, paused) -> what is said
_SWITCHED = {
    ("effect", True): "admin-effect-paused",
    ("effect", False): "admin-effect-resumed",
    ("pool", True): "admin-pool-paused",
    ("pool", False): "admin-pool-resumed",
}
_STANDS = {
    ("effect", True): "admin-paused-already",
    ("effect", False): "admin-not-paused",
    ("pool", True): "admin-paused-already",
    ("pool", False): "admin-not-paused",
}


async def set_value(desk: Desk, words: list[str]) -> str:
    """`set tiers.free.day 2`."""
    path, _, first = words[0].partition("=")
    values = [first, *words[1:]] if first else words[1:]
    known = await desk.known(await desk.office.rules())

    def change(rules: Rules) -> Rules:
        field = find(path, rules)
        value = read(field, values, known)
        try:
            return put(rules, field.path, value)
        except BadRules:
            # Each value is in its range: only those of day and night can be at odds.
            raise _less_by_night(rules, field.path, value) from None

    return await _amend(desk, change)


async def add_tier(desk: Desk, words: list[str]) -> str:
    """`add gold`, `add gold like pro`."""
    name = words[0]
    if not _NAME.fullmatch(name):
        raise Refusal("admin-bad-name", given=name)
    if name == LATER:
        raise Refusal("admin-name-taken", given=name)
    if len(words) == 2 or (len(words) == 3 and words[1].lower() not in ("like", "как")):
        raise Refusal("admin-bad-like", given=" ".join(words[1:]))

    def change(rules: Rules) -> Rules:
        if name in rules.tiers:
            raise Refusal("admin-tier-exists", tier=name)
        like = rules.tiers[choose(words[2], rules.tiers, "tier")] if len(words) == 3 else Tier()
        return _with_tiers(rules, {**rules.tiers, name: like})

    return await _amend(desk, change)


async def remove_tier(desk: Desk, words: list[str]) -> str:
    """`remove gold`."""

    def change(rules: Rules) -> Rules:
        name = choose(words[0], rules.tiers, "tier")
        if name == DEFAULT_TIER:
            raise Refusal("admin-tier-needed", tier=name)
        left = {each: tier for each, tier in rules.tiers.items() if each != name}
        return _with_tiers(rules, left)

    return await _amend(desk, change)


async def pause(desk: Desk, words: list[str]) -> str:
    """`pause effect gatys`, `pause pool cuda`."""
    return await _switch(desk, words, paused=True)


async def resume(desk: Desk, words: list[str]) -> str:
    """`resume effect gatys`, `resume pool cuda`."""
    return await _switch(desk, words, paused=False)


async def _switch(desk: Desk, words: list[str], *, paused: bool) -> str:
    kind = choose(words[0], ("effect", "pool"), "kind")
    path = f"paused_{kind}s"
    known = await desk.known(await desk.office.rules())
    name = choose(words[1], known.effects if kind == "effect" else known.pools, kind)

    def change(rules: Rules) -> Rules:
        names = {*getattr(rules, path)} - {name} | ({name} if paused else set())
        return put(rules, path, sorted(names))

    before, after = await _change(desk, change)
    said = _STANDS if before == after else _SWITCHED
    return desk.say(said[kind, paused], name=name)


def _less_by_night(rules: Rules, path: str, value: Any) -> Refusal:
    there, _, name = path.rpartition(".")
    other = name.removeprefix("night_") if name.startswith("night_") else f"night_{name}"
    return Refusal(
        "admin-less-by-night",
        path=path,
        value=show(value),
        other=f"{there}.{other}",
        stands=shown(rules).get(f"{there}.{other}", ""),
    )


def _with_tiers(rules: Rules, tiers: dict[str, Tier]) -> Rules:
    document = rules.model_dump(mode="json")
    document["tiers"] = {name: tier.model_dump(mode="json") for name, tier in tiers.items()}
    return read_rules(document)


async def _amend(desk: Desk, change: Callable[[Rules], Rules]) -> str:
    """Change the rules and tell what has changed."""
    before, after = await _change(desk, change)
    if before == after:
        return desk.say("admin-unchanged")
    lines = [f"{path}: {old or '—'} → {new or '—'}" for path, old, new in difference(before, after)]
    return desk.list(desk.say("admin-changed", version=after.version), lines)


async def _change(desk: Desk, change: Callable[[Rules], Rules]) -> tuple[Rules, Rules]:
    """The rules before and after; read again once if somebody else was quicker."""
    before = await desk.office.rules()
    try:
        return before, await _put(desk, before, change(before))
    except RulesChanged:
        before = await desk.office.rules()
        return before, await _put(desk, before, change(before))


async def _put(desk: Desk, before: Rules, after: Rules) -> Rules:
    return before if after == before else await desk.office.set_rules(after, who=desk.who)
