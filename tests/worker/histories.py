"""What may happen to a queue, to be drawn from."""

from __future__ import annotations

from datetime import time

from hypothesis import strategies as st

from tests.worker.cases import a_job
from worker.jobs.rules import Night, Rules, Tier

USERS = ("ann", "bob", "cem")
EFFECTS = ("paint", "dream")

small = st.integers(0, 5)
users = st.sampled_from(USERS)
effects = st.sampled_from([EFFECTS, EFFECTS, ("paint",), ("dream",)])
costs = st.sampled_from([0.000_001, 0.333_333, 1, 4, 16])
leases = st.sampled_from([1, 5, 60])
workers = st.sampled_from(["w1", "w2"])
tiers = st.builds(
    Tier, day=st.integers(1, 3), night=st.integers(1, 3), waiting=st.sampled_from([2, 5, 100]),
    running=st.integers(1, 3), deferred=st.integers(0, 3), daily=st.sampled_from([5, 20, 1000]),
    effects=st.sampled_from([None, None, ("paint",)]),
)  # fmt: skip
nights = st.sampled_from([(), (Night(begins=time(7), ends=time(9)),), Rules().nights])
pauses = {
    "paused_effects": st.sampled_from([(), ("dream",)]),
    "paused_pools": st.sampled_from([(), ("w2",)]),
}
policies = st.fixed_dictionaries(
    {"tiers": st.fixed_dictionaries({"free": tiers, "plus": tiers}), "nights": nights, **pauses,
     "later": st.integers(1, 4), "slack": st.sampled_from([0, 4, 30]),
     "longest": st.sampled_from([4, 20_000])}
)  # fmt: skip
orders = st.builds(
    a_job, st.just("new"), users, effect=st.sampled_from(EFFECTS), seconds=costs,
    max_attempts=st.integers(1, 3), kind=st.sampled_from(["", "x", "x"]),
    deferred=st.sampled_from([False, False, True]),
)  # fmt: skip
terms = st.one_of(
    st.tuples(st.just("set_tier"), st.sampled_from(["free", "plus"])),
    st.tuples(st.just("set_daily"), st.sampled_from([None, 0, 7, 50])),
    st.tuples(st.just("grant"), st.integers(1, 20)),
    st.tuples(st.just("boost"), st.sampled_from([1, 2, 5])),
    st.tuples(st.just("ban"), st.just("spam")),
    st.tuples(st.just("unban")),
)
