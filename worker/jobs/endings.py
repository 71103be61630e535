"""The sentences that both queues say."""

from __future__ import annotations

from worker.jobs.model import Failed, Job

UNKNOWN = "There is no such job; it may have been forgotten."
NOT_YOURS = "This job belongs to another account."
LOST = "This worker no longer holds the job: it was given to another, or it has ended."


def lease_expired(job: Job) -> Failed:
    """The ending of a job whose last permitted attempt ran out of its lease."""
    times = "once" if job.max_attempts == 1 else f"{job.max_attempts} times"
    return Failed(
        job=job.id,
        code="lease_expired",
        message=f"The work on this was begun {times} and never came to an end.",
        details={"attempts": job.max_attempts},
    )
