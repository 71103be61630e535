"""What is left in Redis and among the processes when all is over."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import redis

from worker.jobs.redis_queue import KEYS

__all__ = ["OF_JOBS", "OF_WORK", "counts_astray", "left", "processes_of", "tracebacks"]

OF_JOBS = ("jobs", "records", "progress", "endings", "submitted", "owned", "ended")
OF_WORK = ("lines", "ready", "kinds", "held", "leases", "flagged")


def left(client: redis.Redis, *names: str) -> dict[str, int]:
    """How much is under these keys, where anything is."""
    sizes = {}
    for name in names:
        kind = client.type(KEYS[name])
        if kind != b"none":
            count = client.hlen if kind == b"hash" else client.zcard
            sizes[name] = count(KEYS[name])
    return sizes


def counts_astray(client: redis.Redis) -> list[str]:
    """What is counted per user and tier comes back to nothing, else a limit would stay."""
    found = []
    for user, share in client.hgetall(KEYS["users"]).items():
        if any(json.loads(share)[count] for count in ("waiting", "running", "tagged")):
            found.append(f"the counts of user {user.decode()} are astray: {share}")
    for name, count in client.hgetall(KEYS["classes"]).items():
        if name.startswith(b"n|") and int(count):
            found.append(f"the count of tier {name.decode()} is astray: {int(count)}")
    return found


def processes_of(folder: Path) -> list[str]:
    """The commands that run there, or keep their state there."""
    found = []
    for process in psutil.process_iter(["cwd", "cmdline", "environ"]):
        state = (process.info["environ"] or {}).get("ATELIER_STATE_DIR", "")
        if str(folder) in (process.info["cwd"], state, str(Path(state).parent)):
            found.append(" ".join(process.info["cmdline"]))
    return found


def tracebacks(folder: Path) -> list[Path]:
    """The logs in which somebody lost their composure."""
    return [log for log in folder.glob("*.log") if "Traceback" in log.read_text()]
