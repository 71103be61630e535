"""The jobs that somebody looks at now: shared by whoever begins to look and the delivery."""

from __future__ import annotations

from bot.core.places import is_news
from worker.jobs.model import Estimate, Job

__all__ = ["RUNNING", "Watched"]

RUNNING = Estimate(place=0, seconds=0)
"""What is told of a job that runs."""


class Watched:
    """Jobs by id, each with the place and time that were last told (place 0: it runs)."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._told: dict[str, Estimate] = {}
        self._words: dict[str, str] = {}

    def add(self, job: Job, told: Estimate, words: str) -> None:
        """Somebody waits for this job and was told this, in these words."""
        self._jobs[job.id] = job
        self._told[job.id] = told
        self._words[job.id] = words

    def move(self, job: Job, now: Estimate) -> bool:
        """Note what is about to be told; False when there is nothing new to tell."""
        if job.id not in self._jobs or not is_news(self._told[job.id], now):
            return False
        self._told[job.id] = now
        return True

    def say(self, job: Job, words: str) -> bool:
        """Note words about to be shown; False when they are shown already."""
        if job.id not in self._jobs or self._words[job.id] == words:
            return False
        self._words[job.id] = words
        return True

    def drop(self, job: str) -> None:
        """The job has ended."""
        self._jobs.pop(job, None)
        self._told.pop(job, None)
        self._words.pop(job, None)

    def drop_chat(self, chat: str) -> None:
        """Nobody of this chat looks any more."""
        for job in list(self._jobs.values()):
            if job.chat == chat:
                self.drop(job.id)

    def get(self, job: str) -> Job | None:
        """The job, if somebody looks at it."""
        return self._jobs.get(job)

    def jobs(self, platform: str) -> list[Job]:
        """Those of one platform."""
        return [job for job in self._jobs.values() if job.platform == platform]
