"""What a forecast starts from: the queue at one moment, and how it is read from Redis."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from worker.jobs.connection import Connection
from worker.jobs.crew import Running, crew
from worker.jobs.model import Estimate, Job, WorkerInfo
from worker.jobs.people import Terms
from worker.jobs.policy import LATER, MICRO, Classes, Order, User, Waiting, line_of, owner_of
from worker.jobs.replay import LATE, Server, replay
from worker.jobs.rules import Calendar
from worker.jobs.schedule import Schedule
from worker.jobs.speeds import Speeds
from worker.jobs.tide import Tide, slot_of

__all__ = ["Snapshot", "factors", "from_script", "in_chunks", "running_in"]

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`now` in microseconds; `users` are all who have something waiting or running; `terms` what
    admins have set for some of them.
    """

    now: int
    classes: Classes
    users: dict[str, User]
    waiting: Sequence[Waiting]
    servers: list[Server]
    speeds: Speeds
    terms: Mapping[str, Terms]

    def play(self, calendar: Calendar, tide: Tide, wanted: str = "") -> Schedule:
        """Serve all in thought, and who else is likely to come; if only one job is `wanted`, until
        it begins. The snapshot is used up.
        """
        return self._serve(self._order(calendar, self.terms), calendar, tide, wanted)

    def play_with(self, job: Job, tier: str, calendar: Calendar, tide: Tide) -> Estimate:
        """The same with one job more, in class `tier`, of a user banned or not: its estimate."""
        known = self.terms.get(job.user)
        banned = known is not None and known.banned
        terms = {**self.terms, job.user: Terms()} if banned else self.terms
        order = self._order(calendar, terms)
        line = line_of(job.user, deferred=job.deferred)
        entry = Waiting(LATE - 1, job.id, line, job.effect, job.cost, job.company)
        order.arrive(entry, tier)
        return self._serve(order, calendar, tide, job.id).estimates[job.id]

    def _order(self, calendar: Calendar, terms: Mapping[str, Terms]) -> Order:
        order = Order(calendar.rules.running(), terms, lambda: self.now)
        order.restore(self.classes, self.users, self.waiting)
        return order

    def _serve(self, order: Order, calendar: Calendar, tide: Tide, wanted: str) -> Schedule:
        now = self.now / MICRO
        servers = [
            replace(one, effects=frozenset(calendar.rules.open_to(one.pool, one.effects)))
            for one in self.servers
        ]
        return replay(
            self.now,
            order,
            servers,
            lambda seconds: calendar.weights(now + seconds),
            self.speeds.takes,
            tide.coming(*slot_of(*calendar.date(now), now)),
            wanted,
        )


def from_script(found: Any) -> Snapshot:
    """From what `snapshot` in common.lua returns after the rules' version."""
    now, flat, names, shares, tagged, lines, running, infos, speeds = found
    return _snapshot(int(now), _pairs(flat), names, shares, tagged, lines, running, infos, speeds)


