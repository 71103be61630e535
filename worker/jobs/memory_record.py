"""A job as the in-memory queue keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from worker.jobs.crew import Running
from worker.jobs.model import Cancelled, Done, Failed, Job, JobView, Progress, State
from worker.jobs.policy import MICRO, Waiting, line_of

__all__ = ["JobRecord", "place_of"]


@dataclass
class JobRecord:
    """Job, state, lease, ending; times are Unix seconds."""

    job: Job
    key: str
    entry: Waiting
    submitted: float
    date: int
    bonus: int
    state: State = State.WAITING
    claims: int = 0
    released: int = 0
    token: str = ""
    worker: str = ""
    started: float = 0.0
    deadline: float = 0.0
    cancelled: float | None = None
    progress: Progress | None = None
    ending: Done | Failed | Cancelled | None = None
    ended: float = 0.0
    receipt: str = ""
    delivered: bool = False
    free: bool = False
    """An admin sent it again: it holds no credits."""
    dropped: bool = False
    """An admin took it from among the dead letters."""

    def running(self) -> Running:
        """What a forecast needs of a running job."""
        started = round(self.started * MICRO)
        return Running(self.worker, started, self.job.cost, self.job.effect, self.entry.user)

    @property
    def attempt(self) -> int:
        """How many claims count."""
        return self.claims - self.released

    def used_until(self, time: float) -> int:
        """What it pays if it is stopped then, running."""
        return max(0, min(self.job.cost, round((time - self.started) * MICRO)))

    def view(self) -> JobView:
        """All that is known of it."""
        return JobView(
            job=self.job,
            state=self.state,
            attempt=self.attempt,
            submitted=self.submitted,
            progress=self.progress,
            ending=self.ending,
        )


def place_of(job: Job, seq: int) -> Waiting:
    """A job at the end of its line."""
    line = line_of(job.user, deferred=job.deferred)
    return Waiting(seq, job.id, line, job.effect, job.cost, job.company)
