"""What admins look at: the queue, the workers, the rules, the audit trail."""

from __future__ import annotations

from pydantic import ValidationError

from bot.core.admin.desk import Desk, when
from bot.core.admin.fields import difference, shown, summary
from bot.core.admin.refusal import choose
from bot.core.admin.values import read_integer
from worker.jobs.model import Change
from worker.jobs.rules import Rules

__all__ = ["show_audit", "show_rules", "show_workers"]

_MOST_CHANGES = 200


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
    for worker in sorted(workers, key=lambda worker: worker.name):
        line = f"{worker.name} — {worker.pool}, {worker.device}: {', '.join(worker.effects) or '—'}"
        if worker.down:
            down = "; ".join(f"{effect}: {reason}" for effect, reason in worker.down.items())
            line += " " + desk.say("admin-worker-down", down=down)
        lines.append(line)
    return desk.list(desk.say("admin-workers", count=len(lines)), lines)


async def show_rules(desk: Desk, words: list[str]) -> str:
    """`rules`, `rules free`."""
    rules = await desk.office.rules()
    values = shown(rules)
    tiers = [choose(words[0], rules.tiers, "tier")] if words else list(rules.tiers)
    lines = []
    if not words:
        lines = [
            f"{path} {value}"
            for path, value in values.items()
            if not path.startswith(("tiers.", "paused_"))
        ]
    lines += [f"tiers.{tier}: {summary(values, tier)}" for tier in tiers]
    head = desk.say("admin-rules", version=rules.version)
    return desk.list(f"{head} {_hours(desk, rules)}", lines)


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
