"""What admins look at: the queue, the workers, the rules, the audit trail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import ValidationError

from bot.core.admin.desk import Desk, when
from bot.core.admin.fields import difference, shown, summary
from bot.core.admin.refusal import Refusal, choose
from bot.core.admin.values import read_integer
from worker.jobs.errors import NothingToChange
from worker.jobs.model import Change
from worker.jobs.rules import Rules

__all__ = ["drain", "show_audit", "show_queue", "show_rules", "show_workers"]

_MOST_CHANGES = 200
# Of the rules, what is shown in a way of its own.
_APART = ("tiers.", "paused_")


async def show_queue(desk: Desk, words: list[str]) -> str:
    """`queue`."""
    view = await desk.office.overview()
    rules = await desk.office.rules()
    classes = {name: sum(counts.values()) for name, counts in view.waiting.items()}
    effects: Counter[str] = Counter()
    for counts in view.waiting.values():
        effects.update(counts)
    head = desk.say(
        "admin-queue",
        waiting=effects.total(),
        running=view.running,
        dead=view.dead,
        workers=view.workers,
    )
    lines = []
    if effects:
        lines.append(desk.say("admin-by-class", counts=_counts(desk, classes)))
        lines.append(desk.say("admin-by-effect", counts=_counts(desk, effects)))
    lines += _paused(desk, rules)
    return desk.list(head, [*lines, _hours(desk, rules)])


def _counts(desk: Desk, counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {desk.number(count)}" for name, count in ordered if count)


def _paused(desk: Desk, rules: Rules) -> list[str]:
    lines = []
    if rules.paused_effects:
        lines.append(desk.say("admin-effects-paused", names=", ".join(rules.paused_effects)))
    if rules.paused_pools:
        lines.append(desk.say("admin-pools-paused", names=", ".join(rules.paused_pools)))
    return lines


def _hours(desk: Desk, rules: Rules) -> str:
    now = desk.clock()
    id = "admin-night" if rules.is_night(now) else "admin-day"
    change = rules.next_change(now)
    until = "none" if change is None else when(change, rules)
    return desk.say(id, until=until, zone=rules.zone)


async def show_workers(desk: Desk, words: list[str]) -> str:
    """`workers`."""
    workers = await desk.queue.workers()
    lines = []
    for worker in workers:
        line = f"{worker.name} — {worker.pool}, {worker.device}: {', '.join(worker.effects) or '—'}"
        if worker.leaving:
            line += " " + desk.say("admin-worker-leaving")
        if worker.down:
            down = "; ".join(f"{effect}: {reason}" for effect, reason in worker.down.items())
            line += " " + desk.say("admin-worker-down", down=down)
        lines.append(line)
    return desk.list(desk.say("admin-workers", count=len(lines)), lines)


async def show_rules(desk: Desk, words: list[str]) -> str:
    """`rules`, `rules free`."""
    rules = await desk.office.rules()
    values = shown(rules)
    head = f"{desk.say('admin-rules', version=rules.version)} {_hours(desk, rules)}"
    if words:
        start = f"tiers.{choose(words[0], rules.tiers, 'tier')}."
        return desk.list(
            head, [f"{path} {values[path]}" for path in values if path.startswith(start)]
        )
    lines = [f"{path} {value}" for path, value in values.items() if not path.startswith(_APART)]
    tiers = [f"tiers.{tier}: {summary(values, tier)}" for tier in rules.tiers]
    return desk.list(head, [*lines, *_paused(desk, rules), *tiers])


async def show_audit(desk: Desk, words: list[str]) -> str:
    """`audit`, `audit 50`."""
    limit = read_integer(words[0], 1, _MOST_CHANGES, "audit") if words else 20
    rules = await desk.office.rules()
    changes = await desk.office.changes(limit=limit)
    if not changes:
        return desk.say("admin-no-changes")
    lines = [
        f"{when(change.time, rules)} {change.who}: {change.what}: {_told(change)}"
        for change in changes
    ]
    return desk.list(desk.say("admin-audit", count=len(lines), zone=rules.zone), lines)


def _told(change: Change) -> str:
    """What was changed; of rules only what differs."""
    if change.what != "rules":
        return f"{change.before or '—'} → {change.after or '—'}"
    try:
        before, after = (Rules.model_validate_json(each) for each in (change.before, change.after))
    except ValidationError:  # from another version of the program
        return change.after
    return "; ".join(
        f"{path} {old or '—'} → {new or '—'}" for path, old, new in difference(before, after)
    )


async def drain(desk: Desk, words: list[str]) -> str:
    """`drain gpu-1`."""
    workers = await desk.queue.workers()
    name = choose(words[0], [worker.name for worker in workers], "worker")
    try:
        await desk.office.drain(name, who=desk.who)
    except NothingToChange:
        raise Refusal("admin-leaving-already", name=name) from None
    return desk.say("admin-drained", name=name)
