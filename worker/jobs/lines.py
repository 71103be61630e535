"""The users' lines: what waits, what runs, and the tags of what may be served."""

from __future__ import annotations

import heapq
from bisect import insort
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from worker.jobs.people import Terms

__all__ = [
    "LATER",
    "MICRO",
    "Classes",
    "Lines",
    "User",
    "Waiting",
    "is_deferred",
    "line_of",
    "owner_of",
]

MICRO = 1_000_000
_NONE = Terms()
LATER = "later"
"""The class of deferred work; no tier has this name."""


def line_of(user: str, *, deferred: bool) -> str:
    """The line that a job stands in: the user's own, or that of the user's deferred work."""
    return f"{LATER} {user}" if deferred else user


def owner_of(line: str) -> str:
    """Whose line it is."""
    return line.rpartition(" ")[2]


def is_deferred(line: str) -> bool:
    """Whether it is one of deferred work."""
    return " " in line


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting job. `user` is its line, as `line_of` names it; `seq` its place in the order of
    arrival; `tag`, in the time of `tier`, is there once it has been the head of its line.
    """

    seq: int
    job: str
    user: str
    effect: str
    cost: int
    kind: str = ""
    tag: int | None = None
    tier: str = ""
    charge: int = 0
    """What it moved its user's F by when it got its tag."""


@dataclass(slots=True)
class User:
    """A user's share: finish tag F, in the time of `tier`; jobs that run; waiting jobs with a tag.

    The tagged ones are all among the heads, or all held, when as many run as may.
    """

    tier: str
    finish: int = 0
    running: int = 0
    tagged: dict[str, Waiting] = field(default_factory=dict)


@dataclass
class Classes:
    """The tiers' level: V of the root, F of each tier, and V inside each tier."""

    root: int = 0
    finish: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    virtual: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


