"""What travels between bot and worker: frozen, versioned on the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from worker.jobs.errors import NewerWire

__all__ = [
    "WIRE",
    "Account",
    "Boost",
    "Cancelled",
    "Change",
    "Claim",
    "Done",
    "Ending",
    "Estimate",
    "Failed",
    "Job",
    "JobView",
    "MediaRef",
    "Overview",
    "Person",
    "Progress",
    "Receipt",
    "State",
    "Ticket",
    "Turnover",
    "WorkerInfo",
    "newer_wire",
    "read_job",
]


WIRE = 1
"""Of what is written to Redis; docs/queue.md says when it is raised."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


Word = Annotated[str, Field(pattern=r"^[^\s|]{1,200}$")]
"""A name that can be part of a key: neither blanks nor "|"."""


class Job(_Wire):
    """One request, as submitted. Only `Queue.defer` changes it, and only in `deferred`."""

    v: int = Field(WIRE, ge=1)
    """The version of the wire that it is written in: `read_job`."""
    id: Word
    """Unguessable; also the prefix of every blob of the job."""
    user: Word
    """The account that pays and owns: "web:…", "telegram:123"."""
    platform: Word
    """Whose outbox the ending goes to."""
    chat: str
    """Where the answer is sent, in the platform's own words."""
    message: str = ""
    """The platform's id of the message that asked; the ending answers it."""
    lang: str = "en"
    effect: Word
    params: dict[str, Any] = Field(default_factory=dict)
    """Checked by the effect's spec, at both ends."""
    photos: tuple[str, ...] = ()
    """Blob names, in the order of the effect's roles."""
    attachments: dict[str, str] = Field(default_factory=dict)
    """What else the effect needs, by name; the values are blob names."""
    cost: int = Field(ge=1, le=10**12)
    """Expected service time in microseconds on the reference worker, at least 1."""
    guess: int = Field(0, ge=0, le=10**12)
    """What the effect itself expects, in microseconds, before anything was learned; 0: nothing."""
    pixels: int = Field(0, ge=0, le=10**12)
    """Of the first photo."""
    max_attempts: int = Field(3, ge=1)
    kind: str = Field("", pattern=r"^[^\s|]{0,200}$")
    """Jobs of one effect and equal kind may be run in one batch; "" in none. A job that was tried
    before is in none either: what a batch dies of may be another job, and the next time nobody
    shall pay for it but that one.
    """
    deferred: bool = False
    """It waits for the night or for an idle worker, and holds no credits."""
    traceparent: str = ""
    """The span that submitted it, where traces are made: `worker.jobs.tracing`."""

    @property
    def company(self) -> str:
        """Its kind as long as it was not tried; none if it may be tried but once."""
        return self.kind if self.max_attempts > 1 else ""


def read_job(raw: str) -> Job:
    """A job, written in this version of the wire or the one before. Raises `NewerWire`."""
    try:
        job = Job.model_validate_json(raw)
    except ValidationError:
        version = json.loads(raw).get("v", 1)
        if isinstance(version, int) and version > WIRE:
            raise newer_wire(version) from None
        raise
    if job.v > WIRE:
        raise newer_wire(job.v)
    return job


def newer_wire(version: int) -> NewerWire:
    """Why this program leaves it alone."""
    return NewerWire(
        f"Redis holds work of version {version}, and this program knows none above {WIRE}: it is"
        " kept for newer programs"
    )


