"""What holds of the queue after every step, whatever was done to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

import redis

from worker.jobs.model import Account, JobView, State
from worker.jobs.policy import line_of
from worker.jobs.redis_queue import KEYS

MICRO = 1_000_000


def balances(account: Account) -> None:
    """No credit is made or destroyed."""
    used = account.available + account.held + account.spent + account.expired
    assert round(account.granted * MICRO) == round(used * MICRO)
    assert min(account.available, account.held, account.spent, account.expired) >= 0
    assert 0 <= account.bonus <= account.available


def in_one_place(client: redis.Redis, views: Iterable[JobView]) -> None:
    """In Redis every job stands in exactly the one set that its state says, and is counted there.
    `client` decodes; `views` are of all jobs.
    """
    with client.pipeline() as pipe:
        for name in ("lines", "ready", "held", "kinds", "leases", "flagged", "spent", "owned"):
            pipe.zrange(KEYS[name], 0, -1)
        for name in ("jobs", "records", "endings", "progress"):
            pipe.hkeys(KEYS[name])
        for name in ("dead", "ended"):
            pipe.zrange(KEYS[name], 0, -1)
        for name in ("users", "classes"):
            pipe.hgetall(KEYS[name])
        lines, ready, held, kinds, leases, flagged, spent, owned, *rest = pipe.execute()
    jobs, records, ended, progress, dead, delivered, users, classes = rest
    states: dict[State, list[str]] = {state: [] for state in State}
    for view in views:
        states[view.state].append(view.job.id)
    over = sorted(states[State.DONE] + states[State.FAILED] + states[State.CANCELLED])
    known = sorted(job for some in states.values() for job in some)

    in_line = [member.split("|")[2] for member in lines]
    tagged = [member.split("|")[4] for member in (*ready, *held)]
    running = {member.split("|")[0]: member.split("|")[1] for member in leases}
    assert sorted(states[State.WAITING]) == sorted(in_line + tagged)
    assert sorted(states[State.RUNNING]) == sorted(member.split("|")[0] for member in leases)
    assert over == sorted(ended)
    assert known == sorted(jobs)
    assert known == sorted(records)
    assert known == sorted(member.split("|")[2] for member in owned)
    assert {running[member.split("|")[1]] for member in flagged} == {
        member.split("|")[0] for member in flagged
    }
    assert set(states[State.FAILED]) >= set(dead)
    assert set(over) >= set(delivered)
    assert {*running, *over} >= set(progress)

    rows = [member.split("|") for member in ready]
    alike = sorted([*row[:2], row[5], *row[2:5]] for row in rows if row[5])
    assert alike == [member.split("|") for member in kinds]
    shares = {line: json.loads(raw) for line, raw in users.items()}
    assert sorted(ready + held) == sorted(m for share in shares.values() for m in share["tagged"])
    counts = Counter(
        (line_of(view.job.user, deferred=view.job.deferred), view.state) for view in views
    )
    for line in {line for line, _ in counts} | shares.keys():
        share = shares.get(line, {"waiting": 0, "running": 0})
        assert counts[line, State.WAITING] == share["waiting"]
        assert counts[line, State.RUNNING] == share["running"]
    by_class: Counter[str] = Counter()
    for share in shares.values():
        by_class[share["tier"]] += share["waiting"] + share["running"]
    counted = {name[2:]: int(n) for name, n in classes.items() if name.startswith("n|")}
    assert +by_class == +Counter(counted)
    idle = [line for line, share in shares.items() if share["waiting"] + share["running"] == 0]
    assert sorted(idle) == sorted(member.split("|")[2] for member in spent)