class Lines:
    """All waiting jobs, in fair order. `limits`: tier -> jobs of one user that may run at once, and
    as many deferred ones; `terms`: user -> what admins have set, if anything; `clock`:
    microseconds.

    A job that is given back keeps its tag and stands beside its user's present head.
    """

    def __init__(
        self,
        limits: Mapping[str, int],
        terms: Mapping[str, Terms] = MappingProxyType({}),
        clock: Callable[[], int] = lambda: 0,
    ) -> None:
        self._terms = terms
        self._clock = clock
        self.classes = Classes()
        self.users: dict[str, User] = {}
        # lines with anything waiting or running, apart from the deferred ones
        self._active: dict[str, User] = {}
        self._deferred: dict[str, User] = {}
        self._limits = limits
        self._lines: dict[str, deque[Waiting]] = {}
        self._ready: dict[str, Waiting] = {}
        # by tier, then by effect and kind
        self._heaps: defaultdict[str, defaultdict[tuple[str, str], list[tuple[int, int, str]]]]
        self._heaps = defaultdict(lambda: defaultdict(list))
        # of lines that are deferred, and of those that are not
        self._count = Counter({False: 0, True: 0})
        self._passed: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()

    def restore(self, classes: Classes, users: dict[str, User], waiting: Iterable[Waiting]) -> None:
        """Take over a snapshot of another order; `waiting` comes as from `Order.waiting`."""
        self.classes, self.users = classes, users
        for entry in waiting:
            self._count[is_deferred(entry.user)] += 1
            if entry.tag is None:
                self._lines.setdefault(entry.user, deque()).append(entry)
            else:
                self.users[entry.user].tagged[entry.job] = entry
        for name, user in users.items():
            self._busy[user.tier] += self.waiting_of(name) + user.running
            self._active_like(name)[name] = user
            self._arrange(name, user)

    def arrive(self, entry: Waiting, tier: str) -> None:
        """Put a job into its line, by its `seq`; `tier` is the class of the line."""
        self._wake(tier)
        self._busy[tier] += 1
        self._count[is_deferred(entry.user)] += 1
        insort(self._lines.setdefault(entry.user, deque()), entry, key=lambda other: other.seq)
        user = self.users.get(entry.user)
        if user is None:
            user = self.users[entry.user] = User(tier)
        self._active_like(entry.user)[entry.user] = user
        self._arrange(entry.user, user)

    def end(self, name: str) -> None:
        """One of the user's running jobs has ended."""
        user = self.users[name]
        user.running -= 1
        self._busy[user.tier] -= 1
        self._arrange(name, user)

    def give_back(self, entry: Waiting) -> None:
        """A running job waits again, with its tag."""
        user = self.users[entry.user]
        user.running -= 1
        self._count[is_deferred(entry.user)] += 1
        user.tagged[entry.job] = self._carried(entry, user.tier)
        self._arrange(entry.user, user)

    def remove(self, entry: Waiting) -> None:
        """Take a cancelled job out; a head's charge is returned to its user."""
        user = self.users[entry.user]
        self._busy[user.tier] -= 1
        self._count[is_deferred(entry.user)] -= 1
        if head := user.tagged.pop(entry.job, None):
            self._ready.pop(entry.job, None)
            self._passed.pop(entry.job, None)
            user.finish -= head.charge
        else:
            line = self._lines[entry.user]
            line.remove(entry)
            if not line:
                del self._lines[entry.user]
        self._arrange(entry.user, user)

    def move(self, name: str, tier: str) -> None:
        """The user belongs to another tier from now on; what waits goes along, as far ahead of
        the new tier's V as it was of the old one's.
        """
        if later := self.users.get(line_of(name, deferred=True)):
            self._arrange(line_of(name, deferred=True), later)
        user = self.users.get(name)
        if user is None or user.tier == tier:
            return
        jobs = self.waiting_of(name) + user.running
        if jobs:
            self._wake(tier)
        self._busy[user.tier] -= jobs
        self._busy[tier] += jobs
        for job, entry in user.tagged.items():
            user.tagged[job] = self._carried(entry, tier)
            self._ready.pop(job, None)
        ahead = user.finish - self.classes.virtual[user.tier]
        user.finish = self.classes.virtual[tier] + max(0, ahead)
        user.tier = tier
        self._arrange(name, user)

    def limit(self, limits: Mapping[str, int]) -> None:
        """Other running limits."""
        self._limits = limits
        for name, user in [*self._active.items(), *self._deferred.items()]:
            self._arrange(name, user)

    def arrange(self, owner: str) -> None:
        """Other terms of a user."""
        for name in (owner, line_of(owner, deferred=True)):
            if user := self.users.get(name):
                self._arrange(name, user)

    def is_busy(self, owner: str) -> bool:
        """Whether anything of the user waits or runs."""
        lines = (owner, line_of(owner, deferred=True))
        running = any(self.users[line].running for line in lines if line in self.users)
        return running or any(map(self.waiting_of, lines))

    def drop(self, owner: str) -> None:
        """Forget a user who is not busy."""
        for line in (owner, line_of(owner, deferred=True)):
            self.users.pop(line, None)

    def __len__(self) -> int:
        """How many jobs wait."""
        return self._count.total()

    def count_now(self) -> int:
        """How many of them do not wait for the night."""
        return self._count[False]

    def shares(self, names: Iterable[str]) -> dict[str, User]:
        """Copies of those of the users that are known, without what waits."""
        users = ((name, self.users[name]) for name in names if name in self.users)
        return {name: User(user.tier, user.finish, user.running) for name, user in users}

    def is_banned(self, line: str) -> bool:
        """Whether nothing of the line is served."""
        return bool(self._terms.get(owner_of(line), _NONE).banned)

    def waiting(self) -> list[Waiting]:
        """All jobs, those with a tag first."""
        users = (*self._active.values(), *self._deferred.values())
        tagged = (entry for user in users for entry in user.tagged.values())
        return [*tagged, *(entry for line in self._lines.values() for entry in line)]

    def soon(self, deferred: int) -> list[Waiting]:
        """All jobs that do not wait for the night, and so many `deferred` ones: the first that may
        be served, by their effects' names.
        """
        found = [entry for user in self._active.values() for entry in user.tagged.values()]
        for name in self._active:
            found += self._lines.get(name, ())
        heads: list[Waiting] = []
        for effect, kind in self._heaps[LATER]:
            heads += self._heads(LATER, effect, kind, deferred)
        heads.sort(key=lambda entry: (f"{entry.effect}|", entry.tag, entry.seq))
        return found + heads[:deferred]

    def _heads(self, tier: str, effect: str, kind: str, most: int) -> list[Waiting]:
        """The first of them in fair order."""
        heap = self._heaps[tier][effect, kind]
        found: dict[tuple[int, int, str], Waiting] = {}
        while len(found) < most and (first := self._first(tier, heap)):
            found[first] = self._ready[heapq.heappop(heap)[2]]
        for first in found:
            heapq.heappush(heap, first)
        return list(found.values())

    def waiting_of(self, name: str) -> int:
        """How many jobs of the line wait."""
        user = self.users.get(name)
        return len(self._lines.get(name, ())) + (len(user.tagged) if user else 0)

    def _wake(self, tier: str) -> None:
        """A tier that may have been idle gets work."""
        if not any(self._busy.values()):
            self.users.clear()
            self.classes = Classes()
        elif not self._busy[tier]:
            tags = [user.finish for user in self.users.values() if user.tier == tier]
            self.classes.virtual[tier] = max([self.classes.virtual[tier], *tags])

    def _head(self, tier: str, effects: Collection[str]) -> Waiting | None:
        """The head of the class with the smallest tag."""
        best: tuple[int, int, str] | None = None
        for (effect, _), heap in self._heaps[tier].items():
            if heap and effect in effects:
                first = self._first(tier, heap)
                if first and (best is None or first < best):
                    best = first
        return self._ready[best[2]] if best else None

    def _first(self, tier: str, heap: list[tuple[int, int, str]]) -> tuple[int, int, str] | None:
        while heap:
            entry = self._ready.get(heap[0][2])
            if entry and entry.tag == heap[0][0] and entry.tier == tier:
                home = self._heaps[tier][entry.effect, entry.kind]
                if home is heap:
                    return heap[0]
            heapq.heappop(heap)  # was taken, held or moved, or has no kind any more
        return None

    def _active_like(self, name: str) -> dict[str, User]:
        return self._deferred if is_deferred(name) else self._active

    def _arrange(self, name: str, user: User) -> None:
        """Hold the heads of a banned user and at the running limit; else let them stand, and be
        one at least.
        """
        line = self._lines.get(name)
        if not user.tagged and not line:
            if not user.running:
                self._active_like(name).pop(name, None)
            return
        terms = self._terms.get(owner_of(name), _NONE)
        tier = terms.tier if user.tier == LATER else user.tier
        if terms.banned or user.running >= self._limits[tier]:
            for job in user.tagged:
                self._ready.pop(job, None)
            return
        if not user.tagged and line:
            tag = max(self.classes.virtual[user.tier], user.finish)
            one = line.popleft()
            if not line:
                del self._lines[name]
            charge = terms.charge(one.cost, self._clock())
            entry = Waiting(
                one.seq, one.job, one.user, one.effect, one.cost, one.kind, tag, user.tier, charge
            )
            user.finish = tag + charge
            user.tagged[entry.job] = entry
        for job, entry in user.tagged.items():
            if job not in self._ready:
                self._ready[job] = entry
                heap = self._heaps[user.tier][entry.effect, entry.kind]
                heapq.heappush(heap, (entry.tag or 0, entry.seq, job))

    def _carried(self, entry: Waiting, tier: str) -> Waiting:
        if entry.tier == tier:
            return entry
        virtual = self.classes.virtual
        tag = (entry.tag or 0) - virtual[entry.tier] + virtual[tier]
        return replace(entry, tag=max(0, tag), tier=tier)
