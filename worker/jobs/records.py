"""What changes about a job, as the scripts keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from worker.jobs.connection import Connection
from worker.jobs.crew import Running
from worker.jobs.model import ENDING, JobView, Progress, State, read_job
from worker.jobs.policy import MICRO, line_of

__all__ = ["Record", "read_views"]


class Record(BaseModel):
    """The part of a record that Python reads. Times are in microseconds."""

    user: str
    state: str
    effect: str
    cost: int
    submitted: int
    claims: int
    released: int
    started: int = 0
    worker: str = ""
    deferred: bool = False

    @property
    def line(self) -> str:
        """Where it stands in the order."""
        return line_of(self.user, deferred=self.deferred)

    def running(self) -> Running:
        """What a forecast needs of a running job."""
        return Running(self.worker, self.started, self.cost, self.effect, self.line)


async def read_views(
    connection: Connection, keys: Mapping[str, str], jobs: Sequence[str]
) -> list[JobView]:
    """The views of those that there are."""
    if not jobs:
        return []

    async def ask(client: Any) -> Any:
        async with client.pipeline(transaction=True) as pipe:
            for name in ("jobs", "records", "progress", "endings"):
                pipe.hmget(keys[name], jobs)
            return await pipe.execute()

    rows = zip(*await connection.read(ask), strict=True)
    return [_view(*row) for row in rows if row[0]]


def _view(job: str, raw: str, progress: str | None, ending: str | None) -> JobView:
    record = Record.model_validate_json(raw)
    return JobView(
        job=read_job(job),
        state=State(record.state),
        attempt=record.claims - record.released,
        submitted=record.submitted / MICRO,
        progress=Progress.model_validate_json(progress) if progress else None,
        ending=ENDING.validate_json(ending) if ending else None,
    )
