"""Who is served next: hierarchical start-time fair queueing (Goyal, Vin, Cheng 1997).

**Users inside a tier.** Each user's jobs stand in a line, first in, first out. The head of the
line gets a start tag when it becomes the head, S = max(V, F), and moves the user's finish tag to
F = S + cost; the smallest tag is served, and V follows it. So twenty jobs of one user never hold
up another's first, and who was idle comes back without hoarded credit. A user who runs as many
jobs as the tier allows has no head until one of them ends.

**Tiers.** The same one level up, at each claim, with the weights of the hour:
S = max(V, F) of the tier, then F = S + cost / weight; equal tiers serve the older job. Every
attempt at a job is service that its tier pays for.

**Deferred work** is one more class beside the tiers, "later". A user's deferred jobs are a line of
their own there, with its own tags and its own count of what runs. By night the class has a weight
like any tier. By day its weight is 0: it is closed, and served only when no tier has a job that
the worker can run; such service is idle capacity and moves no tag of the root.

**Batches.** With the first job a worker may take more of its effect and kind, in fair order, each
charged to its own user and tier. **Warm effects.** Within the chosen class the first head of an
effect that the worker has loaded may go before the fair head. V follows the fair head alone, and
`slack` bounds both: whatever is taken beside the fair head has a tag at most `slack` above V of its
class, and its class a start at most `slack` above V of the root; and before a fair head that is
not of the batch there go, in all, at most `slack` seconds of service.

**Bounds.** For one worker that can run all, over any window, l being a largest job: the services
of two users of one tier who always have a head differ by at most l_a + l_b, those of two tiers,
each divided by its weight, by at most l_a / w_a + l_b / w_b: theorem 1 of the paper. With batches
or warm effects: 2 slack + l_a + l_b, and 2 slack + l_a / w_a + l_b / w_b. For the tag T of a busy
user's head grows with each service by its cost, and V <= T; what is served has T <= V + slack, so
after it T_a <= V + slack + l_a <= T_b + slack + l_a, and T_a - T_b stays within slack + l_a above
and slack + l_b below. Admins' boosts divide a user's costs.

When nothing of a tier waits or runs any more, its V takes the largest finish tag: what was used
of an idle tier is held against nobody. When nothing waits or runs at all, time begins anew. Tags
and costs are integers in microseconds of expected service.

This is the reference: the in-memory queue runs it, estimates replay it, and the Lua scripts of
the Redis queue are tested against it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from worker.jobs.lines import (
    LATER,
    MICRO,
    Classes,
    Lines,
    User,
    Waiting,
    is_deferred,
    line_of,
    owner_of,
)

__all__ = [
    "LATER",
    "MICRO",
    "Classes",
    "Order",
    "User",
    "Waiting",
    "is_deferred",
    "line_of",
    "owner_of",
]


class Order(Lines):
    """All waiting jobs, in fair order."""

    def take(
        self,
        effects: Iterable[str],
        weights: Mapping[str, int],
        *,
        most: Mapping[str, int] = MappingProxyType({}),
        warm: Collection[str] = (),
        slack: int = 0,
    ) -> list[Waiting]:
        """Remove and return what to serve next among jobs of `effects`, one or a batch of up to
        `most[effect]`; it runs from now on. `weights`: class -> weight of the hour, 0 where it is
        closed; `slack` in microseconds.
        """
        effects = frozenset(effects)
        head = self._fair_head(effects, weights)
        if head is None:
            return []
        classes, tier = self.classes, head.tier
        if weights[tier]:
            classes.root = max(classes.root, classes.finish[tier])
        classes.virtual[tier] = max(classes.virtual[tier], head.tag or 0)
        one, budget = head, sys.maxsize
        if head.effect not in warm:
            other = self._head(tier, effects.intersection(warm))
            left = slack - self._passed[head.job]
            if other and other.cost <= left and (other.tag or 0) - (head.tag or 0) <= slack:
                one, budget = other, left
        taken: list[Waiting] = []
        size = most.get(one.effect, 1) if one.kind else 1
        following: Waiting | None = one
        while following and following.cost <= budget:
            budget -= following.cost
            taken.append(following)
            self._begin(following, weights[following.tier])
            following = self._next_of_kind(one, weights, slack) if len(taken) < size else None
        if one is not head:
            self._passed[head.job] = slack - budget
        return taken

    def _fair_head(self, effects: frozenset[str], weights: Mapping[str, int]) -> Waiting | None:
        classes = self.classes
        best: tuple[bool, int, int, str] | None = None
        for tier, weight in weights.items():
            if head := self._head(tier, effects):
                start = max(classes.root, classes.finish[tier])
                found = (weight == 0, 0 if weight == 0 else start, head.seq, head.job)
                best = found if best is None else min(best, found)
        return self._ready[best[3]] if best else None

    def _next_of_kind(self, one: Waiting, weights: Mapping[str, int], slack: int) -> Waiting | None:
        """What goes into a batch with `one`, in fair order, as far as slack permits."""
        classes = self.classes
        best: tuple[int, int, str] | None = None
        for tier, weight in weights.items():
            first = self._first(tier, self._heaps[tier][one.effect, one.kind])
            if first is None or (weight == 0) != (weights[one.tier] == 0):
                continue
            start = max(classes.root, classes.finish[tier]) if weight else classes.root
            if max(first[0] - classes.virtual[tier], start - classes.root) <= slack:
                found = (start, first[1], first[2])
                best = found if best is None else min(best, found)
        return self._ready[best[2]] if best else None

    def _begin(self, entry: Waiting, weight: int) -> None:
        """Let it run, charged to its class and its user."""
        classes, tier = self.classes, entry.tier
        if weight:
            start = max(classes.root, classes.finish[tier])
            classes.finish[tier] = start + entry.cost // weight
        user = self.users[entry.user]
        del user.tagged[entry.job], self._ready[entry.job]
        self._passed.pop(entry.job, None)
        self._count[is_deferred(entry.user)] -= 1
        user.running += 1
        self._arrange(entry.user, user)