class State(StrEnum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Ticket:
    """The answer to a submit."""

    job: str
    place: int
    """1 is next; 0 when it already runs or has ended."""
    seconds: float
    """Expected seconds until it is done."""
    fresh: bool
    """False when the idempotency key had been seen: this is the job of the first time."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Place and time, as of now."""

    place: int
    seconds: float


class Claim(_Wire):
    """A lease on a job. `token` fences every completion."""

    job: Job
    token: str
    """worker:attempt"""
    attempt: int
    deadline: float
    """Unix seconds at which the lease ends."""
    waited: float = 0.0
    """Seconds since it was submitted."""
    tier: str = ""
    """The class it was served in: a tier, or "later"."""


class MediaRef(_Wire):
    """A file of the result, in the blob store."""

    blob: str
    type: str


class Progress(_Wire):
    """How far a running job is. Lossy: the newest counts."""

    kind: Literal["progress"] = "progress"
    job: str
    done: int
    total: int
    preview: str | None = None
    """Blob name of the newest preview, a small JPEG."""


class Done(_Wire):
    """The job has a result."""

    kind: Literal["done"] = "done"
    job: str
    media: tuple[MediaRef, ...] = ()
    text: dict[str, str] = Field(default_factory=dict)
    """Language code -> sentence."""
    data: dict[str, str] = Field(default_factory=dict)
    """What is for programs, by name; the values are blob names."""
    seconds: float = 0.0
    """Time the effect took, without the queue; of a batch, the job's share by its cost."""


class Failed(_Wire):
    """The job has ended without a result; it stands among the dead letters."""

    kind: Literal["failed"] = "failed"
    job: str
    code: str
    message: str
    """One clear English sentence."""
    details: dict[str, str | int | float] = {}


class Cancelled(_Wire):
    """The job ended because its owner asked."""

    kind: Literal["cancelled"] = "cancelled"
    job: str


Ending = Annotated[Done | Failed | Cancelled, Field(discriminator="kind")]
ENDING: TypeAdapter[Done | Failed | Cancelled] = TypeAdapter(Ending)


class JobView(_Wire):
    """All that is known of a job now."""

    job: Job
    state: State
    attempt: int = 0
    submitted: float
    """Unix seconds."""
    progress: Progress | None = None
    ending: Ending | None = None


class Receipt(_Wire):
    """An ending that waits in a platform's outbox until it is acknowledged."""

    id: str
    job: Job
    ending: Ending
    since: float
    """Unix seconds of the ending."""


class WorkerInfo(_Wire):
    """A worker that is alive, and what it can run."""

    name: Word
    device: str
    pool: Word = "cpu"
    """Workers of one pool are about equally fast."""
    effects: tuple[Word, ...]
    down: dict[str, str] = {}
    """Effect -> why it can't run here."""
    leaving: bool = False
    """An admin told it to leave; only the queue says so."""


class Change(_Wire):
    """An entry of the audit trail."""

    time: float
    """Unix seconds."""
    who: str
    what: str
    """"rules", or what of whom: "tier of <user>"."""
    before: str
    after: str


class Account(_Wire):
    """A user's credits, in seconds; granted = available + held + spent + expired."""

    tier: str
    allowance: float
    """A day."""
    available: float
    """Left today, with the bonus."""
    bonus: float = 0.0
    """The part of it that an admin gave: spent after the day's own, and no midnight takes it."""
    held: float
    """By jobs that have not ended."""
    granted: float
    spent: float
    expired: float
    """Not used by midnight. This and the two above over the account's life."""
    refill: float
    """Seconds until midnight, when there are new ones."""


class Boost(_Wire):
    """A user's share is `factor` times that of others in the tier, until then."""

    factor: int
    until: float
    """Unix seconds."""


class Person(_Wire):
    """A user, as an admin sees one."""

    user: str
    tier: str
    account: Account
    daily: int | None = None
    """Credits a day in place of the tier's."""
    boost: Boost | None = None
    banned: str | None = None
    """The reason."""
    waiting: int = 0
    """Jobs, without those that wait for the night."""
    deferred: int = 0
    running: int = 0
    """Jobs of both kinds."""
    linked: tuple[str, ...] = ()
    """The identities that have joined this account."""


class Turnover(_Wire):
    """Credits, in seconds, that jobs ever held: spent, returned, or held still."""

    held: float = 0.0
    spent: float = 0.0
    returned: float = 0.0


class Overview(_Wire):
    """The queue, as an admin sees it."""

    waiting: dict[str, dict[str, int]]
    """Class (a tier, or "later") -> effect -> jobs."""
    since: dict[str, dict[str, float]]
    """Likewise, Unix seconds at which the first of those jobs was submitted."""
    running: int
    dead: int
    """Dead letters."""
    workers: int
    """Those alive."""
    paused_effects: tuple[str, ...]
    paused_pools: tuple[str, ...]
    turnover: Turnover