async def in_chunks(
    connection: Connection, keys: Mapping[str, str], now: int, deferred: int | None = None
) -> Snapshot:
    """Read a long queue in pieces, between which others are served. What moves meanwhile goes
    the way that is read here, so no job is missed; one seen twice counts where it was seen last.
    Of `deferred` jobs only so many heads, if it is given; see `Lines.soon`.
    """

    async def page(name: str, begin: str, end: str, most: int = _CHUNK) -> list[str]:
        return await connection.read(
            lambda client: client.zrangebylex(keys[name], begin, end, start=0, num=most)
        )

    async def pages(name: str, begin: str = "-", end: str = "+") -> list[str]:
        found = more = await page(name, begin, end)
        while len(more) == _CHUNK:
            more = await page(name, f"({more[-1]}", end)
            found += more
        return found

    async def members(name: str, begin: str, end: str) -> list[str]:
        if deferred is None:
            return await pages(name)
        return [*await pages(name, "-", begin), *await pages(name, end, "+")]

    async def some(name: str, wanted: Sequence[str]) -> list[str | None]:
        return await connection.read(lambda client: client.hmget(keys[name], wanted))

    async def fields(name: str, wanted: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        for begin in range(0, len(wanted), _CHUNK):
            found += await some(name, wanted[begin : begin + _CHUNK])
        return found

    # from and to of what is deferred
    tags = f"({LATER}|", f"({LATER}}}"
    lines = await members("lines", f"({LATER} ", f"({LATER}!")
    tagged = await members("ready", *tags) + await members("held", *tags)
    tagged += await page("ready", *tags, deferred) if deferred else []
    running = await connection.read(lambda client: client.zrange(keys["leases"], 0, -1))
    classes = await connection.read(lambda client: client.hgetall(keys["classes"]))
    speeds = await connection.read(lambda client: client.hgetall(keys["speeds"]))
    alive = await connection.read(
        lambda client: client.zrangebyscore(keys["alive"], f"({now}", "+inf")
    )
    infos = await fields("workers", alive)
    names = list({member.rsplit("|", 2)[1] for member in tagged})
    names += {member.rpartition("|")[2] for member in running}.difference(names)
    shares = await fields("users", names)
    flat = [part for row in speeds.items() for part in row]
    return _snapshot(now, classes, names, shares, tagged, lines, running, infos, flat)


def _snapshot(
    now: int,
    classes: Mapping[str, str],
    names: Sequence[str],
    shares: Sequence[str | None],
    tagged: Iterable[str],
    lines: Iterable[str],
    running: Iterable[str],
    infos: Iterable[str | None],
    speeds: Sequence[str],
) -> Snapshot:
    runs = {member.partition("|")[0]: running_in(member) for member in running}
    heads = {entry.job: entry for entry in map(_tagged, tagged) if entry.job not in runs}
    rest = {entry.job: entry for entry in map(_untagged, lines)}
    busy = Counter(run.user for run in runs.values())
    known = zip(names, shares, strict=True)
    found = {name: json.loads(share) for name, share in known if share}
    users = {name: _user(share, busy[name]) for name, share in found.items()}
    terms = {
        owner_of(name): Terms.model_validate(share["terms"])
        for name, share in found.items()
        if "terms" in share
    }
    for entry in heads.values():
        users.setdefault(entry.user, User(entry.tier, (entry.tag or 0) + entry.cost))
    waiting = [entry for job, entry in rest.items() if job not in heads and job not in runs]
    learned = Speeds(factors(_pairs(speeds)))
    alive = [WorkerInfo.model_validate_json(info) for info in infos if info]
    servers = crew(runs.values(), alive, learned, now)
    entries = [*heads.values(), *waiting]
    return Snapshot(now, _classes(classes), users, entries, servers, learned, terms)


def factors(fields: Mapping[str, str]) -> dict[str, int]:
    """The factors of `Speeds` as Redis keeps them."""
    return {field: int(value) for field, value in fields.items()}


def running_in(member: str) -> Running:
    """A member of LEASES."""
    _, worker, started, cost, effect, user = member.split("|")
    return Running(worker, int(started), int(cost), effect, user)


def _pairs(flat: Sequence[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _classes(fields: Mapping[str, str]) -> Classes:
    classes = Classes(root=int(fields.get("root", 0)))
    for name, value in fields.items():
        kind, _, tier = name.partition("|")
        if kind == "v":
            classes.virtual[tier] = int(value)
        elif kind == "f":
            classes.finish[tier] = int(value)
    return classes


def _user(share: Mapping[str, Any], running: int) -> User:
    return User(share["tier"], int(share["finish"]), running)


def _tagged(member: str) -> Waiting:
    tier, effect, tag, seq, job, kind, line, cost = member.split("|")
    return Waiting(int(seq), job, line, effect, int(cost), kind, int(tag), tier)


def _untagged(member: str) -> Waiting:
    line, seq, job, effect, kind, cost = member.split("|")
    return Waiting(int(seq), job, line, effect, int(cost), kind)
