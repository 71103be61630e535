"""The keys of the queue in Redis; `scripts/common.lua` says what each holds."""

__all__ = ["KEYS", "PREFIX"]

# One hash tag: in a cluster all keys are on one node, as scripts need it.
PREFIX = "{atelier}:"
_NAMES = [
    "jobs", "records", "progress", "endings", "submitted", "owned", "lines", "ready", "kinds",
    "held", "users", "spent", "classes", "leases", "flagged", "ended", "idle", "counters", "alive",
    "workers", "rules", "people", "audit", "accounts", "speeds", "arrivals", "dead", "draining",
    "codes", "forgotten",
]  # fmt: skip
KEYS = {name: PREFIX + name for name in _NAMES}
