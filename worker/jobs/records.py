"""What changes about a job, as the scripts keep it."""

from __future__ import annotations

from pydantic import BaseModel

__all__ = ["Record"]


class Record(BaseModel):
    """The part of a record that Python reads. Times are in microseconds."""

    user: str
    state: str
    cost: int
    submitted: int
    claims: int
    released: int
    started: int = 0
