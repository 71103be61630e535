"""The jobs that somebody looks at now: shared by whoever begins to look and the delivery."""

from __future__ import annotations

from worker.jobs.model import Job

__all__ = ["Watched"]


class Watched:
    """Jobs by id, each with the place that was last told (0: it runs)."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._places: dict[str, int] = {}

    def add(self, job: Job, place: int) -> None:
        """Somebody waits for this job and was told its place."""
        self._jobs[job.id] = job
        self._places[job.id] = place

    def move(self, job: Job, place: int) -> bool:
        """Note a place about to be told; False when there is nothing new to tell."""
        if job.id not in self._jobs or self._places[job.id] == place:
            return False
        self._places[job.id] = place
        return True

    def drop(self, job: str) -> None:
        """The job has ended."""
        self._jobs.pop(job, None)
        self._places.pop(job, None)

    def drop_chat(self, chat: str) -> None:
        """Nobody of this chat looks any more."""
        for job in self.jobs():
            if job.chat == chat:
                self.drop(job.id)

    def get(self, job: str) -> Job | None:
        """The job, if somebody looks at it."""
        return self._jobs.get(job)

    def jobs(self) -> list[Job]:
        """All of them."""
        return list(self._jobs.values())
