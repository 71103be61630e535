"""What changes about a job, as the scripts keep it."""

from __future__ import annotations

from pydantic import BaseModel

from worker.jobs.policy import MICRO

__all__ = ["Record"]


class Record(BaseModel):
    """The part of a record that Python reads. Times are in microseconds."""

    user: str
    state: str
    cost: int
    submitted: int
    claims: int
    released: int
    worker: str = ""
    started: int = 0

    def remaining(self, now: int) -> float:
        """Expected seconds that a running job still takes."""
        return max(0, self.started + self.cost - now) / MICRO
